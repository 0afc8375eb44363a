#include "runtime/worker_handoff.hpp"

#include "platform/futex.hpp"

namespace mtaio::runtime {
namespace {

void add_to(std::atomic<std::size_t>& count, std::size_t change) noexcept {
  count.store(count.load(std::memory_order_relaxed) + change, std::memory_order_relaxed);
}

constexpr auto kOneLess = static_cast<std::size_t>(-1);

}  // namespace

void WorkerHandoff::assign(Worker& worker, WorkerThread& thread) noexcept {
  worker.thread.thread_ = &thread;
  thread.worker_ = &worker;
  if (thread.spare_) ++spares_working_;
}

Worker& WorkerHandoff::unassign(WorkerThread& thread) noexcept {
  Worker& worker = *thread.worker_;
  thread.worker_ = nullptr;
  worker.thread.thread_ = nullptr;
  if (thread.spare_) --spares_working_;
  return worker;
}

void WorkerHandoff::notify(WorkerThread& thread) noexcept {
  thread.changed_.store(1, std::memory_order_relaxed);
  // The thread may have ended by now; only the address is used.
  platform::futex_wake(&thread.changed_, 1);
}

bool WorkerHandoff::wait(Guard& guard, WorkerThread& thread) noexcept {
  // assign/work: the mutex is held whenever changed_ is read or written.
  while (thread.changed_.load(std::memory_order_relaxed) == 0) {
    guard.unlock();
    platform::futex_wait(thread.changed_, 0);
    guard.lock();
  }
  return thread.worker_ != nullptr;
}

void WorkerHandoff::add(Worker& worker) {
  all_.push_back(&worker);
  free_.push_back(worker);
}

bool WorkerHandoff::try_acquire(WorkerThread& thread) noexcept {
  const Guard guard{mutex_};
  Worker* worker = free_.pop_front();
  if (worker) assign(*worker, thread);
  return worker != nullptr;
}

bool WorkerHandoff::acquire(WorkerThread& thread, bool resumes) noexcept {
  Guard guard{mutex_};
  if (thread.is_dismissed() && !resumes) return false;
  if (Worker* worker = free_.pop_front()) {
    assign(*worker, thread);
    return true;
  }
  thread.changed_.store(0, std::memory_order_relaxed);
  thread.resumes_ = resumes;
  add_to(waiters_, 1);
  if (resumes) {
    waiting_.push_front(thread);
    add_to(resuming_, 1);
  } else {
    waiting_.push_back(thread);
  }
  // A worker thread that sleeps may have to release its worker to this thread.
  for (const Worker* worker : all_) worker->parker->unpark();
  const bool acquired = wait(guard, thread);
  thread.resumes_ = false;
  return acquired;
}

void WorkerHandoff::release(WorkerThread& thread) noexcept {
  const Guard guard{mutex_};
  Worker& worker = unassign(thread);
  WorkerThread* next = waiting_.pop_front();
  if (next) {
    add_to(waiters_, kOneLess);
    if (next->resumes_) add_to(resuming_, kOneLess);
  } else if (needs_spare()) {
    next = spares_.pop_front();  // if there is none, it is on its way to wait_as_spare()
  }
  if (next) {
    assign(worker, *next);
    notify(*next);
  } else {
    free_.push_back(worker);
  }
}

void WorkerHandoff::hand_off(WorkerThread& blocked, WorkerThread& spare) noexcept {
  const Guard guard{mutex_};
  assign(unassign(blocked), spare);
  if (!blocked.spare_) ++blocked_;
  notify(spare);
}

void WorkerHandoff::take_back(WorkerThread& thread) noexcept {
  reacquire(thread);
  const Guard guard{mutex_};
  if (!thread.spare_) --blocked_;
}

void WorkerHandoff::dismiss(WorkerThread& thread) noexcept {
  const Guard guard{mutex_};
  thread.dismissed_.store(true, std::memory_order_relaxed);
  if (thread.worker_) {
    thread.worker_->parker->unpark();
  } else if (thread.linked() && !thread.resumes_) {
    if (thread.spare_) {
      spares_.erase(thread);
    } else {
      waiting_.erase(thread);
      add_to(waiters_, kOneLess);
    }
    notify(thread);
  }
}

bool WorkerHandoff::wait_as_spare(WorkerThread& spare) noexcept {
  Guard guard{mutex_};
  if (!spare.worker_) {
    spare.changed_.store(0, std::memory_order_relaxed);
    // A spare thread that is reserved for one worker takes no other.
    if (!spare.reserved_) {
      if (spare.is_dismissed()) return false;
      if (Worker* worker = needs_spare() ? free_.pop_front() : nullptr) {
        assign(*worker, spare);
        return true;
      }
      spares_.push_back(spare);
    }
    wait(guard, spare);
  }
  spare.reserved_ = false;
  return spare.worker_ != nullptr;
}

WorkerThread* WorkerHandoff::reserve_spare() noexcept {
  const Guard guard{mutex_};
  WorkerThread* spare = spares_.pop_front();
  if (spare) spare->reserved_ = true;
  return spare;
}

}  // namespace mtaio::runtime
