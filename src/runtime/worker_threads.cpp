#include <mtaio/platform/asymmetric_fence.hpp>
#include <mtaio/platform/thread_event.hpp>

#include "platform/cpu.hpp"
#include "runtime/scheduler.hpp"

#include <sched.h>

#include <system_error>

namespace mtaio::runtime {

WorkerThread* WorkStealingScheduler::start_thread(bool spare) noexcept {
  const std::scoped_lock guard{threads_mutex_};
  if (finishing_) return nullptr;
  const std::size_t before = threads_->size();
  try {
    Thread& added = threads_->emplace_back(spare);
    added.thread = std::thread{[this, &who = added.role, core = platform::current_core()] {
      if (who.spare) {
        spare_main(who);
      } else {
        platform::get_off_core(core);
        worker_main(who);
      }
    }};
    // A new thread often starts on the core of its creator, which goes on computing there: it would
    // wait until the kernel balances the load, some milliseconds. This lets it get off first.
    if (!spare) sched_yield();
    return &added.role;
  } catch (const std::exception&) {  // out of memory, or of threads
    if (threads_->size() > before) threads_->pop_back();
    return nullptr;
  }
}

/// Takes over the caller's place among the workers that look for work, for the thread it starts. If
/// no thread can be had the others do its work, and are woken for what was pushed in the meantime;
/// the next try comes later.
void WorkStealingScheduler::start_worker() noexcept {
  constexpr std::chrono::milliseconds kPause{10};
  if (start_thread(false)) return;
  {
    const std::scoped_lock guard{sleepers_lock_};
    ++unstarted_;
    no_start_before_ = now() + kPause;
    idle_counts_.change(1, -1);
  }
  internal::asymmetric_fence_heavy();  // E1 and E2 of Worker: as a worker that goes to sleep
  leave_rest_to_others();
}

bool WorkStealingScheduler::start_spare(WorkerThread& from) noexcept {
  WorkerThread* spare = handoff_.take_spare();
  if (!spare) spare = start_thread(true);
  if (!spare) return false;
  handoff_.hand_off(from, *spare);
  return true;
}

void WorkStealingScheduler::worker_main(WorkerThread& who) noexcept {
  bool seated = handoff_.try_acquire(who);
  if (seated) {
    who.worker->searching = true;
  } else {
    one_searcher_less();  // the threads that have the seats were not woken for this thread's sake
  }
  while (seated || handoff_.acquire(who, false)) {
    serve(who);
    handoff_.release(who);
    seated = false;
  }
}

void WorkStealingScheduler::spare_main(WorkerThread& who) noexcept {
  while (handoff_.wait_as_spare(who)) {
    serve(who);
    handoff_.release(who);
  }
}

void WorkStealingScheduler::block(const internal::ThreadEvent& event) noexcept {
  if (event.is_set_soon()) return;
  internal::ThreadContext& thread = internal::this_thread();
  const internal::ThreadContext before = thread;
  WorkerThread& who = *static_cast<Worker*>(thread.worker)->thread;
  stop_searching(*who.worker);
  for (const auto& worker : workers_) worker->timers.let_others_fire();
  if (start_spare(who)) {
    thread = internal::ThreadContext{};
    event.wait();
    handoff_.take_back(who);
  } else {
    work_in_place_until(event, who);
  }
  thread = before;
  thread.set_worker(*who.worker, internal::fenced_by_others());
}

/// For want of a thread: what else there is to do is done on top of the blocked code, on the same
/// stack. What is done there may block as well, and by then there may be a spare thread again: this
/// thread sits elsewhere afterwards, so the seat is read anew each time.
void WorkStealingScheduler::work_in_place_until(const internal::ThreadEvent& event,
                                                WorkerThread& who) noexcept {
  while (!event.is_set()) {
    ++who.worker->tick;
    fire_due_timers();
    collect_ready(*who.worker);
    lowlevel::Job* job =
        who.worker->tick % kTurnsOfOldestFork == 0 ? who.worker->fan_outs.take_oldest() : nullptr;
    if (!job) job = own_job(*who.worker);
    if (!job) job = steal(*who.worker);
    if (job) {
      internal::run_job(*job);
    } else {
      std::this_thread::sleep_for(std::chrono::microseconds{50});
    }
    if (handoff_.blocked_thread_resumes()) {
      // Perhaps what is waited for here is what that one is about to do.
      handoff_.release(who);
      handoff_.acquire(who, true);
      internal::this_thread().set_worker(*who.worker, internal::fenced_by_others());
    }
  }
}

/// In a forked child: the threads are not there, so they can be neither joined nor detached.
void WorkStealingScheduler::abandon_threads() noexcept {
  [[maybe_unused]] static const void* reachable = nullptr;  // what it points to is no leak
  reachable = threads_.release();
}

void WorkStealingScheduler::finish_threads() noexcept {
  {
    const std::scoped_lock guard{threads_mutex_};
    finishing_ = true;
  }
  for (Thread& each : *threads_) handoff_.dismiss(each.role);
  for (Thread& each : *threads_) each.thread.join();
}

}  // namespace mtaio::runtime
