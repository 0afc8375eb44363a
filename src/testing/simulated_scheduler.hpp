/// A scheduler without threads and without a clock.
#pragma once

#include <mtaio/lowlevel/main_run.hpp>
#include <mtaio/lowlevel/scheduler.hpp>
#include <mtaio/lowlevel/timer.hpp>
#include <mtaio/platform/blocking_handler.hpp>
#include <mtaio/platform/thread_event.hpp>
#include <mtaio/testing/simulation.hpp>

#include "testing/baton.hpp"
#include "testing/choices.hpp"
#include "testing/simulated_machine.hpp"

#include <chrono>
#include <coroutine>
#include <cstdint>
#include <string>

namespace mtaio::testing {

/// The implementation of `Simulation`: the runs, and the interface of the simulated machine to
/// tasks. The thread that has the baton is the only one that may use it.
class SimulatedScheduler final : public lowlevel::Scheduler,
                                 public internal::BlockingHandler,
                                 private BatonWork {
 public:
  explicit SimulatedScheduler(const SimulationOptions& options);
  SimulatedScheduler(const SimulatedScheduler&) = delete;
  SimulatedScheduler& operator=(const SimulatedScheduler&) = delete;
  ~SimulatedScheduler();

  void check_may_run() const;
  void run(std::coroutine_handle<> main, internal::PromiseBase& promise);
  void restart(std::uint64_t seed);

  [[nodiscard]] Choices& choices() noexcept { return machine_.choices(); }
  [[nodiscard]] std::chrono::nanoseconds elapsed() const noexcept {
    return machine_.now() - lowlevel::TimePoint{};
  }
  [[nodiscard]] std::uint64_t steps() const noexcept { return machine_.steps(); }
  [[nodiscard]] bool timers_armed() const noexcept { return machine_.timers_armed(); }

  // Scheduler.
  void post(lowlevel::Job& job) noexcept override;
  [[nodiscard]] lowlevel::TimePoint now() noexcept override;
  void arm(lowlevel::Timer& timer, lowlevel::TimePoint deadline) noexcept override;
  void run_blocking(lowlevel::BlockingJob& job, lowlevel::BlockingPool* pool) override;
  bool withdraw_blocking(lowlevel::BlockingJob& job,
                         lowlevel::BlockingPool* pool) noexcept override;
  void notify_one() noexcept override;
  [[nodiscard]] bool is_simulation() const noexcept override { return true; }
  void block(const internal::ThreadEvent& event) noexcept override;

 private:
  class OneRun;

  [[nodiscard]] std::string name() const;
  [[noreturn]] void throw_running() const;
  void check_thread() const noexcept;
  void work() noexcept override;
  [[nodiscard]] bool at_end() const noexcept;
  /// Asks the tasks to stop. If they were asked before, ends the program instead.
  void give_up(const char* why, bool asked_before) noexcept;

  StepObserver* const observer_;
  const std::uint64_t max_steps_;
  // The number of the step at which the run is given up.
  std::uint64_t step_limit_ = 0;
  // Null outside a run.
  OneRun* current_ = nullptr;
  // Keeps a reference to the baton, and uses it during a run.
  SimulatedMachine machine_;
  // Destroyed first: its threads end in work(), which uses the other members.
  Baton baton_{*this};
};

}  // namespace mtaio::testing
