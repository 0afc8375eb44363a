#include "runtime/work_stealing_scheduler.hpp"

#include <mtaio/lowlevel/contract.hpp>
#include <mtaio/platform/asymmetric_fence.hpp>

#include "base/text.hpp"
#include "platform/cpu.hpp"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <thread>
#include <utility>

namespace mtaio::runtime {
namespace {

// Functions that block mostly sleep, so the number of cores does not limit them.
constexpr std::size_t kBlockingThreads = 64;
// A call that announces N concurrent functions gets N threads, up to this.
constexpr std::size_t kMostBlockingThreads = 4096;

// A worker takes 11 KiB, so this many take 180 MiB.
constexpr std::size_t kMostWorkers = std::size_t{1} << 14U;
static_assert(kMostWorkers <= internal::IdleCounts::kMost);

std::size_t checked_threads(std::size_t threads) {
  if (threads > kMostWorkers) {
    throw std::invalid_argument{
        internal::text({"RuntimeOptions{.threads = ", threads, "}: a runtime has at most ",
                        kMostWorkers, " workers; use 0 for one for each core."})};
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
    : blocking_{kBlockingThreads} {
  internal::asymmetric_fence_init();
  const std::size_t count = checked_threads(options.threads);
  workers_.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    auto worker = std::make_unique<Worker>(*this, idle_.counts(), make_parker(options),
                                           static_cast<std::uint32_t>(2 * i + 1), count == 1);
    handoff_.add(workers_.add(std::move(worker)));
  }
  idle_.add_unstarted(count - 1);  // one worker is for the thread that calls run()
}

WorkStealingScheduler::~WorkStealingScheduler() {
  if (forked()) {
    threads_.abandon();
    return;
  }
  if (runs_.load(std::memory_order_relaxed) != 0) {
    lowlevel::contract_violation(
        "Runtime destroyed while its run() is under way. A runtime outlives its runs: let run() "
        "return first; a task that ends the program while the runtime is static calls "
        "std::quick_exit() or std::_Exit(), not std::exit().");
  }
  threads_.finish();
  // post/destroy: all that external posters did here is over.
  while (external_posters_.load(std::memory_order_acquire) != 0) std::this_thread::yield();
}

lowlevel::TimePoint WorkStealingScheduler::now() noexcept {
  return lowlevel::TimePoint::clock::now();
}

void WorkStealingScheduler::post(lowlevel::Job& job) noexcept {
  Worker* worker = worker_of(internal::this_thread_inlined());
  if (!worker) [[unlikely]] {
    inject(job);
    return;
  }
  worker->ready.push(job);
  idle_.jobs_pushed();
}

void WorkStealingScheduler::inject(lowlevel::Job& job) noexcept {
  external_posters_.fetch_add(1, std::memory_order_relaxed);
  workers_.injector().push(job);
  idle_.job_injected();
  // The last access. post/destroy
  external_posters_.fetch_sub(1, std::memory_order_release);
}

void WorkStealingScheduler::arm(lowlevel::Timer& timer, lowlevel::TimePoint deadline) noexcept {
  if (Worker* worker = worker_of(internal::this_thread())) {
    worker->timers.arm(timer, deadline);
    return;
  }
  external_posters_.fetch_add(1, std::memory_order_relaxed);
  workers_[0].timers.arm(timer, deadline);
  idle_.timer_armed(deadline);
  // The last access. post/destroy
  external_posters_.fetch_sub(1, std::memory_order_release);
}

void WorkStealingScheduler::run_blocking(lowlevel::BlockingJob& job, lowlevel::BlockingPool* pool) {
  if (!pool && job.limit() > kBlockingThreads) {
    blocking_.grow_to(std::min(job.limit(), kMostBlockingThreads));
  }
  pool_or_own(pool).submit(job);
}

bool WorkStealingScheduler::withdraw_blocking(lowlevel::BlockingJob& job,
                                              lowlevel::BlockingPool* pool) noexcept {
  return pool_or_own(pool).withdraw(job);
}

lowlevel::BlockingPool& WorkStealingScheduler::pool_or_own(lowlevel::BlockingPool* pool) noexcept {
  return pool ? *pool : blocking_;
}

void WorkStealingScheduler::work_from(lowlevel::Job& first, WorkerThread& thread) noexcept {
  const bool has_worker = handoff_.try_acquire(thread);
  if (has_worker) {
    thread.worker().ready.push(first);
  } else {
    post(first);
  }
  loop_.work(thread, has_worker);
}

void WorkStealingScheduler::block(const internal::ThreadEvent& event) noexcept {
  if (event.is_set_soon()) return;
  WorkerThread& thread = worker_of(internal::this_thread())->thread.get();
  {
    internal::SavedThreadContext saved;
    idle_.end_search(thread.worker());
    workers_.let_others_fire();
    if (WorkerThread* spare = threads_.obtain_spare()) {
      handoff_.hand_off(thread, *spare);
      saved.leave_worker();
      event.wait();
      handoff_.take_back(thread);
    } else {
      loop_.work_until(event, thread);
    }
  }
  internal::this_thread().set_worker(thread.worker(), internal::fenced_by_others());
}

}  // namespace mtaio::runtime
