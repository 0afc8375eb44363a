/// Runs tasks in virtual time, repeatably: for tests.
#pragma once

#include <mtaio/awaitable.hpp>
#include <mtaio/exceptions.hpp>
#include <mtaio/lowlevel/main_run.hpp>
#include <mtaio/timeout.hpp>

#include <chrono>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

namespace mtaio::testing {

class SimulatedScheduler;  // NOLINT(*-virtual-class-destructor)

/// What a step of a simulation was.
enum class Step : std::uint8_t {
  kTask,      // a task ran up to its next wait
  kFunction,  // a function in a thread started, or ran
  kTimers,    // timers that were due fired, on one worker
  kTime,      // time passed, although something could have run
  kRest,      // nothing could run: time passed to the next timer
};

/// Looks on after each step of a simulation, for tests that compare it with a model of what should
/// have happened. See `SimulationOptions::observer`.
class StepObserver {
 public:
  StepObserver(const StepObserver&) = delete;
  StepObserver& operator=(const StepObserver&) = delete;

  /// A step is over; `Simulation::elapsed()` is its time, or the one that `kTime` and `kRest` have
  /// brought. Called outside of tasks, on the simulation's thread. A destructor that waits inside a
  /// step has steps of its own, which end first.
  virtual void after(Step step) noexcept = 0;

 protected:
  StepObserver() = default;
  ~StepObserver() = default;
};

struct SimulationOptions {
  /// From which every choice follows: which of the ready tasks goes on, which of two timers that
  /// are due fires first, when a function in a thread starts and returns, whether another worker
  /// steals, whether time passes meanwhile. Without a seed nothing is left to chance: what is ready
  /// first runs first, on one worker, and time passes only while everything waits.
  std::optional<std::uint64_t> seed = std::nullopt;
  /// How busy the simulated machine is: for how long, in virtual time, something that is ready may
  /// be kept waiting. A program takes longer by at most that for each step in a chain of steps that
  /// follow from one another; on average by no more than an eighth of it. With a seed only.
  Timeout max_lag = std::chrono::milliseconds{1};
  /// After how many steps `run()` gives up, in case the tasks never end. 0: never.
  std::uint64_t max_steps = 10'000'000;
  /// Told of each step; outlives the simulation. Null: nobody.
  StepObserver* observer = nullptr;
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
/// Functions in threads (`run_in_thread`, `map` of a plain function) are run one at a time, each
/// from its start to its end before anything else goes on; so they must not wait for what tasks do.
/// Each pool starts them in their order, and no more at once than it has threads.
///
/// A simulation belongs to the thread that calls `run()`. It has no others, except that while a
/// destructor waits, something else has to go on; there is never more than one at work. What
/// another thread does to a task of the simulation (a `put`, a stop request) ends the program with
/// a message, because it could not be repeated.
class [[gnu::visibility("default")]] Simulation {
 public:
  /// Throws `std::invalid_argument` for a negative `max_lag`.
  explicit Simulation(SimulationOptions options = {});
  Simulation(const Simulation&) = delete;
  Simulation& operator=(const Simulation&) = delete;
  /// Not during a run.
  ~Simulation();

  /// Runs `main` to its end: gives its result, or throws what it threw, as `mtaio::run` does. When
  /// everything waits and nothing is left that could wake it, or after `max_steps`, all tasks are
  /// asked to stop, and then `Stuck` is thrown. If they do not end even then, the program is ended
  /// with a message. Throws `std::logic_error` inside a task, and during another run of the same
  /// simulation.
  template <Awaitable A>
  await_result_t<A> run(A&& main) {
    check_may_run();
    return lowlevel::run_main(std::forward<A>(main),
                              [this](std::coroutine_handle<> task, internal::PromiseBase& promise) {
                                run_to_end(task, promise);
                              });
  }

  /// Starts anew at time zero, with another seed; cheaper than another simulation. Throws
  /// `std::logic_error` during a run, if there was no seed from the beginning, or if something that
  /// is no task still waits for its turn or a timer.
  void restart(std::uint64_t seed);

  /// A number below `count`, which follows from the seed: for what the test itself leaves to
  /// chance. Without a seed it is 0. Throws `std::invalid_argument` if `count` is 0.
  std::size_t choose(std::size_t count);

  /// The virtual time since the simulation began.
  [[nodiscard]] std::chrono::nanoseconds elapsed() const noexcept;
  [[nodiscard]] std::optional<std::uint64_t> seed() const noexcept;
  /// How many steps there have been. In a step one task goes on until it waits, a timer fires, a
  /// function starts or runs, or time passes.
  [[nodiscard]] std::uint64_t steps() const noexcept;
  /// A hash of every choice made and every point in time so far: the same wherever a program does
  /// the same.
  [[nodiscard]] std::uint64_t trace() const noexcept;
  /// Whether a timer is armed. None is after a run.
  [[nodiscard]] bool timers_armed() const noexcept;

 private:
  void check_may_run() const;
  void run_to_end(std::coroutine_handle<> main, internal::PromiseBase& promise);

  std::unique_ptr<SimulatedScheduler> scheduler_;
};

}  // namespace mtaio::testing
