#include "runtime/worker_loop.hpp"

#include <mtaio/coro/thread_context.hpp>
#include <mtaio/coro/trampoline.hpp>
#include <mtaio/platform/asymmetric_fence.hpp>
#include <mtaio/platform/blocking_handler.hpp>

#include "platform/cpu.hpp"
#include "runtime/starvation.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <thread>
#include <utility>

namespace mtaio::runtime {
namespace {

// The greatest number of jobs that a worker takes from the injector in one go; the rest is left to
// other workers.
constexpr std::size_t kInjectedAtOnce = 64;
// How often a worker that has run out of work looks for some, with growing pauses, before it
// sleeps.
constexpr int kSearchRounds = 6;

/// The oldest ready job in the worker's ring.
inline lowlevel::Job* oldest_ready(Worker& worker) noexcept {
  return worker.ready.take(worker.alone);
}

}  // namespace

void WorkerLoop::work(WorkerThread& thread, bool has_worker) noexcept {
  while (has_worker || handoff_.acquire(thread)) {
    run_jobs(thread);
    handoff_.release(thread);
    has_worker = false;
  }
}

void WorkerLoop::work_as_spare(WorkerThread& spare) noexcept {
  while (handoff_.wait_as_spare(spare)) {
    run_jobs(spare);
    handoff_.release(spare);
  }
}

void WorkerLoop::run_jobs(WorkerThread& who) noexcept {
  internal::BlockingHandler* outer_handler = internal::set_blocking_handler(&blocking_handler_);
  {
    internal::SavedThreadContext saved;
    saved.enter_worker(who.worker(), internal::fenced_by_others());
    while (!handoff_.must_release(who)) {
      if (lowlevel::Job* job = next_job(who)) {
        lowlevel::run_job(*job);
        if (made_in_.forked()) [[unlikely]]
          internal::end_forked_child();
      } else {
        idle_.sleep(who.worker(), who);
      }
    }
    idle_.end_search(who.worker());
  }
  internal::set_blocking_handler(outer_handler);
  idle_.leave_rest_to_others();
}

// In next_job() each rare case is a function of its own that is tail-called, so the fast path saves
// no registers for it.

inline lowlevel::Job* WorkerLoop::next_job(const WorkerThread& thread) noexcept {
  Tick& tick = thread.worker().tick;
  tick.advance();
  if (tick.is_for_look()) [[unlikely]]
    return look_everywhere(thread);
  return next_own_job(thread);
}

inline lowlevel::Job* WorkerLoop::next_own_job(const WorkerThread& thread) noexcept {
  Worker& worker = thread.worker();
  lowlevel::Job* job = own_job(worker);
  if (!job) [[unlikely]]
    return look_further(thread);
  if (idle_.must_begin_work(worker)) [[unlikely]]
    return begin_work(worker, job);
  return job;
}

lowlevel::Job* WorkerLoop::look_everywhere(const WorkerThread& thread) noexcept {
  collect_ready(thread.worker());
  workers_.fire_expired_timers();
  if constexpr (kWatchesForStarvation) look_for_starvation(thread.worker(), workers_.injector());
  if (lowlevel::Job* job = overdue_job(thread.worker())) return begin_work(thread.worker(), job);
  return next_own_job(thread);
}

lowlevel::Job* WorkerLoop::look_further(const WorkerThread& thread) noexcept {
  collect_ready(thread.worker());
  lowlevel::Job* job = own_job(thread.worker());
  if (!job) job = search(thread);
  return job ? begin_work(thread.worker(), job) : nullptr;
}

lowlevel::Job* WorkerLoop::begin_work(Worker& worker, lowlevel::Job* job) noexcept {
  idle_.begin_work(worker);
  return job;
}

lowlevel::Job* WorkerLoop::own_job(Worker& worker) noexcept {
  if (worker.tick.is_for_fan_outs()) {
    if (lowlevel::Job* job = worker.fan_outs.pop()) return job;
    return oldest_ready(worker);
  }
  if (lowlevel::Job* job = oldest_ready(worker)) return job;
  return worker.fan_outs.pop();
}

/// A job that could wait forever while there is other work. Otherwise a worker takes its newest
/// fan-out first, and only a worker that has run out of work takes the ready jobs of a worker that
/// computes.
lowlevel::Job* WorkerLoop::overdue_job(Worker& worker) noexcept {
  if (worker.tick.is_for_oldest()) return worker.fan_outs.take_oldest();
  if (worker.tick.is_for_stealing()) return steal(worker);
  return nullptr;
}

/// Fills the ready queue with jobs from the list behind its ring, and with injected jobs.
void WorkerLoop::collect_ready(Worker& worker) noexcept {
  const bool refilled = worker.ready.refill();
  if (take_injected(worker) || refilled) idle_.jobs_pushed();
}

/// Returns whether it took any job.
bool WorkerLoop::take_injected(Worker& worker) noexcept {
  Injector& injector = workers_.injector();
  const std::size_t size = injector.size();
  if (size == 0) return false;
  const std::size_t fair_share = size / workers_.size() + 1;
  lowlevel::IntrusiveList<lowlevel::Job> taken;
  const std::size_t count = injector.pop_many(std::min(fair_share, kInjectedAtOnce), taken);
  while (lowlevel::Job* job = taken.pop_front()) worker.ready.push(*job);
  return count > 0;
}

lowlevel::Job* WorkerLoop::search(const WorkerThread& thread) noexcept {
  const int rounds = thread.worker().idle.woke_by_itself() ? 1 : kSearchRounds;
  for (int round = 0; round < rounds; ++round) {
    workers_.fire_expired_timers();
    Worker& worker = thread.worker();
    idle_.begin_search(worker);
    if (lowlevel::Job* job = own_job(worker)) return job;
    if (lowlevel::Job* job = steal(worker)) return job;
    collect_ready(worker);
    if (lowlevel::Job* job = own_job(worker)) return job;
    for (int pause = 0; pause < (8 << round); ++pause) platform::cpu_relax();
  }
  return nullptr;
}

lowlevel::Job* WorkerLoop::steal(Worker& thief) noexcept {
  const std::size_t count = workers_.size();
  thief.random = thief.random * 1664525U + 1013904223U;
  const std::size_t start = thief.random % count;
  const bool backs_off = thief.back_off.is_active();
  for (std::size_t i = 0; i < count; ++i) {
    Worker& victim = workers_[(start + i) % count];
    if (&victim == &thief) continue;
    if (!backs_off && !victim.fan_outs.empty()) {
      if (lowlevel::Job* job = victim.fan_outs.steal()) return job;
      thief.back_off.begin(lowlevel::TimePoint::clock::now() + kStealDelay);
    }
    if (victim.ready.share_list(thief.ready)) {
      idle_.jobs_pushed();
      if (lowlevel::Job* job = oldest_ready(thief)) return job;
    }
    if (!victim.steal_delay.is_over(victim.ready)) continue;
    if (lowlevel::Job* job = victim.ready.steal()) return job;
  }
  return nullptr;
}

void WorkerLoop::work_until(const internal::ThreadEvent& event, WorkerThread& thread) noexcept {
  while (!event.is_set()) {
    thread.worker().tick.advance();
    workers_.fire_expired_timers();
    collect_ready(thread.worker());
    lowlevel::Job* job = nullptr;
    if (thread.worker().tick.is_for_oldest()) job = thread.worker().fan_outs.take_oldest();
    if (!job) job = own_job(thread.worker());
    if (!job) job = steal(thread.worker());
    if (job) {
      lowlevel::run_job(*job);
    } else {
      std::this_thread::sleep_for(std::chrono::microseconds{50});
    }
    if (handoff_.has_resuming()) {
      // The event that this thread waits for may depend on the thread that resumes.
      handoff_.release(thread);
      handoff_.reacquire(thread);
      internal::this_thread().set_worker(thread.worker(), internal::fenced_by_others());
    }
  }
}

}  // namespace mtaio::runtime
