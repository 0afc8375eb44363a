#include <mtaio/lowlevel/waiter.hpp>

#include <mtaio/lowlevel/wait_list.hpp>

namespace mtaio::lowlevel {

namespace {

/// The task that the waiter belongs to. A coroutine of another library may outlive the task whose
/// code started it, so its waiter belongs to the main task of the run.
internal::TaskRoot* root_of(const internal::TaskContext* context) noexcept {
  if (context) return context->root;
  internal::TaskRoot* starter = internal::this_thread().root();
  return starter ? &starter->run().main() : nullptr;
}

}  // namespace

// The rare case is a function of its own that is tail-called, so the usual case saves no registers.
void Waiter::prepare(std::coroutine_handle<> awaiting, internal::TaskContext* context) {
  if (!internal::in_task(context)) [[unlikely]] {
    prepare_outside(awaiting, context);
    return;
  }
  awaiting_ = awaiting;
  internal::TaskRoot* root = context->root;
  poster_ = &root->scheduler();
  set_root(root);
  prepare_in(context->scope);
}

void Waiter::prepare_outside(std::coroutine_handle<> awaiting, internal::TaskContext* context) {
  awaiting_ = awaiting;
  poster_ = &internal::current_scheduler();
  set_root(root_of(context));
  if (context) prepare_in(context->scope);
}

void Waiter::prepare_unstoppable(std::coroutine_handle<> awaiting, internal::TaskContext* context) {
  awaiting_ = awaiting;
  poster_ = &internal::scheduler_of(context);
  set_root(root_of(context));
}

void Waiter::listen() noexcept {
  state_.store(State::kListening, std::memory_order_relaxed);
  if (!scope_) return;
  listens_ = true;
  scope_->add(*this);
}

void Waiter::yield(std::coroutine_handle<> awaiting, internal::TaskContext* context) {
  awaiting_ = awaiting;
  poster_ = &internal::scheduler_of(context);
  set_root(root_of(context));
  complete_inline();
  wake();
}

bool Waiter::interrupt(State why) noexcept {
  State state = state_.load(std::memory_order_relaxed);
  while (state == State::kListening || state == State::kWaiting) {
    // acq_rel: commit/claim and claim/finish.
    if (!state_.compare_exchange_weak(state, why, std::memory_order_acq_rel,
                                      std::memory_order_relaxed)) {
      continue;
    }
    if (state == State::kWaiting) wake();
    return true;
  }
  return false;
}

std::coroutine_handle<> Waiter::resume(Job& job) noexcept {
  return static_cast<Waiter&>(job).awaiting_;
}

void Waiter::stop(StopNode& node) noexcept {
  static_cast<Waiter&>(node).interrupt(State::kCancelled);
}

void TimedWaiter::arm_timer(Timeout timeout) noexcept {
  listen();
  scheduler().arm(*this, deadline_after(scheduler().now(), timeout));
}

void TimedWaiter::fire(Timer& timer) noexcept {
  static_cast<TimedWaiter&>(timer).interrupt(State::kTimedOut);
}

void WakeList::claim_all(WaitList& list) noexcept {
  while (Waiter* waiter = list.claim_first()) claimed_.push_back(*waiter);
}

void WakeList::wake_all() noexcept {
  while (Waiter* waiter = claimed_.pop_front()) waiter->wake();
}

}  // namespace mtaio::lowlevel
