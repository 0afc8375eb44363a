#include <mtaio/condition.hpp>

#include <mtaio/coro/promise.hpp>
#include <mtaio/lowlevel/contract.hpp>
#include <mtaio/lowlevel/intrusive_list.hpp>
#include <mtaio/lowlevel/scheduler.hpp>

#include <mutex>
#include <stdexcept>

namespace mtaio {

Condition::~Condition() {
  if (!waiters_.empty()) {
    lowlevel::contract_violation(
        "Condition destroyed while tasks wait for it. A condition must outlive its waiters; before "
        "you destroy it, notify all of them, or stop them, and wait for them.");
  }
}

void Condition::notify_one() noexcept {
  lowlevel::Waiter* claimed = nullptr;
  {
    const std::scoped_lock guard{lock_};
    claimed = waiters_.claim_first();
  }
  // After the unlock: the task may destroy the condition.
  if (claimed) static_cast<Waiting*>(claimed)->notify();
}

void Condition::notify_all() noexcept {
  lowlevel::IntrusiveList<lowlevel::Waiter> claimed;
  {
    const std::scoped_lock guard{lock_};
    while (lowlevel::Waiter* waiter = waiters_.claim_first()) claimed.push_back(*waiter);
  }
  while (lowlevel::Waiter* waiter = claimed.pop_front()) static_cast<Waiting*>(waiter)->notify();
}

lowlevel::TimePoint Condition::deadline_of(Timeout timeout) {
  return lowlevel::deadline_after(internal::current_scheduler().now(), timeout);
}

Timeout Condition::time_until(lowlevel::TimePoint deadline) {
  if (deadline == lowlevel::TimePoint::max()) return Timeout::forever();
  return deadline - internal::current_scheduler().now();
}

internal::PermitPool& Condition::mutex_of(Mutex::Guard& guard) {
  if (!guard.owns_lock()) {
    throw std::logic_error{
        "Condition::wait(): the guard does not hold a mutex. Lock the mutex before you wait."};
  }
  return *guard.held().pool();
}

bool Condition::Waiting::begin() noexcept {
  internal::PermitPool& mutex = mutex_;
  {
    const std::scoped_lock guard{condition_.lock_};
    if (!condition_.waiters_.enlist(*this)) return false;
  }
  // From here on a notification may already have put the waiter into the line of the mutex, where
  // this hands the mutex to it: it and the condition must not be touched any more.
  mutex.give_back<internal::Share::kAll>(1);
  return true;
}

void Condition::Waiting::notify() noexcept {
  if (lock_mutex()) for_mutex_.wake();
}

/// A stop request or the timer has ended the first wait.
std::coroutine_handle<> Condition::Waiting::ended_early(Job& job) noexcept {
  auto& self = static_cast<Waiting&>(job);
  {
    const std::scoped_lock guard{self.condition_.lock_};
    self.condition_.waiters_.forget(self);
  }
  const std::coroutine_handle<> awaiting = self.awaiting_;
  return self.lock_mutex() ? awaiting : std::noop_coroutine();
}

lowlevel::Waiter::State Condition::Waiting::finish_both() noexcept {
  (void)for_mutex_.finish();
  return finish();
}

}  // namespace mtaio
