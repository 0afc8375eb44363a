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

// A recursive mutex counts in its own memory. Only its owner accesses that.

bool is_recursive(const pthread_mutex_t* mutex) noexcept {
  constexpr int kKinds = 3;
  return (mutex->__data.__kind & kKinds) == PTHREAD_MUTEX_RECURSIVE;
}

/// How often the current thread has locked it.
unsigned times_locked(const pthread_mutex_t* mutex) noexcept {
  return mutex->__data.__owner == thread_self() + 1 ? mutex->__data.__count : 0;
}

void set_times_locked(pthread_mutex_t* mutex, unsigned times) noexcept {
  before_write(mutex, sizeof(pthread_mutex_t), nullptr);
  mutex->__data.__owner = times == 0 ? 0 : thread_self() + 1;
  mutex->__data.__count = times;
}

/// `lock` is only called if the thread has not locked a recursive mutex before.
template <class Lock>
int lock_by(Lock lock, pthread_mutex_t* mutex, Site site) noexcept {
  const Address address = touch(mutex, site);
  const unsigned times = is_recursive(mutex) ? times_locked(mutex) : 0;
  const int error = times > 0 ? 0 : lock(address, site);
  if (error == 0 && is_recursive(mutex)) set_times_locked(mutex, times + 1);
  return error;
}

int unlock(pthread_mutex_t* mutex, Site site) noexcept {
  const Address address = touch(mutex, site);
  const unsigned times = is_recursive(mutex) ? times_locked(mutex) : 0;
  if (times > 0) set_times_locked(mutex, times - 1);
  return times > 1 ? 0 : mutex_unlock(address, site);
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
  return lock_by(&mutex_lock, mutex, MTAIO_SITE);
}

MTAIO_EXPORT int pthread_mutex_trylock(pthread_mutex_t* mutex) noexcept {
  if (!active()) return MTAIO_REAL(pthread_mutex_trylock)(mutex);
  return lock_by(&mutex_trylock, mutex, MTAIO_SITE);
}

MTAIO_EXPORT int pthread_mutex_unlock(pthread_mutex_t* mutex) noexcept {
  if (!active()) return MTAIO_REAL(pthread_mutex_unlock)(mutex);
  return unlock(mutex, MTAIO_SITE);
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
