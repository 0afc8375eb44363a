#include "runtime/worker_handoff.hpp"

#include "platform/futex.hpp"

namespace mtaio::runtime {
namespace {

void add_to(std::atomic<std::size_t>& count, std::size_t change) noexcept {
  count.store(count.load(std::memory_order_relaxed) + change, std::memory_order_relaxed);
}

constexpr auto kOneLess = static_cast<std::size_t>(-1);

}  // namespace

void WorkerHandoff::assign(Worker& worker, WorkerThread& who) noexcept {
  worker.thread = &who;
  who.worker = &worker;
  if (who.spare) ++spares_working_;
}

Worker& WorkerHandoff::unassign(WorkerThread& who) noexcept {
  Worker& worker = *who.worker;
  who.worker = nullptr;
  worker.thread = nullptr;
  if (who.spare) --spares_working_;
  return worker;
}

void WorkerHandoff::notify(WorkerThread& who) noexcept {
  // release: the new seat, and all that its last thread did there, is visible to the one who sits
  // down.
  who.changed.store(1, std::memory_order_release);
  platform::futex_wake(&who.changed, 1);  // only the address is used
}

void WorkerHandoff::add(Worker& worker) {
  all_.push_back(&worker);
  free_.push_back(worker);
}

bool WorkerHandoff::try_acquire(WorkerThread& who) noexcept {
  const Guard guard{mutex_};
  Worker* worker = free_.pop_front();
  if (worker) assign(*worker, who);
  return worker != nullptr;
}

bool WorkerHandoff::wait(Guard& guard, WorkerThread& who) noexcept {
  while (who.changed.load(std::memory_order_acquire) == 0) {
    guard.unlock();
    platform::futex_wait(who.changed, 0);
    guard.lock();
  }
  return who.worker != nullptr;
}

bool WorkerHandoff::acquire(WorkerThread& who, bool resumes) noexcept {
  Guard guard{mutex_};
  if (who.dismissed.load(std::memory_order_relaxed) && !resumes) return false;
  if (Worker* worker = free_.pop_front()) {
    assign(*worker, who);
    return true;
  }
  who.changed.store(0, std::memory_order_relaxed);
  who.resumes = resumes;
  add_to(waiters_, 1);
  if (resumes) {
    waiting_.push_front(who);
    add_to(resuming_, 1);
  } else {
    waiting_.push_back(who);
  }
  // Somebody who sleeps on a seat may have to get up for this one.
  for (const Worker* worker : all_) worker->parker->unpark();
  const bool seated = wait(guard, who);
  who.resumes = false;
  return seated;
}

void WorkerHandoff::release(WorkerThread& who) noexcept {
  const Guard guard{mutex_};
  Worker& worker = unassign(who);
  WorkerThread* next = waiting_.pop_front();
  if (next) {
    add_to(waiters_, kOneLess);
    if (next->resumes) add_to(resuming_, kOneLess);
  } else if (spare_needed()) {
    next = spares_.pop_front();  // if there is none, it is on its way to wait_as_spare()
  }
  if (next) {
    assign(worker, *next);
    notify(*next);
  } else {
    free_.push_back(worker);
  }
}

void WorkerHandoff::hand_off(WorkerThread& from, WorkerThread& who) noexcept {
  const Guard guard{mutex_};
  assign(unassign(from), who);
  if (!from.spare) ++blocked_;
  notify(who);
}

void WorkerHandoff::take_back(WorkerThread& who) noexcept {
  acquire(who, true);
  const Guard guard{mutex_};
  if (!who.spare) --blocked_;
}

void WorkerHandoff::dismiss(WorkerThread& who) noexcept {
  const Guard guard{mutex_};
  who.dismissed.store(true, std::memory_order_relaxed);
  if (who.worker) {
    who.worker->parker->unpark();
  } else if (who.linked() && !who.resumes) {
    // A spare, or somebody who waits for a seat.
    if (who.spare) {
      spares_.erase(who);
    } else {
      waiting_.erase(who);
      add_to(waiters_, kOneLess);
    }
    notify(who);
  }
}

bool WorkerHandoff::wait_as_spare(WorkerThread& spare) noexcept {
  Guard guard{mutex_};
  if (!spare.worker) {
    spare.changed.store(0, std::memory_order_relaxed);
    // A thread that was started to take over a seat is not up for anybody else's.
    if (!spare.reserved) {
      if (spare.dismissed.load(std::memory_order_relaxed)) return false;
      if (Worker* worker = spare_needed() ? free_.pop_front() : nullptr) {
        assign(*worker, spare);
        return true;
      }
      spares_.push_back(spare);
    }
    wait(guard, spare);
  }
  spare.reserved = false;
  return spare.worker != nullptr;
}

WorkerThread* WorkerHandoff::take_spare() noexcept {
  const Guard guard{mutex_};
  WorkerThread* spare = spares_.pop_front();
  if (spare) spare->reserved = true;
  return spare;
}

}  // namespace mtaio::runtime
