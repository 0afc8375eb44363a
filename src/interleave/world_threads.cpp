/// Threads, and what they wait for.
#include "interleave/engine.hpp"
#include "interleave/world.hpp"

#include <cerrno>
#include <optional>
#include <string>

namespace mtaio::testing::interleave {

namespace {

std::optional<std::int64_t> copied(const std::int64_t* deadline) {
  return deadline == nullptr ? std::nullopt : std::optional{*deadline};
}

/// The object must still exist, though the operation does not access its memory.
void check_object(Address address, Site site) {
  running->check_block(address, 1, "use of a lock or a futex", site);
}

/// The current thread owns the mutex from now on.
void take(Mutex& mutex) {
  const int thread = running->execution.current();
  mutex.owner = thread;
  running->memory.acquire(thread, mutex.view);
}

void give_back(Mutex& mutex) {
  mutex.owner = kNoThread;
  mutex.view.clear();
  running->memory.release(running->execution.current(), mutex.view);
}

void require_owner(const Mutex& mutex, Site site) {
  if (mutex.owner != running->execution.current())
    running->execution.fail(FailureKind::kMisuse,
                            mutex.owner == kNoThread
                                ? "the mutex is not locked"
                                : "the mutex is locked by thread " + std::to_string(mutex.owner),
                            site);
}

void lock(Address address, Site site) {
  Execution& execution = running->execution;
  if (execution.waiting.mutex(address).owner == execution.current())
    execution.fail(FailureKind::kDeadlock, "the thread locks a mutex that it has locked", site);
  execution.step({.action = Action::kMutexLock, .address = address, .site = site});
  execution.note_progress();
  take(execution.waiting.mutex(address));
}

}  // namespace

// Threads.

int thread_create(void* (*start)(void*), void* argument, Site site) noexcept {
  const InEngine in_engine;
  return running->execution.create(start, argument, site);
}

void* thread_join(int thread, Site site) noexcept {
  const InEngine in_engine;
  return running->execution.join(thread, site);
}

void thread_detach(int /*thread*/, Site /*site*/) noexcept {}

int thread_self() noexcept { return running->execution.current(); }

bool in_stacks(const void* address) noexcept {
  return running != nullptr &&
         running->execution.owner_of_stack(reinterpret_cast<Address>(address)) != kNoThread;
}

void yield(Site site) noexcept {
  const InEngine in_engine;
  if (running->execution.is_patient(true)) return;
  running->execution.step({.action = Action::kYield, .site = site});
  running->execution.yield();
}

void pause(Site site) noexcept {
  {
    const InEngine in_engine;
    if (running->execution.is_patient()) return;
  }
  yield(site);
}

void sleep_until(std::int64_t nanoseconds, Site site) noexcept {
  const InEngine in_engine;
  Execution& execution = running->execution;
  execution.step({.action = Action::kSleep, .site = site});
  execution.note_progress();
  execution.sleep(Wait::kSleep, 0, nanoseconds, site);
}

std::int64_t now() noexcept {
  const InEngine in_engine;
  return running->execution.now();
}

// Futexes. The kernel compares the real memory, which has the latest store.

int futex_wait(Address word, std::uint32_t expected, const std::int64_t* deadline,
               Site site) noexcept {
  const InEngine in_engine;
  Execution& execution = running->execution;
  Event& event = execution.step({.action = Action::kFutexWait,
                                 .order = std::memory_order_relaxed,
                                 .size = sizeof(std::uint32_t),
                                 .address = word,
                                 .site = site});
  check_object(word, site);
  const std::uint64_t value = read_memory(word, sizeof(std::uint32_t));
  event.read = value;
  event.failed = value != expected;
  if (event.failed) {
    execution.note_read(site, word, value);
    return EAGAIN;
  }
  return execution.sleep(Wait::kFutex, word, copied(deadline), site);
}

int futex_wake(Address word, int most, Site site) noexcept {
  const InEngine in_engine;
  Execution& execution = running->execution;
  Event& event = execution.step({.action = Action::kFutexWake, .address = word, .site = site});
  int woken = 0;
  while (woken < most && execution.wake(word)) ++woken;
  event.written = static_cast<std::uint64_t>(woken);
  if (woken > 0) execution.note_progress();
  return woken;
}

// Mutexes and condition variables.

int mutex_lock(Address mutex, Site site) noexcept {
  const InEngine in_engine;
  check_object(mutex, site);
  lock(mutex, site);
  return 0;
}

int mutex_trylock(Address mutex, Site site) noexcept {
  const InEngine in_engine;
  check_object(mutex, site);
  Execution& execution = running->execution;
  Event& event = execution.step({.action = Action::kMutexTryLock, .address = mutex, .site = site});
  Mutex& held = execution.waiting.mutex(mutex);
  event.failed = held.owner != kNoThread;
  if (event.failed) {
    execution.note_read(site, mutex, 1);
    return EBUSY;
  }
  execution.note_progress();
  take(held);
  return 0;
}

int mutex_unlock(Address mutex, Site site) noexcept {
  const InEngine in_engine;
  Execution& execution = running->execution;
  execution.step({.action = Action::kMutexUnlock, .address = mutex, .site = site});
  check_object(mutex, site);
  Mutex& held = execution.waiting.mutex(mutex);
  require_owner(held, site);
  execution.note_progress();
  give_back(held);
  return 0;
}

int cond_wait(Address cond, Address mutex, const std::int64_t* deadline, Site site) noexcept {
  const InEngine in_engine;
  Execution& execution = running->execution;
  execution.step({.action = Action::kCondWait, .address = cond, .mutex = mutex, .site = site});
  check_object(cond, site);
  Mutex& held = execution.waiting.mutex(mutex);
  require_owner(held, site);
  give_back(held);
  const int result = execution.sleep(Wait::kCondition, cond, copied(deadline), site);
  lock(mutex, site);
  return result;
}

void cond_wake(Address cond, bool all, Site site) noexcept {
  const InEngine in_engine;
  Execution& execution = running->execution;
  Event& event = execution.step({.action = Action::kCondWake, .address = cond, .site = site});
  check_object(cond, site);
  std::uint64_t woken = 0;
  while ((all || woken == 0) && execution.wake(cond)) ++woken;
  event.written = woken;
  execution.note_progress();
}

}  // namespace mtaio::testing::interleave
