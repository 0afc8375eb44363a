#include <mtaio/lowlevel/waiter.hpp>

namespace mtaio::lowlevel {

namespace {

/// A coroutine of another kind may still be there when the task whose code started it is gone; so
/// what it does belongs to the main task of the run.
TaskRoot* root_of(const TaskContext* context) noexcept {
  if (context) return context->root;
  TaskRoot* starter = this_thread().root;
  return starter ? &starter->run().main() : nullptr;
}

}  // namespace

// Whatever seldom happens is a function that goes the rest of the way: nothing has to be kept for
// when it returns, so the usual way saves no registers.
void Waiter::prepare(std::coroutine_handle<> awaiting, TaskContext* context) {
  if (!in_task(context)) [[unlikely]] {
    prepare_outside(awaiting, context);
    return;
  }
  awaiting_ = awaiting;
  TaskRoot* root = context->root;
  scheduler_ = &root->scheduler();
  set_root(root);
  prepare_in(context->scope);
}

[[gnu::cold, gnu::noinline]] void Waiter::prepare_outside(std::coroutine_handle<> awaiting,
                                                          TaskContext* context) {
  awaiting_ = awaiting;
  scheduler_ = &current_scheduler();
  set_root(root_of(context));
  if (context) prepare_in(context->scope);
}

void Waiter::prepare_unstoppable(std::coroutine_handle<> awaiting, TaskContext* context) {
  awaiting_ = awaiting;
  scheduler_ = &scheduler_of(context);
  set_root(root_of(context));
}

void Waiter::listen() noexcept {
  wake_.store(Wake::kListening, std::memory_order_relaxed);
  if (!scope_) return;
  listens_ = true;
  scope_->add(*this);
}

void Waiter::yield(std::coroutine_handle<> awaiting, TaskContext* context) {
  awaiting_ = awaiting;
  scheduler_ = &scheduler_of(context);
  set_root(root_of(context));
  serve_now();
  wake();
}

bool Waiter::interrupt(Wake why) noexcept {
  Wake wake = wake_.load(std::memory_order_relaxed);
  while (wake == Wake::kListening || wake == Wake::kWaiting) {
    if (!wake_.compare_exchange_weak(wake, why, std::memory_order_acq_rel,
                                     std::memory_order_relaxed)) {
      continue;
    }
    if (wake == Wake::kWaiting) this->wake();
    return true;
  }
  return false;
}

std::coroutine_handle<> Waiter::resume(Job& job) noexcept {
  return static_cast<Waiter&>(job).awaiting_;
}

void Waiter::stop(StopNode& node) noexcept {
  static_cast<Waiter&>(node).interrupt(Wake::kCancelled);
}

void TimedWaiter::arm(Timeout timeout) noexcept {
  if (timeout.is_forever()) return;
  listen();
  Scheduler& where = scheduler();
  where.arm(*this, deadline_after(where.now(), timeout));
}

void TimedWaiter::fire(Timer& timer) noexcept {
  static_cast<TimedWaiter&>(timer).interrupt(Wake::kTimedOut);
}

void WakeList::claim_all(WaitList& list) noexcept {
  while (Waiter* waiter = list.claim_first()) claimed_.push_back(*waiter);
}

void WakeList::wake_all() noexcept {
  while (Waiter* waiter = claimed_.pop_front()) waiter->wake();
}

}  // namespace mtaio::lowlevel
