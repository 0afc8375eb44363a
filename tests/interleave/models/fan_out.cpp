/// The word of a fan-out, and gather and map themselves: each child is started once, the limit
/// holds, and the parent goes on after all that the children did.
#include <mtaio/core.hpp>
#include <mtaio/fan_out/failures.hpp>
#include <mtaio/fan_out/state.hpp>
#include <mtaio/lowlevel/stop_scope.hpp>

#include "interleave/models/model.hpp"

#include <exception>
#include <stdexcept>
#include <utility>
#include <vector>

namespace {

using namespace models;
using mtaio::RuntimeOptions;
using mtaio::Task;
using mtaio::TaskExecutor;
using mtaio::internal::FanOutState;

/// A fan-out whose children run in threads, and take over the token from each other.
template <int kCount>
class Children {
 public:
  using Limit = std::size_t;

  explicit Children(Limit limit) : limit_{limit} {}

  /// What the parent does: it holds the token first.
  void start() {
    start_next();
    for (std::thread& each : threads_)
      if (each.joinable()) each.join();
    require(resumed_, "the parent is resumed");
  }

 private:
  /// The caller holds the token; the child that it starts is counted.
  void start_next() {
    const int child = started_++;
    if (started_ == kCount) {
      state_.close();
      run(child);
      return;
    }
    threads_[static_cast<std::size_t>(child)] = std::thread{[this, child] { run(child); }};
    if (state_.park(limit_)) return;
    state_.add_child();
    start_next();
  }

  void run(int child) {
    require(running_.fetch_add(1, std::memory_order_relaxed) < static_cast<int>(limit_),
            "the limit holds");
    results_[static_cast<std::size_t>(child)] = 1;
    running_.fetch_sub(1, std::memory_order_relaxed);
    switch (state_.unpark_or_leave()) {
      case FanOutState::Leaving::kTakeToken:
        start_next();
        return;
      case FanOutState::Leaving::kResumeParent:
        for (const int each : results_) require(each == 1, "the parent sees what they did");
        require(!std::exchange(resumed_, true), "it is resumed once");
        return;
      case FanOutState::Leaving::kNothing:
        return;
    }
  }

  const Limit limit_;
  FanOutState state_;
  // The holder of the token's.
  int started_ = 0;
  std::array<std::thread, kCount> threads_;
  std::array<int, kCount> results_{};
  std::atomic<int> running_{0};
  bool resumed_ = false;
};

template <int kCount, std::size_t kLimit>
void children_in_threads() {
  Children<kCount> children{kLimit};
  children.start();
}

/// A child that has ended is counted out by the holder of the token, or the last one by itself.
void a_child_that_is_not_made() {
  FanOutState state;
  int result = 0;
  bool resumed = false;
  state.add_child();
  const auto resume_if = [&](FanOutState::Leaving leaving) {
    if (leaving != FanOutState::Leaving::kResumeParent) return;
    require(result == 1, "the parent sees what the child did");
    resumed = true;
  };
  in_threads(
      [&] {
        result = 1;
        resume_if(state.unpark_or_leave());
      },
      [&] { resume_if(state.close_without_child()); });
  require(resumed, "one of the two was the last");
}

void the_last_child_looks_first() {
  FanOutState state;
  int result = 0;
  bool resumed = false;
  state.add_child();
  in_threads(
      [&] {
        result = 1;
        state.remove_child();
      },
      [&] {
        state.close();
        if (!state.is_last_child()) return;
        require(result == 1, "end/resume");
        resumed = true;
      });
  require(resumed || state.is_last_child(), "one child is left");
}

/// A thread that may not start a child any more sees what the child that failed has done.
void halted_with_what_came_before() {
  mtaio::lowlevel::StopScope scope{nullptr};
  mtaio::internal::FanOutFailures failures{false};
  int data = 0;
  in_threads(
      [&] {
        data = 1;
        failures.record(0, std::make_exception_ptr(std::runtime_error{"it fails"}), scope, nullptr);
      },
      [&] {
        if (failures.check_halted(scope)) require(data == 1, "set/look");
      });
  require(failures.check_halted(scope), "no further child starts");
}

Task<int> one() { co_return 1; }
Task<int> after_a_pause() {
  co_await mtaio::sleep(std::chrono::seconds{0});
  co_return 1;
}
Task<int> failing() {
  throw std::runtime_error{"it fails"};
  co_return 0;
}

Task<int> sum_with_limit() {
  TaskExecutor executor;
  std::vector<Task<int>> tasks;
  for (int i = 0; i < 3; ++i) tasks.push_back(after_a_pause());
  int sum = 0;
  for (const int each : co_await executor.gather(std::move(tasks), {.limit = 2})) sum += each;
  co_return sum;
}

void gather_with_a_limit() {
  require(mtaio::run(sum_with_limit(), RuntimeOptions{.threads = 2}) == 3, "all have run");
}

Task<bool> two_fail() {
  TaskExecutor executor;
  try {
    co_await executor.gather(failing(), failing(), one());
  } catch (const mtaio::ExecutionError&) {
    co_return true;
  }
  co_return false;
}

void gather_of_children_that_fail() {
  require(mtaio::run(two_fail(), RuntimeOptions{.threads = 2}), "the failures are reported");
}

Task<bool> runs_out_of_time() {
  TaskExecutor executor;
  try {
    co_await executor.run(mtaio::sleep(std::chrono::milliseconds{2}),
                          {.timeout = std::chrono::milliseconds{1}});
  } catch (const mtaio::TimeoutError&) {
    co_return true;
  }
  co_return false;
}

void run_with_a_timeout() {
  require(mtaio::run(runs_out_of_time(), RuntimeOptions{.threads = 2}), "the time is over");
}

TEST_CASE("model: FanOutState") {
  check_model("three children", &children_in_threads<3, 9>, all(20'000));
  check_model("three children, two at a time", &children_in_threads<3, 2>, all(20'000));
  check_both_ways("six children, three at a time", &children_in_threads<6, 3>, 20'000);
  check_model("a child that is not made", &a_child_that_is_not_made, all(20'000));
  check_model("halted with what came before", &halted_with_what_came_before, all(20'000));
  check_model("the last child looks first", &the_last_child_looks_first, all(20'000));
}

TEST_CASE("model: gather and run") {
  check_both_ways("gather with a limit", &gather_with_a_limit, 2'000);
  check_both_ways("gather of children that fail", &gather_of_children_that_fail, 2'000);
  check_both_ways("run with a timeout", &run_with_a_timeout, 2'000);
}

}  // namespace
