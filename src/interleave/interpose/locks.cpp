/// Mutexes and condition variables, as the C library has them. Their memory is not written: the
/// engine knows them by their addresses. It is read, so that the use of one that has been destroyed
/// is found.
#include "interleave/interpose/export.hpp"
#include "interleave/interpose/program_memory.hpp"
#include "interleave/interpose/real.hpp"
#include "interleave/interpose/timestamp.hpp"
#include "interleave/world.hpp"

#include <pthread.h>

#include <cerrno>

namespace mtaio::testing::interleave {
namespace {

Address touch(const void* object, Site site) noexcept {
  plain_read(address_of(object), 1, site);
  return address_of(object);
}

int wait_until(const pthread_cond_t* cond, const pthread_mutex_t* mutex, const timespec* deadline,
               Site site) noexcept {
  if (!deadline) return cond_wait(touch(cond, site), touch(mutex, site), nullptr, site);
  const std::int64_t nanoseconds = nanoseconds_of(*deadline);
  return cond_wait(touch(cond, site), touch(mutex, site), &nanoseconds, site);
}

}  // namespace
}  // namespace mtaio::testing::interleave

using namespace mtaio::testing::interleave;

MTAIO_EXPORT int pthread_mutex_lock(pthread_mutex_t* mutex) noexcept {
  if (!active()) return MTAIO_REAL(pthread_mutex_lock)(mutex);
  return mutex_lock(touch(mutex, MTAIO_SITE), MTAIO_SITE);
}

MTAIO_EXPORT int pthread_mutex_trylock(pthread_mutex_t* mutex) noexcept {
  if (!active()) return MTAIO_REAL(pthread_mutex_trylock)(mutex);
  return mutex_trylock(touch(mutex, MTAIO_SITE), MTAIO_SITE);
}

MTAIO_EXPORT int pthread_mutex_unlock(pthread_mutex_t* mutex) noexcept {
  if (!active()) return MTAIO_REAL(pthread_mutex_unlock)(mutex);
  return mutex_unlock(touch(mutex, MTAIO_SITE), MTAIO_SITE);
}

MTAIO_EXPORT int pthread_cond_wait(pthread_cond_t* cond, pthread_mutex_t* mutex) {
  if (!active()) return MTAIO_REAL(pthread_cond_wait)(cond, mutex);
  return wait_until(cond, mutex, nullptr, MTAIO_SITE);
}

MTAIO_EXPORT int pthread_cond_timedwait(pthread_cond_t* cond, pthread_mutex_t* mutex,
                                        const timespec* deadline) {
  if (!active()) return MTAIO_REAL(pthread_cond_timedwait)(cond, mutex, deadline);
  return wait_until(cond, mutex, deadline, MTAIO_SITE);
}

MTAIO_EXPORT int pthread_cond_clockwait(pthread_cond_t* cond, pthread_mutex_t* mutex,
                                        clockid_t clock, const timespec* deadline) {
  if (!active()) return MTAIO_REAL(pthread_cond_clockwait)(cond, mutex, clock, deadline);
  return wait_until(cond, mutex, deadline, MTAIO_SITE);
}

MTAIO_EXPORT int pthread_cond_signal(pthread_cond_t* cond) noexcept {
  if (!active()) return MTAIO_REAL(pthread_cond_signal)(cond);
  cond_wake(touch(cond, MTAIO_SITE), false, MTAIO_SITE);
  return 0;
}

MTAIO_EXPORT int pthread_cond_broadcast(pthread_cond_t* cond) noexcept {
  if (!active()) return MTAIO_REAL(pthread_cond_broadcast)(cond);
  cond_wake(touch(cond, MTAIO_SITE), true, MTAIO_SITE);
  return 0;
}
