/// The functions of shared libraries that ours stand in front of.
#pragma once

#include <dlfcn.h>

#include <atomic>

namespace mtaio::testing::interleave {

/// The function called `name` in the shared libraries. Looked up once for each `found`.
template <class Function>
Function real_function(std::atomic<void*>& found, const char* name) noexcept {
  void* function = found.load(std::memory_order_relaxed);
  if (!function) {
    function = dlsym(RTLD_NEXT, name);
    found.store(function, std::memory_order_relaxed);
  }
  return reinterpret_cast<Function>(function);
}

}  // namespace mtaio::testing::interleave

/// The function of the shared libraries that is called `name`, a string, and has the type of
/// `function`.
#define MTAIO_REAL_AS(function, name)                                                   \
  ([]() noexcept {                                                                      \
    static constinit std::atomic<void*> found{nullptr};                                 \
    return mtaio::testing::interleave::real_function<decltype(&function)>(found, name); \
  }())

/// The function of the shared libraries that is called `name`, too.
#define MTAIO_REAL(name) MTAIO_REAL_AS(name, #name)
