#include "proof/sweeps/faults.hpp"

#include <dlfcn.h>
#include <pthread.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <new>

namespace sweeps {
namespace {

constinit std::atomic<Fault::Kind> armed{Fault::Kind::kNone};
// Written while nothing is armed.
constinit Fault fault;
constinit std::atomic<std::size_t> calls{0};
constinit std::atomic<std::size_t> failed{0};
constinit std::atomic<std::size_t> done_without{0};
constinit std::atomic<std::size_t> live{0};

/// Counts a call, and says whether it is to fail.
bool fails(Fault::Kind kind) noexcept {
  if (armed.load(std::memory_order_acquire) != kind) return false;
  const std::size_t call = ++calls;
  if (call < fault.call || (call > fault.call && !fault.and_all_after)) return false;
  ++failed;
  return true;
}

#if !MTAIO_TEST_WRAPS_NEW

void* try_allocate(std::size_t size, std::size_t alignment) noexcept {
  if (fails(Fault::Kind::kAllocation)) return nullptr;
  const std::size_t rounded = (size + alignment - 1) / alignment * alignment;
  void* memory = alignment > __STDCPP_DEFAULT_NEW_ALIGNMENT__
                     ? std::aligned_alloc(alignment, rounded)
                     : std::malloc(size == 0 ? 1 : size);  // NOLINT(*-no-malloc)
  if (memory) ++live;
  return memory;
}

void* allocate(std::size_t size, std::size_t alignment = 1) {
  if (void* memory = try_allocate(size, alignment)) return memory;
  throw std::bad_alloc{};
}

void* allocate_if_possible(std::size_t size, std::size_t alignment = 1) noexcept {
  void* memory = try_allocate(size, alignment);
  if (!memory) ++done_without;
  return memory;
}

void deallocate(void* memory) noexcept {
  if (memory) --live;
  std::free(memory);  // NOLINT(*-no-malloc)
}

#endif

}  // namespace

Armed::Armed(const Fault& which) noexcept {
  fault = which;
  calls = 0;
  failed = 0;
  sweeps::done_without = 0;
  armed.store(which.kind, std::memory_order_release);
}

Armed::~Armed() { armed = Fault::Kind::kNone; }

std::size_t Armed::failures() const noexcept { return failed; }

std::size_t Armed::done_without() const noexcept { return sweeps::done_without; }

void user_code() {
  if (fails(Fault::Kind::kUserCode)) throw Planted{};
}

std::size_t live_allocations() noexcept { return live; }

}  // namespace sweeps

// --- operator new ---

// NOLINTBEGIN(misc-new-delete-overloads, bugprone-reserved-identifier, *-identifier-naming,
// *-declaration-parameter-name)
#if MTAIO_TEST_WRAPS_NEW

// ThreadSanitizer defines the operators itself. The linker directs the calls to these instead, and
// theirs are still called (tests/CMakeLists.txt: --wrap).
extern "C" {
void* __real__Znwm(std::size_t size);
void* __real__ZnwmSt11align_val_t(std::size_t size, std::align_val_t alignment);
void* __real__ZnwmRKSt9nothrow_t(std::size_t size, const std::nothrow_t& tag) noexcept;

void* __wrap__Znwm(std::size_t size) {
  if (sweeps::fails(sweeps::Fault::Kind::kAllocation)) throw std::bad_alloc{};
  return __real__Znwm(size);
}
void* __wrap__ZnwmSt11align_val_t(std::size_t size, std::align_val_t alignment) {
  if (sweeps::fails(sweeps::Fault::Kind::kAllocation)) throw std::bad_alloc{};
  return __real__ZnwmSt11align_val_t(size, alignment);
}
void* __wrap__ZnwmRKSt9nothrow_t(std::size_t size, const std::nothrow_t& tag) noexcept {
  if (sweeps::fails(sweeps::Fault::Kind::kAllocation)) {
    ++sweeps::done_without;
    return nullptr;
  }
  return __real__ZnwmRKSt9nothrow_t(size, tag);
}
}

#else

using sweeps::allocate;
using sweeps::allocate_if_possible;
using sweeps::deallocate;
using Align = std::align_val_t;
using NoThrow = std::nothrow_t;

void* operator new(std::size_t size) { return allocate(size); }
void* operator new[](std::size_t size) { return allocate(size); }
void* operator new(std::size_t size, Align to) { return allocate(size, std::size_t(to)); }
void* operator new[](std::size_t size, Align to) { return allocate(size, std::size_t(to)); }
void* operator new(std::size_t size, const NoThrow&) noexcept { return allocate_if_possible(size); }
void* operator new[](std::size_t size, const NoThrow&) noexcept {
  return allocate_if_possible(size);
}
void* operator new(std::size_t size, Align to, const NoThrow&) noexcept {
  return allocate_if_possible(size, std::size_t(to));
}
void* operator new[](std::size_t size, Align to, const NoThrow&) noexcept {
  return allocate_if_possible(size, std::size_t(to));
}
void operator delete(void* memory) noexcept { deallocate(memory); }
void operator delete[](void* memory) noexcept { deallocate(memory); }
void operator delete(void* memory, std::size_t) noexcept { deallocate(memory); }
void operator delete[](void* memory, std::size_t) noexcept { deallocate(memory); }
void operator delete(void* memory, Align) noexcept { deallocate(memory); }
void operator delete[](void* memory, Align) noexcept { deallocate(memory); }
void operator delete(void* memory, std::size_t, Align) noexcept { deallocate(memory); }
void operator delete[](void* memory, std::size_t, Align) noexcept { deallocate(memory); }
void operator delete(void* memory, const NoThrow&) noexcept { deallocate(memory); }
void operator delete[](void* memory, const NoThrow&) noexcept { deallocate(memory); }
void operator delete(void* memory, Align, const NoThrow&) noexcept { deallocate(memory); }
void operator delete[](void* memory, Align, const NoThrow&) noexcept { deallocate(memory); }

#endif

// --- pthread_create ---

using CreateThread = int (*)(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*);

extern "C" {
/// The sanitizers', which have to hear of every thread; null in other builds.
[[gnu::weak]] int ___interceptor_pthread_create(pthread_t* thread, const pthread_attr_t* attributes,
                                                void* (*start)(void*), void* argument);

[[gnu::visibility("default")]] int pthread_create(pthread_t* thread,
                                                  const pthread_attr_t* attributes,
                                                  void* (*start)(void*), void* argument) {
  if (sweeps::fails(sweeps::Fault::Kind::kThread)) return EAGAIN;
  static const CreateThread next =
      ___interceptor_pthread_create
          ? &___interceptor_pthread_create
          : reinterpret_cast<CreateThread>(dlsym(RTLD_NEXT, "pthread_create"));
  return next(thread, attributes, start, argument);
}
}
// NOLINTEND(misc-new-delete-overloads, bugprone-reserved-identifier, *-identifier-naming,
// *-declaration-parameter-name)
