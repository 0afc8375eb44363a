/// The latch: the last step lets all waiters through, and they may destroy it.
#include <mtaio/latch.hpp>

#include <mtaio/task.hpp>

#include "interleave/models/loop_scheduler.hpp"
#include "interleave/models/model.hpp"

#include <memory>

namespace {

using namespace models;
using mtaio::Latch;
using mtaio::Task;

Task<void> wait_and_destroy(std::unique_ptr<Latch>& latch) {
  co_await latch->wait();
  latch.reset();
}

void the_waiter_destroys_it() {
  LoopScheduler scheduler;
  auto latch = std::make_unique<Latch>(1);
  in_threads([&] { scheduler.run(wait_and_destroy(latch)); },
             [opens = latch.get()] { opens->count_down(); });
}

Task<int> wait_and_read(Latch& latch, const int& data) {
  co_await latch.wait();
  co_return data;
}

void two_steps_and_two_waiters() {
  LoopScheduler first;
  LoopScheduler second;
  Latch latch{2};
  std::array<int, 2> data{};
  const auto waiter = [&](LoopScheduler& scheduler, int& counted) {
    return [&] {
      require(scheduler.run(wait_and_read(latch, counted)) == 1,
              "what came before the last step is visible");
    };
  };
  in_threads(
      waiter(first, data[0]), waiter(second, data[1]),
      [&] {
        data[0] = 1;
        latch.count_down();
      },
      [&] {
        data[1] = 1;
        latch.count_down();
      });
}

TEST_CASE("model: Latch") {
  check_model("the waiter destroys the latch", &the_waiter_destroys_it, all(5'000));
  check_model("two steps and two waiters", &two_steps_and_two_waiters, random(3'000));
}

}  // namespace
