/// A function that runs in a thread while a task waits for it, and may be asked to stop meanwhile.
#include <mtaio/core.hpp>

#include "interleave/models/model.hpp"

namespace {

using namespace models;
using mtaio::RuntimeOptions;
using mtaio::Task;
using mtaio::TaskExecutor;

Task<int> call_in(TaskExecutor& executor, std::atomic<int>& calls) {
  co_return co_await executor.run_in_thread([&calls] {
    calls.fetch_add(1, std::memory_order_relaxed);
    return 42;
  });
}

Task<void> run_once_or_taken_back(mtaio::TaskHandle<int>& calling, const std::atomic<int>& calls) {
  try {
    require(co_await calling == 42, "the function has run");
    require(calls.load() == 1, "once");
  } catch (const mtaio::CancelledError&) {
    require(calls.load() == 0, "it was taken back in time");
  }
}

/// The task has ended when the function has, and the function has not run if the task was stopped
/// before.
Task<void> stop_while_it_runs(std::atomic<int>& calls) {
  TaskExecutor executor;
  auto calling = executor.create_task(call_in(executor, calls));
  std::thread stopper{[&] { calling.request_stop(); }};
  co_await run_once_or_taken_back(calling, calls);
  stopper.join();
}

void a_call_against_a_stop_request() {
  std::atomic<int> calls{0};
  mtaio::run(stop_while_it_runs(calls), RuntimeOptions{.threads = 1});
}

Task<void> keep_busy(TaskExecutor& executor) {
  co_await executor.run_in_thread([] { std::this_thread::yield(); });
}

/// The pool has one thread, which is busy: the call waits in its queue.
Task<void> stop_while_it_waits(std::atomic<int>& calls, mtaio::ThreadPool& pool) {
  TaskExecutor executor{pool};
  auto busy = executor.create_task(keep_busy(executor));
  auto calling = executor.create_task(call_in(executor, calls));
  std::thread stopper{[&] { calling.request_stop(); }};
  co_await run_once_or_taken_back(calling, calls);
  co_await busy;
  stopper.join();
}

void a_queued_call_against_a_stop_request() {
  std::atomic<int> calls{0};
  mtaio::ThreadPool pool{1};
  mtaio::run(stop_while_it_waits(calls, pool), RuntimeOptions{.threads = 1});
}

TEST_CASE("model: functions in threads") {
  check_both_ways("a call against a stop request", &a_call_against_a_stop_request, 3'000);
  check_both_ways("a queued call against a stop request", &a_queued_call_against_a_stop_request,
                  3'000);
}

}  // namespace
