/// The cores that this process may use.
#pragma once

#include <cstddef>

namespace mtaio::platform {

/// The number of cores this process may run on; at least 1.
std::size_t usable_cores() noexcept;

/// The core that the calling thread runs on.
int current_core() noexcept;
/// Moves the calling thread to another core if it runs on `core`. Its affinity stays as it was.
void get_off_core(int core) noexcept;

/// Tells the core that the thread is spinning.
inline void cpu_relax() noexcept {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("isb" ::: "memory");
#endif
}

}  // namespace mtaio::platform
