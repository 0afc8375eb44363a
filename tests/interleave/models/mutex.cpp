/// The mutexes: one task at a time, or readers together, and each sees what those before it have
/// written.
#include <mtaio/mutex.hpp>

#include <mtaio/exceptions.hpp>
#include <mtaio/shared_mutex.hpp>
#include <mtaio/sleep.hpp>
#include <mtaio/task.hpp>
#include <mtaio/task_executor.hpp>

#include "interleave/models/loop_scheduler.hpp"
#include "interleave/models/model.hpp"

#include <memory>

namespace {

using namespace models;
using mtaio::CancelledError;
using mtaio::Mutex;
using mtaio::SharedMutex;
using mtaio::Task;

/// Locks by trying, which never takes the lock of the pool.
void two_threads_that_try() {
  Mutex mutex;
  int data = 0;
  const auto add = [&] {
    for (;;) {
      if (const auto guard = mutex.try_lock()) {
        ++data;
        return;
      }
      std::this_thread::yield();
    }
  };
  in_threads(add, add, add);
  require(data == 3, "one after the other");
}

Task<void> add(Mutex& mutex, int& data) {
  const auto guard = co_await mutex.lock();
  ++data;
}

void tasks_of_three_threads() {
  std::array<LoopScheduler, 3> schedulers;
  Mutex mutex;
  int data = 0;
  const auto in = [&](LoopScheduler& scheduler) {
    return [&] { scheduler.run(add(mutex, data)); };
  };
  in_threads(in(schedulers[0]), in(schedulers[1]), in(schedulers[2]));
  require(data == 3, "one after the other");
  require(mutex.try_lock().has_value(), "it is free");
}

Task<void> lock_and_destroy(std::unique_ptr<Mutex>& mutex) {
  auto guard = co_await mutex->lock();
  guard.unlock();
  mutex.reset();
}

void the_next_one_destroys_it() {
  LoopScheduler scheduler;
  auto mutex = std::make_unique<Mutex>();
  auto guard = mutex->try_lock();
  in_threads([&] { scheduler.run(lock_and_destroy(mutex)); }, [&] { guard->unlock(); });
  guard.reset();
}

Task<bool> lock_or_not(Mutex& mutex, int& data) {
  try {
    const auto guard = co_await mutex.lock();
    ++data;
    co_return true;
  } catch (const CancelledError&) {
    co_return false;
  }
}

Task<void> lock_until_stopped(Mutex& mutex, int& data) {
  mtaio::TaskExecutor executor;
  auto locking = executor.create_task(lock_or_not(mutex, data));
  auto next = executor.create_task(add(mutex, data));
  co_await mtaio::sleep(std::chrono::seconds{0});
  std::thread stopper{[&] { locking.request_stop(); }};
  (void)co_await locking;
  co_await next;
  stopper.join();
}

/// The mutex is handed to a task that is being cancelled, or to the next.
void an_unlock_against_a_stop_request() {
  LoopScheduler scheduler;
  Mutex mutex;
  int data = 0;
  auto guard = mutex.try_lock();
  in_threads([&] { scheduler.run(lock_until_stopped(mutex, data)); },
             [&] {
               ++data;
               guard.reset();
             });
  require(data == 2 || data == 3, "the next one has had the mutex");
  require(mutex.try_lock().has_value(), "it is free");
}

struct Pair {
  SharedMutex mutex;
  int first = 0;
  int second = 0;
};

Task<void> write(Pair& pair) {
  const auto guard = co_await pair.mutex.lock();
  ++pair.first;
  ++pair.second;
}
Task<void> read(Pair& pair) {
  const auto guard = co_await pair.mutex.lock_shared();
  require(pair.first == pair.second, "no writer is in between");
}

void a_writer_and_two_readers() {
  std::array<LoopScheduler, 3> schedulers;
  Pair pair;
  in_threads([&] { schedulers[0].run(write(pair)); }, [&] { schedulers[1].run(read(pair)); },
             [&] { schedulers[2].run(read(pair)); });
  require(pair.mutex.try_lock().has_value(), "it is free");
}

void two_writers_and_a_reader() {
  std::array<LoopScheduler, 3> schedulers;
  Pair pair;
  in_threads([&] { schedulers[0].run(write(pair)); }, [&] { schedulers[1].run(write(pair)); },
             [&] { schedulers[2].run(read(pair)); });
  require(pair.first == 2, "both have written");
  require(pair.mutex.try_lock().has_value(), "it is free");
}

TEST_CASE("model: Mutex") {
  check_model("threads that try", &two_threads_that_try, random(3'000));
  check_model("tasks of three threads", &tasks_of_three_threads, random(2'000));
  check_model("the same, few preemptions", &tasks_of_three_threads, all_with(1, 3'000));
  check_model("the next one destroys it", &the_next_one_destroys_it, all_with(2, 5'000));
  check_model("an unlock against a stop request", &an_unlock_against_a_stop_request, random(3'000));
}

TEST_CASE("model: SharedMutex") {
  check_model("a writer and two readers", &a_writer_and_two_readers, random(3'000));
  check_model("two writers and a reader", &two_writers_and_a_reader, random(3'000));
}

}  // namespace
