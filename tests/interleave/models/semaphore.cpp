/// The semaphore: permits are neither lost nor doubled, and what was done before a release is
/// visible after the acquire, whether the permit was taken from the word, under the lock, or handed
/// over.
#include <mtaio/semaphore.hpp>

#include <mtaio/exceptions.hpp>
#include <mtaio/sleep.hpp>
#include <mtaio/task.hpp>
#include <mtaio/task_executor.hpp>

#include "interleave/models/loop_scheduler.hpp"
#include "interleave/models/model.hpp"

#include <memory>
#include <optional>

namespace {

using namespace models;
using mtaio::CancelledError;
using mtaio::Semaphore;
using mtaio::Task;

Semaphore::Permit try_until_acquired(Semaphore& semaphore) {
  for (;;) {
    if (auto permit = semaphore.try_acquire()) return std::move(*permit);
    std::this_thread::yield();
  }
}

/// Both threads change the word, none waits.
void two_threads_that_do_not_wait() {
  Semaphore semaphore{1};
  int data = 0;
  const auto add = [&] {
    const auto permit = try_until_acquired(semaphore);
    ++data;
  };
  in_threads(add, add);
  require(data == 2 && semaphore.available() == 1, "one after the other");
}

Task<void> add(Semaphore& semaphore, int& data) {
  const auto permit = co_await semaphore.acquire();
  ++data;
}

/// Each finds the permit free, or is handed it.
void two_tasks_that_wait() {
  LoopScheduler first;
  LoopScheduler second;
  Semaphore semaphore{1};
  int data = 0;
  in_threads([&] { first.run(add(semaphore, data)); }, [&] { second.run(add(semaphore, data)); });
  require(data == 2 && semaphore.available() == 1, "one after the other");
}

/// A release under the lock is visible to a thread that takes its permit without the lock: the
/// thread that raises the limit leaves the bit set, the second resets it, the third may see no
/// lock.
void a_limit_that_is_raised() {
  Semaphore semaphore{0};
  int data = 0;
  const auto read = [&] {
    if (const auto permit = semaphore.try_acquire())
      require(data == 1, "what came before set_limit() is visible");
  };
  in_threads(
      [&] {
        data = 1;
        semaphore.set_limit(2);
      },
      read, read);
  require(semaphore.available() == 2, "both are back");
}

Task<bool> acquire_or_not(Semaphore& semaphore, int& data) {
  try {
    const auto permit = co_await semaphore.acquire();
    ++data;
    co_return true;
  } catch (const CancelledError&) {
    co_return false;
  }
}

Task<void> acquire_until_stopped(Semaphore& semaphore, int& data) {
  mtaio::TaskExecutor executor;
  auto acquiring = executor.create_task(acquire_or_not(semaphore, data));
  co_await mtaio::sleep(std::chrono::seconds{0});
  std::thread stopper{[&] { acquiring.request_stop(); }};
  (void)co_await acquiring;
  stopper.join();
}

/// The permit is handed to a task that is being cancelled, or stays.
void a_release_against_a_stop_request() {
  LoopScheduler scheduler;
  Semaphore semaphore{1};
  int data = 0;
  std::optional permit{semaphore.try_acquire()};
  in_threads([&] { scheduler.run(acquire_until_stopped(semaphore, data)); },
             [&] {
               ++data;
               permit.reset();
             });
  require(semaphore.available() == 1, "the permit is back");
  require(data == 1 || data == 2, "the task had the permit, or had not");
}

Task<bool> acquire_for_a_while(Semaphore& semaphore, std::ptrdiff_t k) {
  co_return (co_await semaphore.acquire(k, std::chrono::milliseconds{1})).has_value();
}
Task<void> acquire_one(Semaphore& semaphore) { (void)co_await semaphore.acquire(); }

/// A large request that gives up lets the small one behind it through, whichever comes first.
void a_large_request_that_gives_up() {
  LoopScheduler first;
  LoopScheduler second;
  Semaphore semaphore{2};
  auto one = semaphore.try_acquire();
  in_threads([&] { require(!first.run(acquire_for_a_while(semaphore, 2)), "one is in use"); },
             [&] { second.run(acquire_one(semaphore)); });
  require(semaphore.available() == 1, "only the first is in use");
}

Task<void> acquire_and_destroy(std::unique_ptr<Semaphore>& semaphore) {
  auto permit = co_await semaphore->acquire();
  permit.release();
  semaphore.reset();
}

void the_next_one_destroys_it() {
  LoopScheduler scheduler;
  auto semaphore = std::make_unique<Semaphore>(1);
  auto permit = semaphore->try_acquire();
  in_threads([&] { scheduler.run(acquire_and_destroy(semaphore)); }, [&] { permit->release(); });
  permit.reset();
}

/// The same after a waiter has given up, so that the bit is set and no waiter is left: the release
/// must not reset it, since the next thread would then not wait for the lock.
void the_next_one_destroys_it_after_a_waiter_gave_up() {
  LoopScheduler scheduler;
  auto semaphore = std::make_unique<Semaphore>(1);
  auto permit = semaphore->try_acquire();
  semaphore->set_limit(1);
  in_threads([&] { permit->release(); },
             [&] {
               try_until_acquired(*semaphore).release();
               semaphore.reset();
             });
  permit.reset();
}

TEST_CASE("model: Semaphore") {
  check_model("two threads that do not wait", &two_threads_that_do_not_wait, all(5'000));
  check_model("two tasks that wait", &two_tasks_that_wait, all_with(2, 5'000));
  check_model("the same, at random", &two_tasks_that_wait, random(2'000));
  check_model("a limit that is raised", &a_limit_that_is_raised, all_with(1, 5'000));
  check_model("a release against a stop request", &a_release_against_a_stop_request,
              all_with(2, 5'000));
  check_model("the same, at random", &a_release_against_a_stop_request, random(2'000));
  check_model("a large request that gives up", &a_large_request_that_gives_up, random(2'000));
  check_model("the next one destroys it", &the_next_one_destroys_it, all_with(2, 5'000));
  check_model("the same, under the lock", &the_next_one_destroys_it_after_a_waiter_gave_up,
              all(5'000));
}

}  // namespace
