#include "testing/simulated_scheduler.hpp"

#include <mtaio/coro/thread_context.hpp>
#include <mtaio/lowlevel/contract.hpp>
#include <mtaio/platform/blocking_handler.hpp>

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace mtaio::testing {
namespace {

// At least this many steps are left to tasks that have been asked to stop.
constexpr std::uint64_t kStepsToStop = 100'000;

}  // namespace

class SimulatedScheduler::OneRun final : public lowlevel::MainRun {
 public:
  using MainRun::MainRun;
  bool has_ended = false;
  /// Why the run was given up; empty if it was not.
  std::string given_up;

 private:
  void ended() noexcept override { has_ended = true; }
};

SimulatedScheduler::SimulatedScheduler(const SimulationOptions& options)
    : observer_{options.observer},
      max_steps_{options.max_steps},
      machine_{*this, baton_, options} {}

SimulatedScheduler::~SimulatedScheduler() {
  if (current_) {
    lowlevel::contract_violation(
        name() + " destroyed during its run. A simulation must outlive its run; destroy it later.");
  }
}

std::string SimulatedScheduler::name() const {
  const auto seed = machine_.choices().seed();
  return seed ? "Simulation(seed " + std::to_string(*seed) + ")" : std::string{"Simulation()"};
}

// --- Runs ---

void SimulatedScheduler::check_may_run() const {
  if (internal::this_thread().worker()) {
    throw std::logic_error{
        name() +
        ": run() was called inside a task, whose worker would wait for itself. co_await instead."};
  }
  if (baton_.taken()) throw_running();
}

void SimulatedScheduler::throw_running() const {
  throw std::logic_error{name() +
                         ": run() was called during another run, by a function in it or by another "
                         "thread. Use a simulation for each."};
}

void SimulatedScheduler::run(std::coroutine_handle<> main, internal::PromiseBase& promise) {
  if (!baton_.try_take()) throw_running();
  OneRun run{*this, main, promise};
  current_ = &run;
  step_limit_ = max_steps_ > 0 ? steps() + max_steps_ : ~std::uint64_t{0};
  {
    internal::SavedThreadContext saved;
    saved.leave_worker();
    post(run.first_job());
    baton_.run();
  }
  baton_.put_down();
  current_ = nullptr;
  if (!run.given_up.empty()) throw Stuck{run.given_up};
}

void SimulatedScheduler::restart(std::uint64_t seed) {
  if (current_) throw std::logic_error{name() + ": restart() was called during a run."};
  if (!choices().random()) {
    throw std::logic_error{name() + ": restart() needs a simulation that was made with a seed."};
  }
  if (!machine_.nothing_lags() || timers_armed()) {
    throw std::logic_error{
        name() +
        ": restart() was called while a coroutine that is not a task still waits "
        "to be resumed, or for a timer."};
  }
  machine_.restart(seed);
}

bool SimulatedScheduler::at_end() const noexcept {
  // A thread that is blocked has to leave its stack first.
  return current_ == nullptr || (current_->has_ended && !machine_.has_blocked_threads());
}

void SimulatedScheduler::work() noexcept {
  const lowlevel::ContractNote note{
      [](const void* self) { return static_cast<const SimulatedScheduler*>(self)->name(); }, this};
  internal::BlockingHandler* saved = internal::set_blocking_handler(this);
  while (!at_end()) {
    if (steps() == step_limit_) {
      step_limit_ = steps() + std::max(max_steps_, kStepsToStop);
      give_up("the tasks have not ended", !current_->given_up.empty());
    }
    if (machine_.step()) {
      if (observer_) observer_->after(machine_.last_step());
      continue;
    }
    give_up("every task waits, and nothing is left that could wake one",
            current_->context().scope.stop_requested());
  }
  internal::set_blocking_handler(saved);
}

void SimulatedScheduler::give_up(const char* why, bool asked_before) noexcept {
  const std::chrono::duration<double> time = elapsed();
  const std::string message = name() + ": " + why + ", after " + std::to_string(steps()) +
                              " steps, at " + std::to_string(time.count()) + " s.";
  if (asked_before) {
    lowlevel::contract_violation(
        message + " They have been asked to stop. A task that is asked to stop has to end.");
  }
  current_->given_up = message;
  // Stop callbacks may use the scheduler of the worker they run on.
  machine_.enter_first_worker();
  current_->context().scope.request_stop();
}

// --- Scheduler ---

void SimulatedScheduler::check_thread() const noexcept {
  if (baton_.is_here()) return;
  lowlevel::contract_violation(
      name() +
      ": used by another thread than the one that runs it, or outside a run. That cannot be "
      "repeated; tasks of a simulation are woken by its tasks, and by functions in run_in_thread.");
}

void SimulatedScheduler::post(lowlevel::Job& job) noexcept {
  check_thread();
  machine_.post(job);
}

lowlevel::TimePoint SimulatedScheduler::now() noexcept {
  check_thread();
  return machine_.now();
}

void SimulatedScheduler::arm(lowlevel::Timer& timer, lowlevel::TimePoint deadline) noexcept {
  check_thread();
  machine_.arm(timer, deadline);
}

void SimulatedScheduler::run_blocking(lowlevel::BlockingJob& job, lowlevel::BlockingPool* pool) {
  check_thread();
  machine_.submit(job, pool);
}

bool SimulatedScheduler::withdraw_blocking(lowlevel::BlockingJob& job,
                                           lowlevel::BlockingPool* pool) noexcept {
  check_thread();
  return machine_.withdraw(job, pool);
}

void SimulatedScheduler::notify_one() noexcept { machine_.maybe_steal(); }

void SimulatedScheduler::block(const internal::ThreadEvent& event) noexcept {
  if (event.is_set()) return;
  check_thread();
  machine_.block(event);
}

}  // namespace mtaio::testing
