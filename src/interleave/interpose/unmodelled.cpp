/// Functions of the C library that block and cannot be modelled: a program that calls one ends as a
/// failure, instead of blocking the whole check.
#include "interleave/interpose/export.hpp"
#include "interleave/interpose/real.hpp"
#include "interleave/world.hpp"

#include <pthread.h>
#include <semaphore.h>
#include <unistd.h>

using namespace mtaio::testing::interleave;

// `call` has the arguments of the function in `parameters`, in parentheses like them.
#define MTAIO_UNMODELLED(name, parameters, call)                                          \
  MTAIO_EXPORT int name parameters {                                                      \
    if (active()) fail(FailureKind::kMisuse, #name "() cannot be modelled.", MTAIO_SITE); \
    return MTAIO_REAL(name) call;                                                         \
  }

MTAIO_UNMODELLED(pthread_mutex_timedlock,
                 (pthread_mutex_t * mutex, const timespec* deadline) noexcept, (mutex, deadline))
MTAIO_UNMODELLED(pthread_mutex_clocklock,
                 (pthread_mutex_t * mutex, clockid_t clock, const timespec* deadline) noexcept,
                 (mutex, clock, deadline))
MTAIO_UNMODELLED(pthread_rwlock_rdlock, (pthread_rwlock_t * lock) noexcept, (lock))
MTAIO_UNMODELLED(pthread_rwlock_tryrdlock, (pthread_rwlock_t * lock) noexcept, (lock))
MTAIO_UNMODELLED(pthread_rwlock_wrlock, (pthread_rwlock_t * lock) noexcept, (lock))
MTAIO_UNMODELLED(pthread_rwlock_trywrlock, (pthread_rwlock_t * lock) noexcept, (lock))
MTAIO_UNMODELLED(pthread_barrier_wait, (pthread_barrier_t * barrier) noexcept, (barrier))
MTAIO_UNMODELLED(pthread_setspecific, (pthread_key_t key, const void* value) noexcept, (key, value))
MTAIO_UNMODELLED(sem_wait, (sem_t * semaphore), (semaphore))
MTAIO_UNMODELLED(sem_timedwait, (sem_t * semaphore, const timespec* deadline),
                 (semaphore, deadline))
MTAIO_UNMODELLED(sem_clockwait, (sem_t * semaphore, clockid_t clock, const timespec* deadline),
                 (semaphore, clock, deadline))
MTAIO_UNMODELLED(fork, () noexcept, ())
