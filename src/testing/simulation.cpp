#include <mtaio/testing/simulation.hpp>

#include <mtaio/lowlevel/contract.hpp>
#include <mtaio/lowlevel/thread_mark.hpp>

#include <algorithm>
#include <stdexcept>
#include <string>

namespace mtaio::testing {
namespace {

// How many workers there are to choose from, with a seed.
constexpr std::size_t kWorkers = 2;
// Time passes, although something is ready, once in so many steps.
constexpr std::size_t kTimePasses = 8;
// A thief is faster than the owner once in so many pushes.
constexpr std::size_t kSteals = 4;

std::string name_of(std::optional<std::uint64_t> seed) {
  return seed ? "Simulation(seed " + std::to_string(*seed) + ")" : std::string{"Simulation()"};
}

}  // namespace

class Simulation::OneRun final : public lowlevel::MainRun {
 public:
  using MainRun::MainRun;
  bool has_ended = false;
  const char* given_up = nullptr;  // why

 private:
  void ended() noexcept override { has_ended = true; }
};

Simulation::Simulation(SimulationOptions options) : options_{options} {
  if (options_.max_lag.nanoseconds() < std::chrono::nanoseconds::zero()) {
    throw std::invalid_argument{"Simulation: max_lag cannot be negative."};
  }
  for (std::size_t i = 0; i < (random() ? kWorkers : 1); ++i) {
    workers_.push_back(std::make_unique<SimulatedWorker>(*this));
  }
  if (random()) idlers_.change(1, 0);  // so that workers ask to be stolen from: feed()
  random_state_ = options_.seed.value_or(0);
}

Simulation::~Simulation() = default;

void Simulation::restart(std::uint64_t seed) {
  if (current_) throw std::logic_error{"Simulation::restart(): called inside a run."};
  if (!random()) throw std::logic_error{"Simulation::restart(): it was made without a seed."};
  options_.seed = seed;
  random_state_ = seed;
  trace_ = 0;
  steps_ = 0;
  now_ = TimePoint{};
}

// --- Running ---

void Simulation::check_plain_thread() {
  if (lowlevel::this_thread().worker) {
    throw std::logic_error{
        "Simulation::run(): called inside a task, whose worker would wait for itself. co_await "
        "instead."};
  }
}

void Simulation::run_to_end(std::coroutine_handle<> main, lowlevel::PromiseBase& promise) {
  const lowlevel::ContractNote note{
      [](const void* simulation) {
        return name_of(static_cast<const Simulation*>(simulation)->seed());
      },
      this};
  OneRun run{*this, main, promise};
  current_ = &run;
  thread_ = lowlevel::this_thread_mark();
  last_step_ = options_.max_steps > 0 ? steps_ + options_.max_steps : ~std::uint64_t{0};
  lowlevel::ThreadState& thread = lowlevel::this_thread();
  const lowlevel::ThreadState outer = std::exchange(thread, lowlevel::ThreadState{});
  thread.outer = &outer;
  post(run.first_job());
  while (!run.has_ended) step();
  thread = outer;
  thread_ = nullptr;
  current_ = nullptr;
  if (run.given_up) throw Stuck{name_of(options_.seed) + ": " + run.given_up};
}

void Simulation::give_up(const char* why) noexcept {
  if (current_->given_up) {
    lowlevel::contract_violation(
        "Simulation: the tasks were asked to stop, and do not come to an end either.");
  }
  current_->given_up = why;
  if (options_.max_steps > 0) last_step_ = steps_ + options_.max_steps;
  current_->context().scope.request_stop();
}

// --- Choosing ---

/// splitmix64, by Sebastiano Vigna.
std::size_t Simulation::draw(std::size_t count) noexcept {
  if (!random() || count == 1) return 0;
  std::uint64_t bits = random_state_ += 0x9e3779b97f4a7c15U;
  bits = (bits ^ (bits >> 30U)) * 0xbf58476d1ce4e5b9U;
  bits = (bits ^ (bits >> 27U)) * 0x94d049bb133111ebU;
  const std::size_t drawn = (bits ^ (bits >> 31U)) % count;
  record(drawn);
  return drawn;
}

/// FNV-1a, a word at a time.
void Simulation::record(std::uint64_t what) noexcept { trace_ = (trace_ ^ what) * 0x100000001b3U; }

std::size_t Simulation::choose(std::size_t count) {
  if (count == 0) throw std::invalid_argument{"Simulation::choose(0): there is nothing to choose."};
  return draw(count);
}

// --- Steps ---

void Simulation::step() noexcept {
  if (steps_ == last_step_) give_up("after max_steps steps the tasks have not come to an end.");
  ++steps_;
  if (random() ? step_at_random() : step_in_order()) return;
  if (let_time_pass()) return;
  give_up("every task waits, and nothing is left that could wake one.");
}

bool Simulation::step_in_order() noexcept {
  auto& [worker, timers] = *workers_.front();
  if (timers.fire_due(now_)) return true;
  // In turn, as the workers of a runtime do.
  const bool fork_first = steps_ % 2 == 0;
  if (jobs_.empty() || fork_first) {
    if (lowlevel::Job* fork = worker.forks.pop()) {
      run_job(worker, *fork);
      return true;
    }
  }
  if (!jobs_.empty()) {
    run_job(worker, take(jobs_, 0));
    return true;
  }
  if (functions_.empty()) return false;
  run_function(take(functions_, 0));
  return true;
}

bool Simulation::step_at_random() noexcept {
  std::size_t timers_due = 0;
  std::size_t forks = 0;
  for (const auto& each : workers_) {
    if (each->timers.next_deadline() <= now_) ++timers_due;
    if (!each->worker.forks.empty()) ++forks;
  }
  const std::size_t jobs = jobs_.size();
  const std::size_t functions = functions_.size();
  const std::size_t started = started_.size();
  const std::size_t all = jobs + forks + functions + started + timers_due;
  if (all == 0) return false;
  if (timers_due == 0 && next_deadline() != TimePoint::max() && draw(kTimePasses) == 0 &&
      may_pass_to(next_deadline())) {
    return let_time_pass();
  }

  std::size_t chosen = draw(all);
  if (chosen < jobs) {
    lowlevel::Job& job = take(jobs_, chosen);
    run_job(any_worker(), job);
    return true;
  }
  chosen -= jobs;
  if (chosen < functions) {
    add(started_, take(functions_, chosen));
    return true;
  }
  chosen -= functions;
  if (chosen < started) {
    run_function(take(started_, chosen));
    return true;
  }
  chosen -= started;
  return chosen < forks ? run_a_fork() : fire_a_timer();
}

bool Simulation::run_a_fork() noexcept {
  // Some worker that has one: the owner goes on with it, or another one steals it.
  const std::size_t first = draw(workers_.size());
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    lowlevel::Worker& owner = workers_[(first + i) % workers_.size()]->worker;
    if (owner.forks.empty()) continue;
    lowlevel::Worker& taker = any_worker();
    lowlevel::Job* fork = &taker == &owner ? owner.forks.pop() : owner.forks.steal();
    run_job(taker, *fork);
    return true;
  }
  return false;
}

bool Simulation::fire_a_timer() noexcept {
  const std::size_t first = draw(workers_.size());
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    if (workers_[(first + i) % workers_.size()]->timers.fire_due(now_)) return true;
  }
  return false;
}

bool Simulation::let_time_pass() noexcept {
  const TimePoint next = next_deadline();
  if (next == TimePoint::max()) return false;
  now_ = std::max(now_, next);
  record(static_cast<std::uint64_t>(now_.time_since_epoch().count()));
  return true;
}

void Simulation::run_job(lowlevel::Worker& worker, lowlevel::Job& job) noexcept {
  lowlevel::this_thread().worker = &worker;
  lowlevel::drive(job);
}

void Simulation::run_function(lowlevel::BlockingJob& function) noexcept {
  // As on a thread of a pool, which is no worker.
  lowlevel::ThreadState& thread = lowlevel::this_thread();
  const lowlevel::ThreadState before = std::exchange(thread, lowlevel::ThreadState{});
  thread.outer = before.outer;
  function.run();
  thread = before;
}

// --- What is ready ---

template <class What>
void Simulation::add(std::deque<Ready<What>>& to, What& what) {
  if (moments_.empty() || moments_.back().time != now_) moments_.push_back({now_, 0});
  ++moments_.back().ready;
  to.push_back({&what, first_moment_ + moments_.size() - 1});
}

template <class What>
What& Simulation::take(std::deque<Ready<What>>& from, std::size_t index) noexcept {
  std::swap(from[index], from.front());
  const Ready<What> taken = from.front();
  from.pop_front();
  --moments_[taken.moment - first_moment_].ready;
  while (!moments_.empty() && moments_.front().ready == 0) {
    moments_.pop_front();
    ++first_moment_;
  }
  return *taken.what;
}

lowlevel::TimePoint Simulation::next_deadline() const noexcept {
  auto next = TimePoint::max();
  for (const auto& each : workers_) next = std::min(next, each->timers.next_deadline());
  return next;
}

bool Simulation::may_pass_to(TimePoint time) const noexcept {
  return moments_.empty() ||
         time <= lowlevel::deadline_after(moments_.front().time, options_.max_lag);
}

// --- Scheduler ---

void Simulation::check_thread() const noexcept {
  if (thread_ == lowlevel::this_thread_mark()) return;
  lowlevel::contract_violation(
      "Simulation: a task of it was resumed by another thread, or after the run. It has one "
      "thread, because nothing else can be repeated; use run_in_thread for functions.");
}

void Simulation::post(lowlevel::Job& job) noexcept {
  check_thread();
  add(jobs_, job);
}

lowlevel::TimePoint Simulation::now() noexcept { return now_; }

void Simulation::arm(lowlevel::Timer& timer, TimePoint deadline) noexcept {
  check_thread();
  workers_[draw(workers_.size())]->timers.arm(timer, deadline);
}

void Simulation::run_blocking(lowlevel::BlockingJob& job, lowlevel::BlockingPool*) {
  check_thread();
  add(functions_, job);
}

bool Simulation::withdraw_blocking(lowlevel::BlockingJob& job, lowlevel::BlockingPool*) noexcept {
  const auto found = std::ranges::find(functions_, &job, &Ready<lowlevel::BlockingJob>::what);
  if (found == functions_.end()) return false;
  take(functions_, static_cast<std::size_t>(found - functions_.begin()));
  return true;
}

/// A worker has something to steal.
void Simulation::feed() noexcept {
  if (draw(kSteals) != 0) return;
  lowlevel::Worker* worker = lowlevel::this_thread().worker;
  if (lowlevel::Job* fork = worker ? worker->forks.steal() : nullptr) add(jobs_, *fork);
}

void Simulation::block_worker(const lowlevel::Event& event) noexcept {
  lowlevel::ThreadState& thread = lowlevel::this_thread();
  const lowlevel::ThreadState before = std::exchange(thread, lowlevel::ThreadState{});
  thread.outer = before.outer;
  while (!event.is_set()) step();
  thread = before;
}

}  // namespace mtaio::testing
