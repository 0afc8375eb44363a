/// Runs tasks in virtual time, on one thread, repeatably: for tests.
#pragma once

#include <mtaio/awaitable.hpp>
#include <mtaio/exceptions.hpp>
#include <mtaio/lowlevel/main_task.hpp>
#include <mtaio/lowlevel/scheduler.hpp>
#include <mtaio/lowlevel/timer.hpp>
#include <mtaio/lowlevel/worker.hpp>
#include <mtaio/timeout.hpp>

#include <array>
#include <chrono>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <limits>
#include <memory>
#include <optional>
#include <random>
#include <utility>
#include <vector>

namespace mtaio::testing {

struct SimulationOptions {
  /// From which every choice follows: which of the ready tasks goes on, which of two timers that
  /// are due fires first, when a function in a thread starts and returns, whether another worker
  /// steals. Without a seed nothing is left to chance: what is ready first runs first, on one
  /// worker, and time passes only while everything waits.
  std::optional<std::uint64_t> seed = std::nullopt;
  /// For how long, in virtual time, something that could run may be kept waiting: how busy the
  /// simulated machine is. Timeouts that are much longer do not fire for that reason. With a seed
  /// only.
  Timeout max_lag = std::chrono::milliseconds{1};
  /// After how many steps `run()` gives up, in case the tasks never end. 0: never.
  std::uint64_t max_steps = 100'000'000;
};

/// Thrown by `Simulation::run` when the tasks do not come to an end.
class [[gnu::visibility("default")]] Stuck : public Error {
 public:
  using Error::Error;
};

/// Takes the place of a `Runtime` in a test. Tasks, queues, latches and executors are the same as
/// in production; only what is below them, threads and the clock, is simulated. A wait of 30 s
/// takes microseconds, and what fails with a seed fails with it each time, everywhere.
///
///     mtaio::testing::Simulation simulation{{.seed = 7}};
///     CHECK_THROWS_AS(simulation.run(ask_a_server_that_is_silent()), mtaio::TimeoutError);
///     CHECK(simulation.elapsed() >= 30s);
///
/// Functions in threads (`run_in_thread`, `map` of a plain function) are run on the calling thread,
/// whatever pool they were given to, and each from its start to its end before anything else goes
/// on; so they must not wait for what tasks do. All calls come from one thread: a post from another
/// one ends the program with a message.
class [[gnu::visibility("default")]] Simulation final : private lowlevel::Scheduler {
 public:
  /// Throws `std::invalid_argument` for a negative `max_lag`.
  explicit Simulation(SimulationOptions options = {});
  Simulation(const Simulation&) = delete;
  Simulation& operator=(const Simulation&) = delete;
  ~Simulation();

  /// Runs `main` to its end: gives its result, or throws what it threw, as `mtaio::run` does. When
  /// everything waits and nothing is left that could wake it, or after `max_steps`, all tasks are
  /// asked to stop, and then `Stuck` is thrown. Throws `std::logic_error` inside a task.
  template <Awaitable A>
  await_result_t<A> run(A&& main) {
    check_plain_thread();
    return lowlevel::run_main(std::forward<A>(main),
                              [this](std::coroutine_handle<> task, lowlevel::PromiseBase& promise) {
                                run_to_end(task, promise);
                              });
  }

  /// Starts anew at time zero, with another seed; cheaper than another simulation. Throws
  /// `std::logic_error` during a run, or if there was no seed from the beginning.
  void restart(std::uint64_t seed);

  /// A number below `count`, which follows from the seed: for what the test itself leaves to
  /// chance. Without a seed it is 0. Throws `std::invalid_argument` if `count` is 0.
  std::size_t choose(std::size_t count);

  /// The virtual time since the simulation began.
  [[nodiscard]] std::chrono::nanoseconds elapsed() const noexcept { return now_ - TimePoint{}; }
  [[nodiscard]] std::optional<std::uint64_t> seed() const noexcept { return options_.seed; }
  /// How many steps there have been; a step runs one task up to its next wait, fires one timer, or
  /// lets time pass.
  [[nodiscard]] std::uint64_t steps() const noexcept { return steps_; }
  /// A hash of every choice made and every point in time so far: the same wherever a program does
  /// the same.
  [[nodiscard]] std::uint64_t trace() const noexcept { return trace_; }
  /// How many timers are armed: none, after a run.
  [[nodiscard]] bool timers_armed() const noexcept {
    return next_deadline() != lowlevel::TimePoint::max();
  }

 private:
  using TimePoint = lowlevel::TimePoint;

  // Scheduler.
  void post(lowlevel::Job& job) noexcept override;
  [[nodiscard]] TimePoint now() noexcept override;
  void arm(lowlevel::Timer& timer, TimePoint deadline) noexcept override;
  void run_blocking(lowlevel::BlockingJob& job, lowlevel::BlockingPool* pool) override;
  bool withdraw_blocking(lowlevel::BlockingJob& job,
                         lowlevel::BlockingPool* pool) noexcept override;
  void feed() noexcept override;
  void block_worker(const lowlevel::Event& event) noexcept override;

  class OneRun;

  /// What can be done next: `what`, which could have been done since `moment`.
  template <class What>
  struct Ready {
    What* what;
    std::uint64_t moment;
  };
  /// A point in time, and how much of what became ready then still is.
  struct Moment {
    TimePoint time;
    std::size_t ready;
  };
  struct SimulatedWorker {
    explicit SimulatedWorker(Simulation& simulation) : worker{simulation, simulation.idlers_} {}
    lowlevel::Worker worker;
    lowlevel::TimerHeap timers;
  };

  static void check_plain_thread();
  void check_thread() const noexcept;
  void run_to_end(std::coroutine_handle<> main, lowlevel::PromiseBase& promise);
  void give_up(const char* why) noexcept;

  // Choosing.
  [[nodiscard]] bool random() const noexcept { return options_.seed.has_value(); }
  std::size_t draw(std::size_t count) noexcept;
  void record(std::uint64_t what) noexcept;
  lowlevel::Worker& any_worker() noexcept { return workers_[draw(workers_.size())]->worker; }

  // Steps. False when there is nothing to be done.
  void step() noexcept;
  bool step_in_order() noexcept;
  bool step_at_random() noexcept;
  bool let_time_pass() noexcept;
  bool fire_a_timer() noexcept;
  bool run_a_fork() noexcept;
  void run_job(lowlevel::Worker& worker, lowlevel::Job& job) noexcept;
  void run_function(lowlevel::BlockingJob& function) noexcept;

  // What is ready.
  template <class What>
  void add(std::deque<Ready<What>>& to, What& what);
  template <class What>
  What& take(std::deque<Ready<What>>& from, std::size_t index) noexcept;
  [[nodiscard]] TimePoint next_deadline() const noexcept;
  [[nodiscard]] bool may_pass_to(TimePoint time) const noexcept;

  SimulationOptions options_;
  std::uint64_t random_state_ = 0;
  std::uint64_t trace_ = 0;
  std::uint64_t steps_ = 0;
  std::uint64_t last_step_ = 0;
  TimePoint now_{};
  OneRun* current_ = nullptr;
  const void* thread_ = nullptr;  // that of the current run

  lowlevel::Idlers idlers_;
  std::vector<std::unique_ptr<SimulatedWorker>> workers_;
  std::deque<Ready<lowlevel::Job>> jobs_;
  std::deque<Ready<lowlevel::BlockingJob>> functions_;  // that have not started
  std::deque<Ready<lowlevel::BlockingJob>> started_;    // that can no longer be taken back
  std::deque<Moment> moments_;                          // the oldest first
  std::uint64_t first_moment_ = 0;                      // the number of the first in moments_
};

}  // namespace mtaio::testing
