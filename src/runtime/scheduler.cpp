#include "runtime/scheduler.hpp"

#include <mtaio/lowlevel/contract.hpp>
#include <mtaio/platform/asymmetric_fence.hpp>
#include <mtaio/platform/blocking_handler.hpp>

#include "platform/cpu.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <utility>

namespace mtaio::runtime {
namespace {

// How many jobs a worker takes from the injector at once, at most; the rest is left to the others.
constexpr std::size_t kInjectedAtOnce = 64;
// A worker that has run out of work looks for some this often, with growing pauses, before it
// sleeps.
constexpr int kSearchRounds = 6;

// Functions that block are many and mostly asleep, so there is no point in matching the cores.
constexpr std::size_t kBlockingThreads = 64;
// A call that says how many of them it wants at once gets so many threads, up to this.
constexpr std::size_t kMostBlockingThreads = 4096;

// A worker takes 11 KiB: so many are 180 MiB.
constexpr std::size_t kMostWorkers = std::size_t{1} << 14U;
static_assert(kMostWorkers <= internal::IdleCounts::kMost);

std::size_t checked_threads(std::size_t threads) {
  if (threads > kMostWorkers) {
    throw std::invalid_argument{"RuntimeOptions{.threads = " + std::to_string(threads) +
                                "}: a runtime has at most " + std::to_string(kMostWorkers) +
                                " workers; use 0 for one for each core."};
  }
  return threads > 0 ? threads : platform::usable_cores();
}

std::unique_ptr<lowlevel::Parker> make_parker(const RuntimeOptions& options) {
  if (!options.make_parker) return std::make_unique<lowlevel::FutexParker>();
  std::unique_ptr<lowlevel::Parker> parker = options.make_parker();
  if (!parker) {
    throw std::invalid_argument{
        "RuntimeOptions::make_parker: returned null; every worker needs a parker to sleep on."};
  }
  return parker;
}

}  // namespace

WorkStealingScheduler::WorkStealingScheduler(const RuntimeOptions& options)
    : watched_until_{lowlevel::TimePoint::max().time_since_epoch().count()},
      blocking_{kBlockingThreads} {
  internal::asymmetric_fence_init();
  const std::size_t count = checked_threads(options.threads);
  workers_.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    workers_.push_back(std::make_unique<Worker>(*this, idle_counts_, make_parker(options),
                                                static_cast<std::uint32_t>(2 * i + 1)));
    handoff_.add(*workers_.back());
  }
  unstarted_ = count - 1;  // one worker is for the thread that calls run()
  idle_counts_.change(static_cast<int>(unstarted_), 0);
}

WorkStealingScheduler::~WorkStealingScheduler() {
  if (forked()) {
    abandon_threads();
    return;
  }
  if (runs_.load(std::memory_order_acquire) != 0) {
    lowlevel::contract_violation(
        "Runtime destroyed while its run() is under way. A runtime outlives its runs: let run() "
        "return first; a task that ends the program while the runtime is static calls "
        "std::quick_exit() or std::_Exit(), not std::exit().");
  }
  finish_threads();
  // E3. acquire: everything a visitor did here is over.
  while (external_posters_.load(std::memory_order_acquire) != 0) std::this_thread::yield();
}

lowlevel::TimePoint WorkStealingScheduler::now() noexcept {
  return std::chrono::steady_clock::now();
}

void WorkStealingScheduler::post(lowlevel::Job& job) noexcept {
  internal::LocalQueues* worker = internal::this_thread_inlined().worker;
  if (!worker || &worker->scheduler != this) [[unlikely]] {
    inject(job);
    return;
  }
  static_cast<Worker*>(worker)->ready.push(job);
  job_pushed();
}

/// E1, the pusher: jobs have been pushed onto the ready queue of this thread's worker.
inline void WorkStealingScheduler::job_pushed() noexcept {
  internal::asymmetric_fence_light();
  if (idle_counts_.should_notify()) [[unlikely]]
    wake_unless_timed_park();
}

[[gnu::cold, gnu::noinline]] void WorkStealingScheduler::inject(lowlevel::Job& job) noexcept {
  external_posters_.fetch_add(1, std::memory_order_relaxed);
  injector_.push(job);
  internal::asymmetric_fence_light();  // E1
  if (idle_counts_.should_notify()) wake_one();
  external_posters_.fetch_sub(1, std::memory_order_release);  // E3, and the last access
}

[[gnu::noinline]] void WorkStealingScheduler::wake_unless_timed_park() noexcept {
  if (timed_parks_.load(std::memory_order_relaxed) == 0) wake_one();
}

void WorkStealingScheduler::notify_one() noexcept {
  if (backing_off_.load(std::memory_order_relaxed) < idle_counts_.sleeping()) wake_one();
}

void WorkStealingScheduler::arm(lowlevel::Timer& timer, lowlevel::TimePoint deadline) noexcept {
  internal::LocalQueues* worker = internal::this_thread().worker;
  if (worker && &worker->scheduler == this) {
    static_cast<Worker*>(worker)->timers.arm(timer, deadline);
    return;
  }
  external_posters_.fetch_add(1, std::memory_order_relaxed);
  workers_.front()->timers.arm(timer, deadline);
  watch(deadline);
  external_posters_.fetch_sub(1, std::memory_order_release);
}

void WorkStealingScheduler::run_blocking(lowlevel::BlockingJob& job, lowlevel::BlockingPool* pool) {
  if (!pool && job.at_once > kBlockingThreads) {
    blocking_.grow_to(std::min(job.at_once, kMostBlockingThreads));
  }
  (pool ? *pool : static_cast<lowlevel::BlockingPool&>(blocking_)).submit(job);
}

bool WorkStealingScheduler::withdraw_blocking(lowlevel::BlockingJob& job,
                                              lowlevel::BlockingPool* pool) noexcept {
  return (pool ? *pool : static_cast<lowlevel::BlockingPool&>(blocking_)).withdraw(job);
}

void WorkStealingScheduler::work_from(lowlevel::Job& first, WorkerThread& who) noexcept {
  bool seated = handoff_.try_acquire(who);
  if (seated) {
    who.worker->ready.push(first);
  } else {
    post(first);
  }
  while (seated || handoff_.acquire(who, false)) {
    serve(who);
    handoff_.release(who);
    seated = false;
  }
}

void WorkStealingScheduler::serve(WorkerThread& who) noexcept {
  Worker& worker = *who.worker;
  internal::ThreadContext& thread = internal::this_thread();
  const internal::ThreadContext outer = std::exchange(thread, internal::ThreadContext{});
  thread.set_worker(worker, internal::fenced_by_others());
  thread.outer = &outer;
  internal::BlockingHandler* before = internal::set_blocking_handler(this);
  // A blocked destructor may have moved this thread to another seat in the meantime, so who.seat is
  // read anew.
  while (!who.dismissed.load(std::memory_order_relaxed) && !handoff_.is_wanted(who)) {
    if (lowlevel::Job* job = next_job(who)) {
      internal::run_job(*job);
      if (forked()) [[unlikely]]
        internal::end_forked_child();
    } else {
      sleep(*who.worker, who);
    }
  }
  stop_searching(*who.worker);
  thread = outer;
  internal::set_blocking_handler(before);
  leave_rest_to_others();
}

// In next_job() each rare case is a function that goes the rest of the way, so that nothing has to
// be kept for when it returns. A timer that fires may run a callback that blocks, and after that
// this thread sits elsewhere; so the seat is read anew each time.

inline lowlevel::Job* WorkStealingScheduler::next_job(const WorkerThread& who) noexcept {
  if (++who.worker->tick % kTurnsBetweenLooks == 0) [[unlikely]]
    return look_everywhere(who);
  return next_own_job(who);
}

[[gnu::noinline]] lowlevel::Job* WorkStealingScheduler::look_everywhere(
    const WorkerThread& who) noexcept {
  collect_ready(*who.worker);
  fire_due_timers();
  if constexpr (kWatchesForStarvation) look_for_starvation(*who.worker);
  if (lowlevel::Job* job = overdue_job(*who.worker)) return found_job(*who.worker, job);
  return next_own_job(who);
}

/// What could wait forever because there is always something else to do. The newest fork goes first
/// otherwise, and the jobs of a worker that computes are left to workers that have run out of work.
lowlevel::Job* WorkStealingScheduler::overdue_job(Worker& worker) noexcept {
  if (worker.tick % kTurnsOfOldestFork == 0) return worker.fan_outs.take_oldest();
  if (worker.tick % kTurnsOfOldestFork == kTurnsOfOldestFork / 2) return steal(worker);
  return nullptr;
}

inline lowlevel::Job* WorkStealingScheduler::next_own_job(const WorkerThread& who) noexcept {
  Worker& worker = *who.worker;
  lowlevel::Job* job = own_job(worker);
  if (!job) [[unlikely]]
    return look_further(who);
  const bool at_work = worker.wake_reason == Worker::WakeReason::kWorking && !worker.searching;
  if (!at_work || idle_counts_.should_notify()) [[unlikely]]
    return found_job(worker, job);
  return job;
}

[[gnu::noinline]] lowlevel::Job* WorkStealingScheduler::look_further(
    const WorkerThread& who) noexcept {
  collect_ready(*who.worker);
  lowlevel::Job* job = own_job(*who.worker);
  if (!job) job = search(who);
  return job ? found_job(*who.worker, job) : nullptr;
}

[[gnu::noinline]] lowlevel::Job* WorkStealingScheduler::found_job(Worker& worker,
                                                                  lowlevel::Job* job) noexcept {
  if (worker.wake_reason != Worker::WakeReason::kWorking || worker.searching) {
    stop_searching(worker);
    worker.wake_reason = Worker::WakeReason::kWorking;
    worker.timed_parks_in_a_row = 0;
  }
  watch_timers_if_last();
  return job;
}

/// Takes turns between what has children left to start and what is ready to go on, so that neither
/// starves the other.
lowlevel::Job* WorkStealingScheduler::own_job(Worker& worker) noexcept {
  if (worker.tick % 2 == 0) {
    if (lowlevel::Job* job = worker.fan_outs.pop()) return job;
    return oldest_ready(worker);
  }
  if (lowlevel::Job* job = oldest_ready(worker)) return job;
  return worker.fan_outs.pop();
}

inline lowlevel::Job* WorkStealingScheduler::oldest_ready(Worker& worker) noexcept {
  return worker.ready.take(workers_.size() == 1);
}

/// Brings up what waits behind the ring, and what has come from outside. On the way from one place
/// to the other a sleeper that takes its last look sees jobs in neither; so this counts as a push.
void WorkStealingScheduler::collect_ready(Worker& worker) noexcept {
  const bool refilled = worker.ready.refill();
  if (take_injected(worker) || refilled) job_pushed();
}

/// Whether there was anything.
bool WorkStealingScheduler::take_injected(Worker& worker) noexcept {
  const std::size_t size = injector_.size();
  if (size == 0) return false;
  const std::size_t fair_share = size / workers_.size() + 1;
  lowlevel::IntrusiveList<lowlevel::Job> taken;
  const std::size_t count = injector_.pop_many(std::min(fair_share, kInjectedAtOnce), taken);
  while (lowlevel::Job* job = taken.pop_front()) worker.ready.push(*job);
  return count > 0;
}

lowlevel::Job* WorkStealingScheduler::search(const WorkerThread& who) noexcept {
  const int rounds = who.worker->wake_reason == Worker::WakeReason::kByItself ? 1 : kSearchRounds;
  for (int round = 0; round < rounds; ++round) {
    fire_due_timers();
    Worker& worker = *who.worker;
    if (!worker.searching) {
      worker.searching = true;
      idle_counts_.change(0, 1);
    }
    if (lowlevel::Job* job = own_job(worker)) return job;
    if (lowlevel::Job* job = steal(worker)) return job;
    collect_ready(worker);
    if (lowlevel::Job* job = own_job(worker)) return job;
    for (int pause = 0; pause < (8 << round); ++pause) platform::cpu_relax();
  }
  return nullptr;
}

lowlevel::Job* WorkStealingScheduler::steal(Worker& worker) noexcept {
  const std::size_t count = workers_.size();
  worker.random = worker.random * 1664525U + 1013904223U;
  const std::size_t start = worker.random % count;
  const bool back_off = backs_off(worker);
  for (std::size_t i = 0; i < count; ++i) {
    Worker& victim = *workers_[(start + i) % count];
    if (&victim == &worker) continue;
    if (!back_off && !victim.fan_outs.empty()) {
      if (lowlevel::Job* job = victim.fan_outs.steal()) return job;
      worker.backs_off_until = now() + kStealDelay;
    }
    if (victim.ready.share_list(worker.ready)) {
      job_pushed();  // as in collect_ready()
      if (lowlevel::Job* job = oldest_ready(worker)) return job;
    }
    if (!is_overdue(victim)) continue;
    if (lowlevel::Job* job = victim.ready.steal()) return job;
  }
  return nullptr;
}

/// Where children do next to nothing, the rest of them is in its worker's hands more often than in
/// its deque. Reaching for it is in vain most of the time, and the fence that it takes disturbs the
/// worker, so who has missed it waits before the next try.
bool WorkStealingScheduler::backs_off(const Worker& worker) noexcept {
  return worker.backs_off_until != lowlevel::TimePoint{} && now() < worker.backs_off_until;
}

/// Whether there are ready jobs that the victim has left lying for a while. Tasks that wake each
/// other are best left together: apart they would fight for whatever they share. What a worker does
/// not get to, others take.
bool WorkStealingScheduler::is_overdue(Worker& victim) noexcept {
  return !victim.ready.ring_empty() && victim.steal_delay.is_overdue(victim.ready, now());
}

lowlevel::TimePoint WorkStealingScheduler::next_deadline() const noexcept {
  auto next = lowlevel::TimePoint::max();
  for (const auto& worker : workers_) next = std::min(next, worker->timers.next_deadline());
  return next;
}

bool WorkStealingScheduler::timer_due() noexcept {
  const lowlevel::TimePoint next = next_deadline();
  return next != lowlevel::TimePoint::max() && next <= now();
}

void WorkStealingScheduler::fire_due_timers() noexcept {
  if (next_deadline() == lowlevel::TimePoint::max()) return;
  const lowlevel::TimePoint time = now();
  for (const auto& worker : workers_) worker->timers.fire_due(time);
}

WorkStealingScheduler::VisibleWork WorkStealingScheduler::visible_work(Worker& worker) noexcept {
  if (!injector_.empty() || !worker.ready.empty()) return VisibleWork::kNow;
  if (timer_due()) return VisibleWork::kNow;
  auto visible_work = VisibleWork::kNothing;
  const bool back_off = backs_off(worker);
  for (const auto& other : workers_) {
    const bool forks = !other->fan_outs.empty();
    if ((forks && !back_off) || !other->ready.list_empty() || is_overdue(*other))
      return VisibleWork::kNow;
    if (forks) visible_work = VisibleWork::kForOthers;
    if (!other->ready.empty()) visible_work = std::max(visible_work, VisibleWork::kLater);
  }
  return visible_work;
}

bool WorkStealingScheduler::has_work() noexcept {
  if (!injector_.empty()) return true;
  for (const auto& worker : workers_) {
    if (!worker->fan_outs.empty() || !worker->ready.empty()) return true;
  }
  return timer_due();
}

}  // namespace mtaio::runtime
