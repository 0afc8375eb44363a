/// The barrier: a round ends with all of its arrivals, or does not end.
#include <mtaio/barrier.hpp>

#include <mtaio/exceptions.hpp>
#include <mtaio/sleep.hpp>
#include <mtaio/task.hpp>
#include <mtaio/task_executor.hpp>

#include "interleave/models/loop_scheduler.hpp"
#include "interleave/models/model.hpp"

namespace {

using namespace models;
using mtaio::Barrier;
using mtaio::CancelledError;
using mtaio::Task;

Task<void> write_and_read(Barrier& barrier, int& mine, const int& other) {
  mine = 1;
  co_await barrier.arrive_and_wait();
  require(other == 1, "what came before the other's arrival is visible");
  co_await barrier.arrive_and_wait();
  mine = 2;
}

void two_rounds() {
  LoopScheduler first;
  LoopScheduler second;
  Barrier barrier{2};
  int a = 0;
  int b = 0;
  in_threads([&] { first.run(write_and_read(barrier, a, b)); },
             [&] { second.run(write_and_read(barrier, b, a)); });
  require(barrier.waiting() == 0, "both rounds have ended");
}

Task<bool> arrive_or_not(Barrier& barrier) {
  try {
    co_await barrier.arrive_and_wait();
    co_return true;
  } catch (const CancelledError&) {
    co_return false;
  }
}

Task<bool> arrive_until_stopped(Barrier& barrier) {
  mtaio::TaskExecutor executor;
  auto arriving = executor.create_task(arrive_or_not(barrier));
  co_await mtaio::sleep(std::chrono::seconds{0});
  std::thread stopper{[&] { arriving.request_stop(); }};
  const bool is_through = co_await arriving;
  stopper.join();
  // In place of the one that was stopped.
  if (!is_through) co_await barrier.arrive_and_wait();
  co_return is_through;
}

/// The round ends with the arrival of the task that is stopped, or without it.
void the_last_arrival_against_a_stop_request() {
  LoopScheduler first;
  LoopScheduler second;
  Barrier barrier{2};
  in_threads([&] { (void)first.run(arrive_until_stopped(barrier)); },
             [&] { require(second.run(arrive_or_not(barrier)), "no one stops it"); });
  require(barrier.waiting() == 0, "no arrival is left over");
}

TEST_CASE("model: Barrier") {
  check_model("two rounds", &two_rounds, all_with(2, 5'000));
  check_model("the same, at random", &two_rounds, random(2'000));
  check_model("the last arrival against a stop request", &the_last_arrival_against_a_stop_request,
              all_with(2, 5'000));
  check_model("the same, at random", &the_last_arrival_against_a_stop_request, random(3'000));
}

}  // namespace
