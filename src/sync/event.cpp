#include <mtaio/event.hpp>

#include <mtaio/lowlevel/contract.hpp>

#include <mutex>

namespace mtaio {

Event::~Event() {
  if (!waiters_.empty()) {
    lowlevel::contract_violation(
        "Event destroyed while tasks wait for it. An event must outlive its waiters; before you "
        "destroy it, set it, or stop the waiters, and wait for them.");
  }
}

void Event::set() noexcept {
  lowlevel::WakeList claimed;  // woken after the lock is released: a waiter may destroy the event
  const std::scoped_lock guard{lock_};
  set_ = true;
  claimed.claim_all(waiters_);
}

void Event::clear() noexcept {
  const std::scoped_lock guard{lock_};
  set_ = false;
}

bool Event::is_set() noexcept {
  // Under the lock, so that a task that finds the flag set, and destroys the event, comes after the
  // last access of set().
  const std::scoped_lock guard{lock_};
  return set_;
}

bool Event::enlist(lowlevel::Waiter& waiter) noexcept {
  const std::scoped_lock guard{lock_};
  if (!set_) return waiters_.enlist(waiter);
  waiter.complete_inline();
  return false;
}

void Event::forget(lowlevel::Waiter& waiter) noexcept {
  const std::scoped_lock guard{lock_};
  waiters_.forget(waiter);
}

}  // namespace mtaio

template class mtaio::lowlevel::TimedWaitAwaiter<mtaio::Event&>;
