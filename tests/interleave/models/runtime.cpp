/// The whole runtime: tasks on workers that start, steal, sleep, are woken, block, and end.
///
/// A child that blocks its thread until another child has run is a question to the sleeping
/// protocol: has a worker been woken for every child that could run?
#include <mtaio/core.hpp>
#include <mtaio/coro/thread_context.hpp>
#include <mtaio/lowlevel/scheduler.hpp>
#include <mtaio/platform/thread_event.hpp>

#include "interleave/models/model.hpp"

#include <atomic>
#include <memory>
#include <stdexcept>
#include <thread>

namespace {

using namespace models;
using namespace std::chrono_literals;
using mtaio::Latch;
using mtaio::Runtime;
using mtaio::Task;
using mtaio::TaskExecutor;
using mtaio::internal::ThreadEvent;

Task<int> one() { co_return 1; }

Task<int> sum_of_two() {
  TaskExecutor executor;
  const auto [a, b] = co_await executor.gather(one(), one());
  co_return a + b;
}

void gather_on_two_workers() {
  Runtime runtime{{.threads = 2}};
  require(runtime.run(sum_of_two()) == 2, "both children have run");
}

Task<void> block_until(const ThreadEvent& event) {
  event.wait();
  co_return;
}
Task<void> set(ThreadEvent& event) {
  event.set();
  co_return;
}

Task<void> block_and_set(ThreadEvent& event) {
  TaskExecutor executor;
  co_await executor.gather(block_until(event), set(event));
}

void a_child_blocks_until_its_sibling_has_run() {
  ThreadEvent event;
  Runtime runtime{{.threads = 2}};
  runtime.run(block_and_set(event));
}

Task<void> two_block_and_one_sets(ThreadEvent& event) {
  TaskExecutor executor;
  co_await executor.gather(block_until(event), block_until(event), set(event));
}

void two_children_block_until_the_third_has_run() {
  ThreadEvent event;
  Runtime runtime{{.threads = 3}};
  runtime.run(two_block_and_one_sets(event));
}

Task<void> wait_for(Latch& latch) { co_await latch.wait(); }

/// A thread outside posts a job while the workers fall asleep. The runtime ends right after it.
template <int kThreads>
void a_job_from_outside() {
  auto runtime = std::make_unique<Runtime>(mtaio::RuntimeOptions{.threads = kThreads});
  auto latch = std::make_unique<Latch>(1);
  in_threads([&, opens = latch.get()] { opens->count_down(); },
             [&] {
               runtime->run(wait_for(*latch));
               latch.reset();
               runtime.reset();
             });
}

Task<void> wait_and_block(Latch& latch, const ThreadEvent& event) {
  co_await latch.wait();
  event.wait();
}
Task<void> store_one(std::atomic<int>& value) {
  value.store(1, std::memory_order_release);
  co_return;
}
Task<void> wait_for_two_jobs(Latch& first, Latch& second, std::atomic<int>& waits);

/// A thread outside makes two jobs ready, one after the other. A worker takes the first, and blocks
/// until the second has run: while that worker still counts as one that searches, the thread
/// outside wakes no other worker for the second.
void two_jobs_from_outside() {
  Latch first{1};
  Latch second{1};
  std::atomic<int> waits{0};
  std::thread outside{[&] {
    while (waits.load(std::memory_order_acquire) == 0) std::this_thread::yield();
    first.count_down();
    second.count_down();
  }};
  Runtime runtime{{.threads = 2}};
  runtime.run(wait_for_two_jobs(first, second, waits));
  outside.join();
}

Task<void> wait_and_set(Latch& latch, ThreadEvent& event) {
  co_await latch.wait();
  event.set();
}
Task<void> wait_for_two_jobs(Latch& first, Latch& second, std::atomic<int>& waits) {
  TaskExecutor executor;
  ThreadEvent event;
  co_await executor.gather(wait_and_block(first, event), wait_and_set(second, event),
                           store_one(waits));
}
Task<void> open_and_block(Latch& latch, const ThreadEvent& event) {
  latch.count_down();
  event.wait();
  co_return;
}
Task<void> ready_beside_one_that_blocks(Latch& latch, ThreadEvent& event) {
  TaskExecutor executor;
  co_await executor.gather(wait_and_set(latch, event), open_and_block(latch, event));
}

/// A worker makes a job ready and then blocks: another worker steals it after the steal delay.
void a_job_of_a_worker_that_blocks() {
  Latch latch{1};
  ThreadEvent event;
  Runtime runtime{{.threads = 2}};
  runtime.run(ready_beside_one_that_blocks(latch, event));
}

Task<void> sleep_and_set(ThreadEvent& event) {
  co_await mtaio::sleep(1ms);
  event.set();
}
Task<void> timer_beside_one_that_blocks(ThreadEvent& event) {
  TaskExecutor executor;
  co_await executor.gather(sleep_and_set(event), block_until(event));
}

/// A worker arms a timer and then blocks: another one fires it.
void a_timer_of_a_worker_that_blocks() {
  ThreadEvent event;
  Runtime runtime{{.threads = 2}};
  runtime.run(timer_beside_one_that_blocks(event));
}

/// Counts a latch down.
struct OpeningTimer : mtaio::lowlevel::Timer {
  explicit OpeningTimer(Latch& to_open) : Timer{&OpeningTimer::fired}, latch{to_open} {}
  static void fired(Timer& timer) noexcept { static_cast<OpeningTimer&>(timer).latch.count_down(); }
  Latch& latch;
};

Task<void> armed_from_outside(OpeningTimer& timer, std::thread& armer) {
  auto& scheduler = mtaio::internal::this_thread().worker()->scheduler;
  armer = std::thread{[&] { scheduler.arm(timer, scheduler.now() + 1ms); }};
  co_await timer.latch.wait();
}

/// A thread outside arms a timer, which ends the run: the runtime outlives the call of arm().
void a_timer_from_outside() {
  Latch latch{1};
  OpeningTimer timer{latch};
  std::thread armer;
  mtaio::run(armed_from_outside(timer, armer), {.threads = 1});
  armer.join();
}

Task<void> sleep_twice() {
  co_await mtaio::sleep(1ms);
  co_await mtaio::sleep(1ms);
}

/// Two threads call run() on one worker: one of them waits until the other releases it.
void two_runs_on_one_worker() {
  Runtime runtime{{.threads = 1}};
  const auto run = [&] { runtime.run(sleep_twice()); };
  in_threads(run, run);
}

Task<void> destroy_an_executor_in_use() {
  auto executor = std::make_unique<TaskExecutor>();
  auto sleeping = executor->create_task(sleep_twice());
  executor.reset();
  require(sleeping.done(), "the executor has waited for it");
  try {
    co_await sleeping;
  } catch (const mtaio::CancelledError&) {
    // The executor has asked it to stop.
  }
}

/// A destructor that has to wait blocks its thread. A spare thread does the work of the worker
/// meanwhile, and gives the worker back.
template <int kThreads>
void a_destructor_that_blocks() {
  Runtime runtime{{.threads = kThreads}};
  runtime.run(destroy_an_executor_in_use());
}

/// Another run borrows the worker from the spare thread: it goes back there when that run ends.
void a_destructor_that_blocks_beside_another_run() {
  Runtime runtime{{.threads = 1}};
  in_threads([&] { runtime.run(destroy_an_executor_in_use()); },
             [&] { require(runtime.run(one()) == 1, "it ends, too"); });
}

Task<void> create_a_task(TaskExecutor& executor, std::atomic<int>& created) {
  try {
    auto task = executor.create_task(one());
    created.fetch_add(1);
    co_await task;
  } catch (const std::logic_error&) {
    // The executor was closed first.
  }
}
Task<void> close(TaskExecutor& executor) { co_await executor.close(); }

Task<void> create_against_close() {
  TaskExecutor executor;
  TaskExecutor closing;
  std::atomic<int> created{0};
  co_await executor.gather(create_a_task(closing, created), close(closing),
                           create_a_task(closing, created));
  require(created.load() <= 2, "each creates one at most");
}

/// A task is created, or refused because the executor was closed; when close() ends, none is left.
void a_task_created_while_the_executor_closes() {
  Runtime runtime{{.threads = 2}};
  runtime.run(create_against_close());
}

Task<int> answer_in_thread() {
  TaskExecutor executor;
  co_return co_await executor.run_in_thread([] { return 42; });
}

void a_function_in_a_thread() {
  Runtime runtime{{.threads = 1}};
  require(runtime.run(answer_in_thread()) == 42, "the result arrives");
}

Task<void> stopped_at_once(Latch& never) {
  TaskExecutor executor;
  auto waiting = executor.create_task(wait_for(never));
  waiting.request_stop();
  try {
    co_await waiting;
    require(false, "it was asked to stop");
  } catch (const mtaio::CancelledError&) {
  }
}

void a_task_that_is_stopped() {
  Latch never{1};
  Runtime runtime{{.threads = 2}};
  runtime.run(stopped_at_once(never));
}

TEST_CASE("model: Runtime: children on several workers") {
  check_both_ways("gather on two workers", &gather_on_two_workers, 2'000);
  check_both_ways("a child blocks until its sibling has run",
                  &a_child_blocks_until_its_sibling_has_run, 2'000);
  check_both_ways("two children block until the third has run",
                  &two_children_block_until_the_third_has_run, 2'000);
}

TEST_CASE("model: Runtime: jobs that become ready") {
  check_both_ways("a job from outside, one worker", &a_job_from_outside<1>, 2'000);
  check_both_ways("a job from outside, two workers", &a_job_from_outside<2>, 2'000);
  check_both_ways("two jobs from outside, the first needs the second", &two_jobs_from_outside,
                  2'000);
  check_both_ways("a job of a worker that blocks", &a_job_of_a_worker_that_blocks, 2'000);
  check_both_ways("a timer of a worker that blocks", &a_timer_of_a_worker_that_blocks, 2'000);
  check_both_ways("a timer from outside", &a_timer_from_outside, 2'000);
}

TEST_CASE("model: Runtime: threads and ends") {
  check_both_ways("two runs on one worker", &two_runs_on_one_worker, 2'000);
  check_both_ways("a destructor that blocks", &a_destructor_that_blocks<1>, 2'000);
  check_both_ways("a destructor that blocks, two workers", &a_destructor_that_blocks<2>, 2'000);
  check_both_ways("a destructor that blocks beside another run",
                  &a_destructor_that_blocks_beside_another_run, 2'000);
  check_both_ways("a task created while the executor closes",
                  &a_task_created_while_the_executor_closes, 2'000);
  check_both_ways("a function in a thread", &a_function_in_a_thread, 2'000);
  check_both_ways("a task that is stopped", &a_task_that_is_stopped, 2'000);
}

}  // namespace
