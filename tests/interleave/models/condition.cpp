/// The condition: a notification reaches one waiter, which then holds the mutex.
#include <mtaio/condition.hpp>

#include <mtaio/exceptions.hpp>
#include <mtaio/mutex.hpp>
#include <mtaio/sleep.hpp>
#include <mtaio/task.hpp>
#include <mtaio/task_executor.hpp>

#include "interleave/models/loop_scheduler.hpp"
#include "interleave/models/model.hpp"

#include <memory>

namespace {

using namespace models;
using mtaio::CancelledError;
using mtaio::Condition;
using mtaio::Mutex;
using mtaio::Task;

struct Shared {
  Mutex mutex;
  Condition condition;
  int value = 0;
};

Task<void> wait_for_value(Shared& shared) {
  auto guard = co_await shared.mutex.lock();
  while (shared.value == 0) co_await shared.condition.wait(guard);
  --shared.value;
}
Task<void> set_value(Shared& shared) {
  const auto guard = co_await shared.mutex.lock();
  ++shared.value;
  shared.condition.notify_one();
}

void a_notification_is_not_missed() {
  LoopScheduler first;
  LoopScheduler second;
  Shared shared;
  in_threads([&] { first.run(wait_for_value(shared)); }, [&] { second.run(set_value(shared)); });
  require(shared.value == 0, "it was taken");
  require(shared.mutex.try_lock().has_value(), "it is free");
}

/// Notes in `value` that it was notified, and holds the mutex in either case.
Task<bool> wait_once(Shared& shared) {
  auto guard = co_await shared.mutex.lock();
  try {
    co_await shared.condition.wait(guard);
  } catch (const CancelledError&) {
    ++shared.value;
    co_return false;
  }
  ++shared.value;
  co_return true;
}

Task<void> wait_twice_and_be_stopped(Shared& shared, std::atomic<int>& waiting) {
  mtaio::TaskExecutor executor;
  auto stopped = executor.create_task(wait_once(shared));
  auto other = executor.create_task(wait_once(shared));
  co_await mtaio::sleep(std::chrono::seconds{0});
  waiting.store(1, std::memory_order_release);
  std::thread stopper{[&] { stopped.request_stop(); }};
  const bool first = co_await stopped;
  stopper.join();
  // The notification went to the first or to the second. One more, if it was the first.
  if (first) shared.condition.notify_one();
  require(co_await other, "no one stops it");
}

void a_notification_against_a_stop_request() {
  LoopScheduler scheduler;
  Shared shared;
  std::atomic<int> waiting{0};
  in_threads([&] { scheduler.run(wait_twice_and_be_stopped(shared, waiting)); },
             [&] {
               while (waiting.load(std::memory_order_acquire) == 0) std::this_thread::yield();
               shared.condition.notify_one();
             });
  require(shared.value == 2, "both have held the mutex");
  require(shared.mutex.try_lock().has_value(), "it is free");
}

Task<void> wait_and_destroy(std::unique_ptr<Condition>& condition, Mutex& mutex,
                            std::atomic<int>& waiting) {
  auto guard = co_await mutex.lock();
  waiting.store(1, std::memory_order_relaxed);
  co_await condition->wait(guard);
  condition.reset();
}

void the_notified_task_destroys_it() {
  LoopScheduler scheduler;
  Mutex mutex;
  auto condition = std::make_unique<Condition>();
  std::atomic<int> waiting{0};
  in_threads([&] { scheduler.run(wait_and_destroy(condition, mutex, waiting)); },
             [&, notifies = condition.get()] {
               for (;;) {
                 const auto guard = mutex.try_lock();
                 if (guard && waiting.load(std::memory_order_relaxed) != 0) break;
                 std::this_thread::yield();
               }
               notifies->notify_one();
             });
}

TEST_CASE("model: Condition") {
  check_model("a notification is not missed", &a_notification_is_not_missed, all_with(2, 5'000));
  check_model("the same, at random", &a_notification_is_not_missed, random(2'000));
  check_model("a notification against a stop request", &a_notification_against_a_stop_request,
              random(3'000));
  check_model("the notified task destroys it", &the_notified_task_destroys_it, random(2'000));
}

}  // namespace
