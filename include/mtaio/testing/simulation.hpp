/// Runs tasks in virtual time and repeatably, for tests.
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

/// The kinds of steps of a simulation.
enum class Step : std::uint8_t {
  kTask,      // a task ran up to its next wait
  kFunction,  // a function in a thread started, or ran
  kTimers,    // the expired timers of one worker fired
  kTime,      // time passed, although something could have run
  kRest,      // nothing could run: time passed up to the next timer
};

/// Called after each step of a simulation, for tests that compare the simulation with a model. See
/// `SimulationOptions::observer`.
class StepObserver {
 public:
  StepObserver(const StepObserver&) = delete;
  StepObserver& operator=(const StepObserver&) = delete;

  /// A step has ended. `Simulation::elapsed()` is the time of the step; after `kTime` and `kRest`,
  /// the new time. Called outside of tasks, on the thread of the simulation. If a destructor waits
  /// inside a step, the steps made meanwhile end first.
  virtual void after(Step step) noexcept = 0;

 protected:
  StepObserver() = default;
  ~StepObserver() = default;
};

struct SimulationOptions {
  /// Determines every choice: which of the ready tasks runs next, which of two expired timers fires
  /// first, when a function in a thread starts and returns, whether another worker steals, and
  /// whether time passes. Without a seed nothing is random: tasks run in the order in which they
  /// became ready, on one worker, and time passes only while everything waits.
  std::optional<std::uint64_t> seed = std::nullopt;
  /// How busy the simulated machine is: how long, in virtual time, a ready task or function may
  /// have to wait. In a chain of steps, each caused by the one before, this delays each step by at
  /// most that time, and on average by an eighth of it. Has no effect without a seed.
  Timeout max_lag = std::chrono::milliseconds{1};
  /// The number of steps after which `run()` gives up, in case the tasks never end. 0: no limit.
  std::uint64_t max_steps = 10'000'000;
  /// Called after each step; must outlive the simulation. Null: none.
  StepObserver* observer = nullptr;
};

/// Thrown by `Simulation::run` if the tasks do not end.
class [[gnu::visibility("default")]] Stuck : public Error {
 public:
  using Error::Error;
};

/// Replaces a `Runtime` in a test. Tasks, queues, latches and executors are the same as in
/// production; only the threads and the clock below them are simulated. A wait of 30 s takes
/// microseconds, and a test that fails with a seed fails with it every time, on every machine.
///
/// From docs/testing.md:
///
///     mtaio::testing::Simulation simulation;
///     try {
///       simulation.run(ask_a_silent_server());
///     } catch (const mtaio::TimeoutError&) {
///       std::cout << (simulation.elapsed() == 30s ? "timed out after 30 s\n" : "not on time\n");
///     }
///
/// Functions in threads (`run_in_thread`, `map` of a plain function) run one at a time, each from
/// its start to its end, while nothing else runs; so they must not wait for anything that tasks do.
/// Each pool starts them in order, and never more of them concurrently than it has threads.
///
/// A simulation belongs to the thread that calls `run()`. It uses other threads only while a
/// destructor waits and other tasks have to run; never more than one thread runs at a time. If a
/// thread outside the simulation uses one of its tasks (a `put`, a stop request), that ends the
/// program with a message, because it could not be repeated.
class [[gnu::visibility("default")]] Simulation {
 public:
  /// Throws `std::invalid_argument` for a negative `max_lag`.
  explicit Simulation(SimulationOptions options = {});
  Simulation(const Simulation&) = delete;
  Simulation& operator=(const Simulation&) = delete;
  /// Must not be called during a run.
  ~Simulation();

  /// Runs `main` to its end. Returns its result, or throws what it threw, as `mtaio::run` does.
  ///
  /// If everything waits and nothing is left that could wake a task, or after `max_steps`, all
  /// tasks are asked to stop, and then `Stuck` is thrown. If they do not end even then, the program
  /// ends with a message. Throws `std::logic_error` inside a task, and during another run of the
  /// same simulation.
  template <Awaitable A>
  await_result_t<A> run(A&& main) {
    check_may_run();
    return lowlevel::run_main(std::forward<A>(main),
                              [this](std::coroutine_handle<> task, internal::PromiseBase& promise) {
                                run_to_end(task, promise);
                              });
  }

  /// Starts again at time zero, with another seed; cheaper than a new simulation. Throws
  /// `std::logic_error` during a run, if the simulation was made without a seed, or if a coroutine
  /// that is not a task still waits to be resumed, or for a timer.
  void restart(std::uint64_t seed);

  /// A random number below `count`, determined by the seed: for random choices of the test itself.
  /// Without a seed it is 0. Throws `std::invalid_argument` if `count` is 0.
  std::size_t choose(std::size_t count);

  /// The virtual time since the simulation began.
  [[nodiscard]] std::chrono::nanoseconds elapsed() const noexcept;
  [[nodiscard]] std::optional<std::uint64_t> seed() const noexcept;
  /// The number of steps so far. In a step, one task runs until it waits, a timer fires, a function
  /// starts or runs, or time passes.
  [[nodiscard]] std::uint64_t steps() const noexcept;
  /// A hash of every choice and every point in time so far. Two runs that do the same have the same
  /// hash.
  [[nodiscard]] std::uint64_t trace() const noexcept;
  /// Whether a timer is armed; always false after a run.
  [[nodiscard]] bool timers_armed() const noexcept;

 private:
  void check_may_run() const;
  void run_to_end(std::coroutine_handle<> main, internal::PromiseBase& promise);

  std::unique_ptr<SimulatedScheduler> scheduler_;
};

}  // namespace mtaio::testing
