/// A scheduler without threads and without a clock.
#pragma once

#include <mtaio/coro/thread_context.hpp>
#include <mtaio/lowlevel/intrusive_list.hpp>
#include <mtaio/lowlevel/main_run.hpp>
#include <mtaio/lowlevel/scheduler.hpp>
#include <mtaio/lowlevel/timer.hpp>
#include <mtaio/platform/blocking_handler.hpp>
#include <mtaio/platform/thread_event.hpp>
#include <mtaio/testing/simulation.hpp>

#include "testing/choices.hpp"
#include "testing/lag.hpp"
#include "testing/ready_jobs.hpp"
#include "testing/simulated_pools.hpp"
#include "testing/turns.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace mtaio::testing {

/// What is behind a `Simulation`. It makes steps, one after the other; what can be done in the next
/// is one of these:
///
///   - a job that was posted,
///   - a gather with children left to start, in the deque of a worker; its owner goes on with it,
///     or the other one steals it,
///   - a function of a thread pool: starts, or runs,
///   - a timer that is due,
///   - a destructor that has waited for what has happened now.
///
/// What it chooses follows from the seed, and from nothing else. What was stolen the moment it was
/// pushed counts as posted: notify_one().
class SimulatedScheduler final : public lowlevel::Scheduler,
                                 public internal::BlockingHandler,
                                 private TurnWork {
 public:
  explicit SimulatedScheduler(const SimulationOptions& options);
  SimulatedScheduler(const SimulatedScheduler&) = delete;
  SimulatedScheduler& operator=(const SimulatedScheduler&) = delete;
  ~SimulatedScheduler();

  void check_may_run() const;
  void run(std::coroutine_handle<> main, internal::PromiseBase& promise);
  void restart(std::uint64_t seed);

  [[nodiscard]] Choices& choices() noexcept { return choices_; }
  [[nodiscard]] std::chrono::nanoseconds elapsed() const noexcept {
    return now_ - lowlevel::TimePoint{};
  }
  [[nodiscard]] std::uint64_t steps() const noexcept { return steps_; }
  [[nodiscard]] bool timers_armed() const noexcept {
    return next_deadline() != lowlevel::TimePoint::max();
  }

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
  using TimePoint = lowlevel::TimePoint;
  class OneRun;
  struct Seat {
    explicit Seat(SimulatedScheduler& of) noexcept : worker{of, of.idle_counts_} {}
    internal::LocalQueues worker;
    lowlevel::TimerHeap timers;
    bool firing = false;  // a timer of it fires, and does not block

    [[nodiscard]] TimePoint next_deadline() const noexcept {
      return firing ? TimePoint::max() : timers.next_deadline();
    }
  };
  /// A call of block(), on the stack of the thread that blocks.
  struct Blocked : lowlevel::ListNode<Blocked> {
    Blocked(const internal::ThreadEvent& what, Turns::Thread& who) noexcept
        : event{what}, thread{who} {}
    const internal::ThreadEvent& event;
    Turns::Thread& thread;
    Lag::Generation generation = 0;  // once the event is set
  };

  [[nodiscard]] std::string name() const;
  [[noreturn]] void throw_running() const;
  void check_thread() const noexcept;
  void work() noexcept override;
  [[nodiscard]] bool at_end() const noexcept;
  /// Asks the tasks to stop; if they have been asked before, ends the program.
  void give_up(const char* why, bool for_good) noexcept;

  // Steps: steps.cpp. False when there is nothing to be done.
  bool step_in_order() noexcept;
  bool step_at_random() noexcept;
  bool let_time_pass() noexcept;
  bool let_time_pass_at_random() noexcept;
  void pass_time_until(TimePoint time) noexcept;
  void run_job(Seat& seat, lowlevel::Job& job) noexcept;
  void run_posted(std::size_t index) noexcept;
  void run_fan_out() noexcept;
  void run_function(std::size_t index) noexcept;
  void fire_timer() noexcept;
  void fire(Seat& seat) noexcept;
  void find_unblocked() noexcept;
  void unblock(std::size_t index) noexcept;

  [[nodiscard]] TimePoint next_deadline() const noexcept;
  std::span<Seat> seats() noexcept {
    return {seats_.data(), choices_.random() ? seats_.size() : 1};
  }
  Seat& any_seat() noexcept { return seats()[choices_.among(seats().size())]; }

  StepObserver* const observer_;
  const Timeout max_lag_;
  const std::uint64_t max_steps_;
  Choices choices_;
  std::uint64_t steps_ = 0;
  std::uint64_t last_step_ = 0;
  Step what_ = Step::kTask;  // the step that is being taken, or the last one
  TimePoint now_{};
  OneRun* current_ = nullptr;
  std::atomic<const void*> thread_{nullptr};  // whose turn it is; null when there is no run

  internal::IdleCounts idle_counts_;
  std::array<Seat, 2> seats_{Seat{*this}, Seat{*this}};  // without a seed only the first
  Lag lag_;                                              // of what follows
  ReadyJobs jobs_;
  SimulatedPools pools_{lag_};
  lowlevel::IntrusiveList<Blocked> blocked_;
  lowlevel::IntrusiveList<Blocked> unblocked_;  // their events are set
  std::size_t unblocked_count_ = 0;
  Turns turns_{*this};
};

}  // namespace mtaio::testing
