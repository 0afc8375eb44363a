/// Threads, as the C library has them.
#include "interleave/interpose/export.hpp"
#include "interleave/interpose/program_memory.hpp"
#include "interleave/interpose/real.hpp"
#include "interleave/world.hpp"

#include <pthread.h>
#include <sched.h>

#include <cstddef>

namespace mtaio::testing::interleave {
namespace {

// Zero is the thread that std::thread::id{} stands for: none.
pthread_t handle_of(int thread) noexcept { return static_cast<pthread_t>(thread) + 1; }
int thread_of(pthread_t handle) noexcept { return static_cast<int>(handle - 1); }

bool is_detached(const pthread_attr_t* attributes) noexcept {
  int state = PTHREAD_CREATE_JOINABLE;
  if (attributes) pthread_attr_getdetachstate(attributes, &state);
  return state == PTHREAD_CREATE_DETACHED;
}

}  // namespace
}  // namespace mtaio::testing::interleave

using namespace mtaio::testing::interleave;

MTAIO_EXPORT int pthread_create(pthread_t* handle, const pthread_attr_t* attributes,
                                void* (*start)(void*), void* argument) noexcept {
  if (!active()) return MTAIO_REAL(pthread_create)(handle, attributes, start, argument);
  const int thread = thread_create(start, argument, MTAIO_SITE);
  *handle = handle_of(thread);
  if (is_detached(attributes)) thread_detach(thread, MTAIO_SITE);
  return 0;
}

MTAIO_EXPORT int pthread_join(pthread_t handle, void** result) {
  if (!active()) return MTAIO_REAL(pthread_join)(handle, result);
  void* returned = thread_join(thread_of(handle), MTAIO_SITE);
  if (result) *result = returned;
  return 0;
}

MTAIO_EXPORT int pthread_detach(pthread_t handle) noexcept {
  if (!active()) return MTAIO_REAL(pthread_detach)(handle);
  thread_detach(thread_of(handle), MTAIO_SITE);
  return 0;
}

MTAIO_EXPORT pthread_t pthread_self() noexcept {
  if (!active()) return MTAIO_REAL(pthread_self)();
  return handle_of(thread_self());
}

MTAIO_EXPORT void pthread_exit(void* result) {
  if (!active()) MTAIO_REAL(pthread_exit)(result);
  fail(FailureKind::kMisuse, "pthread_exit() cannot be modelled.", MTAIO_SITE);
}

MTAIO_EXPORT int sched_yield() noexcept {
  if (!active()) return MTAIO_REAL(sched_yield)();
  yield(MTAIO_SITE);
  return 0;
}

// One core for all threads. Moving to another one fails.

MTAIO_EXPORT int sched_getcpu() noexcept { return active() ? 0 : MTAIO_REAL(sched_getcpu)(); }

MTAIO_EXPORT int sched_setaffinity(pid_t process, std::size_t size,
                                   const cpu_set_t* cores) noexcept {
  return active() ? -1 : MTAIO_REAL(sched_setaffinity)(process, size, cores);
}

// See mtaio/interleave/pause.hpp.
MTAIO_EXPORT void mtaio_interleave_pause() {
  if (active()) {
    mtaio::testing::interleave::pause(MTAIO_SITE);
  } else {
    __builtin_ia32_pause();
  }
}
