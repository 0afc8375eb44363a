/// Function-local static variables, and what else is done once.
///
/// Each execution begins with none of them made: their guards are in memory that is undone.
#include "interleave/interpose/export.hpp"
#include "interleave/interpose/program_memory.hpp"
#include "interleave/interpose/real.hpp"
#include "interleave/world.hpp"

#include <pthread.h>

#include <atomic>
#include <cstdint>

namespace mtaio::testing::interleave {
namespace {

// The first byte of a guard says whether the variable is made. The engine's mutex of the same
// address keeps other threads away while it is being made.

bool is_made(const volatile void* guard, Site site) noexcept {
  return atomic_load(address_of(guard), 1, std::memory_order_acquire, site) != 0;
}

/// Returns whether the caller has to make the variable, and then call end_making().
bool begin_making(const volatile void* guard, Site site) noexcept {
  if (is_made(guard, site)) return false;
  mutex_lock(address_of(guard), site);
  if (!is_made(guard, site)) return true;
  mutex_unlock(address_of(guard), site);
  return false;
}

void end_making(volatile void* guard, bool made, Site site) noexcept {
  if (made) {
    before_write(guard, 1, site);
    atomic_store(address_of(guard), 1, 1, std::memory_order_release, site);
  }
  mutex_unlock(address_of(guard), site);
}

}  // namespace
}  // namespace mtaio::testing::interleave

using namespace mtaio::testing::interleave;

// <cxxabi.h> declares these three too, but each standard library gives the guard another type.
MTAIO_EXPORT int guard_acquire(void* guard) __asm__("__cxa_guard_acquire");
MTAIO_EXPORT void guard_release(void* guard) noexcept __asm__("__cxa_guard_release");
MTAIO_EXPORT void guard_abort(void* guard) noexcept __asm__("__cxa_guard_abort");

MTAIO_EXPORT int guard_acquire(void* guard) {
  if (!is_modelled(guard)) return MTAIO_REAL_AS(guard_acquire, "__cxa_guard_acquire")(guard);
  return begin_making(guard, MTAIO_SITE) ? 1 : 0;
}
MTAIO_EXPORT void guard_release(void* guard) noexcept {
  if (!is_modelled(guard)) return MTAIO_REAL_AS(guard_release, "__cxa_guard_release")(guard);
  end_making(guard, true, MTAIO_SITE);
}
MTAIO_EXPORT void guard_abort(void* guard) noexcept {
  if (!is_modelled(guard)) return MTAIO_REAL_AS(guard_abort, "__cxa_guard_abort")(guard);
  end_making(guard, false, MTAIO_SITE);
}

MTAIO_EXPORT int pthread_once(pthread_once_t* control, void (*function)()) {
  if (!active()) return MTAIO_REAL(pthread_once)(control, function);
  if (!begin_making(control, MTAIO_SITE)) return 0;
  function();
  end_making(control, true, MTAIO_SITE);
  return 0;
}

extern "C" int __cxa_atexit(void (*function)(void*), void* object, void* library) noexcept;
extern "C" int __register_atfork(void (*prepare)(), void (*parent)(), void (*child)(),
                                 void* library) noexcept;

MTAIO_EXPORT int __cxa_atexit(void (*function)(void*), void* object, void* library) noexcept {
  if (!active()) return MTAIO_REAL(__cxa_atexit)(function, object, library);
  // Thread 0 ends as the program does.
  add_destructor(0, function, object);
  return 0;
}

MTAIO_EXPORT int __register_atfork(void (*prepare)(), void (*parent)(), void (*child)(),
                                   void* library) noexcept {
  if (!active()) return MTAIO_REAL(__register_atfork)(prepare, parent, child, library);
  return 0;
}
