#include "testing/simulated_scheduler.hpp"

#include <mtaio/lowlevel/contract.hpp>
#include <mtaio/platform/blocking_handler.hpp>
#include <mtaio/platform/thread_id.hpp>

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace mtaio::testing {
namespace {

// How many functions the pool of a runtime has under way at most.
constexpr std::size_t kBlockingThreads = 64;
// A thief is faster than the owner once in so many pushes.
constexpr std::size_t kSteals = 4;
// So many steps at least has a run in which the tasks were asked to stop.
constexpr std::uint64_t kStepsToStop = 100'000;

}  // namespace

class SimulatedScheduler::OneRun final : public lowlevel::MainRun {
 public:
  using MainRun::MainRun;
  bool has_ended = false;
  std::string given_up;  // why

 private:
  void ended() noexcept override { has_ended = true; }
};

SimulatedScheduler::SimulatedScheduler(const SimulationOptions& options)
    : observer_{options.observer},
      max_lag_{options.max_lag},
      max_steps_{options.max_steps},
      choices_{options.seed} {
  if (max_lag_.nanoseconds() < std::chrono::nanoseconds::zero()) {
    throw std::invalid_argument{"Simulation: max_lag cannot be negative."};
  }
  if (choices_.random())
    idle_counts_.change(1, 0);  // so that workers ask to be stolen from: notify_one()
}

SimulatedScheduler::~SimulatedScheduler() {
  if (current_) {
    lowlevel::contract_violation(
        name() + " destroyed during its run. A simulation outlives its tasks; destroy it after.");
  }
}

std::string SimulatedScheduler::name() const {
  const auto seed = choices_.seed();
  return seed ? "Simulation(seed " + std::to_string(*seed) + ")" : std::string{"Simulation()"};
}

// --- Running ---

void SimulatedScheduler::check_may_run() const {
  if (internal::this_thread().worker) {
    throw std::logic_error{
        name() +
        ": run() was called inside a task, whose worker would wait for itself. co_await instead."};
  }
  if (thread_.load(std::memory_order_relaxed)) throw_running();
}

void SimulatedScheduler::throw_running() const {
  throw std::logic_error{name() +
                         ": run() was called during another run, by a function in it or by another "
                         "thread. Use a simulation for each."};
}

void SimulatedScheduler::run(std::coroutine_handle<> main, internal::PromiseBase& promise) {
  const void* nobody = nullptr;
  if (!thread_.compare_exchange_strong(nobody, internal::this_thread_id(),
                                       std::memory_order_relaxed)) {
    throw_running();
  }
  OneRun run{*this, main, promise};
  current_ = &run;
  last_step_ = max_steps_ > 0 ? steps_ + max_steps_ : ~std::uint64_t{0};
  internal::ThreadContext& thread = internal::this_thread();
  const internal::ThreadContext before = std::exchange(thread, internal::ThreadContext{});
  post(run.first_job());
  turns_.run();
  thread = before;
  thread_.store(nullptr, std::memory_order_relaxed);
  current_ = nullptr;
  if (!run.given_up.empty()) throw Stuck{run.given_up};
}

void SimulatedScheduler::restart(std::uint64_t seed) {
  if (current_) throw std::logic_error{name() + ": restart() was called during a run."};
  if (!choices_.random()) {
    throw std::logic_error{name() + ": restart() needs a simulation that was made with a seed."};
  }
  if (!lag_.empty() || timers_armed()) {
    throw std::logic_error{name() +
                           ": restart() was called while something that is no task still waits "
                           "for its turn or a timer."};
  }
  choices_.restart(seed);
  steps_ = 0;
  now_ = TimePoint{};
}

bool SimulatedScheduler::at_end() const noexcept {
  // What blocks has to leave its stack first.
  return current_ == nullptr || (current_->has_ended && blocked_.empty() && unblocked_.empty());
}

void SimulatedScheduler::work() noexcept {
  const lowlevel::ContractNote note{
      [](const void* self) { return static_cast<const SimulatedScheduler*>(self)->name(); }, this};
  thread_.store(internal::this_thread_id(), std::memory_order_relaxed);
  internal::BlockingHandler* before = internal::set_blocking_handler(this);
  while (!at_end()) {
    if (steps_ == last_step_) {
      last_step_ = steps_ + std::max(max_steps_, kStepsToStop);
      give_up("the tasks have not come to an end", !current_->given_up.empty());
    }
    ++steps_;
    if (!blocked_.empty()) find_unblocked();
    if (choices_.random() ? step_at_random() : step_in_order()) {
      if (observer_) observer_->after(what_);
      continue;
    }
    give_up("every task waits, and nothing is left that could wake one",
            current_->context().scope.stop_requested());
  }
  internal::set_blocking_handler(before);
}

void SimulatedScheduler::give_up(const char* why, bool for_good) noexcept {
  const std::chrono::duration<double> time = elapsed();
  const std::string message = name() + ": " + why + ", after " + std::to_string(steps_) +
                              " steps, at " + std::to_string(time.count()) + " s.";
  if (for_good) {
    lowlevel::contract_violation(message +
                                 " They have been asked to stop. A task that is asked "
                                 "to stop has to come to an end.");
  }
  current_->given_up = message;
  internal::this_thread().set_worker(seats_.front().worker, true);  // for what stop callbacks do
  current_->context().scope.request_stop();
}

// --- Scheduler ---

void SimulatedScheduler::check_thread() const noexcept {
  if (thread_.load(std::memory_order_relaxed) == internal::this_thread_id()) return;
  lowlevel::contract_violation(
      name() +
      ": used by another thread than the one that runs it, or outside a run. That cannot be "
      "repeated; tasks of a simulation are woken by its tasks, and by functions in run_in_thread.");
}

void SimulatedScheduler::post(lowlevel::Job& job) noexcept {
  check_thread();
  jobs_.add({&job, lag_.begin(now_)});
}

lowlevel::TimePoint SimulatedScheduler::now() noexcept {
  check_thread();
  return now_;
}

void SimulatedScheduler::arm(lowlevel::Timer& timer, TimePoint deadline) noexcept {
  check_thread();
  any_seat().timers.arm(timer, deadline);
}

void SimulatedScheduler::run_blocking(lowlevel::BlockingJob& job, lowlevel::BlockingPool* pool) {
  check_thread();
  // Without a seed there is one line for all.
  if (!choices_.random()) pool = nullptr;
  pools_.submit(job, pool, pool ? pool->max_workers() : kBlockingThreads, now_);
}

bool SimulatedScheduler::withdraw_blocking(lowlevel::BlockingJob& job,
                                           lowlevel::BlockingPool* pool) noexcept {
  check_thread();
  return pools_.withdraw(job, choices_.random() ? pool : nullptr);
}

/// A worker has pushed something to steal.
void SimulatedScheduler::notify_one() noexcept {
  if (choices_.among(kSteals) != 0) return;
  internal::LocalQueues* worker = internal::this_thread().worker;
  if (lowlevel::Job* fan_out = worker->fan_outs.steal()) post(*fan_out);
}

void SimulatedScheduler::block(const internal::ThreadEvent& event) noexcept {
  if (event.is_set()) return;
  check_thread();
  for (Seat& seat : seats_) {
    seat.timers.let_others_fire();
    seat.firing = false;
  }
  Blocked blocked{event, turns_.current()};
  blocked_.push_back(blocked);
  turns_.block();
  thread_.store(internal::this_thread_id(), std::memory_order_relaxed);
}

}  // namespace mtaio::testing
