#include <mtaio/barrier.hpp>

#include <mtaio/lowlevel/contract.hpp>

#include "base/text.hpp"

#include <mutex>
#include <stdexcept>

namespace mtaio {
namespace {

std::size_t checked_number(std::ptrdiff_t n) {
  if (n < 1) {
    throw std::invalid_argument{internal::text(
        {"Barrier(", n, "): a barrier is for at least 1 task; n must be 1 or more."})};
  }
  return static_cast<std::size_t>(n);
}

}  // namespace

Barrier::Barrier(std::ptrdiff_t n) : needed_{checked_number(n)} {}

Barrier::~Barrier() {
  if (!waiters_.empty()) {
    lowlevel::contract_violation(
        "Barrier destroyed while tasks wait at it. A barrier must outlive its waiters; before you "
        "destroy it, let the missing tasks arrive, or stop the waiters, and wait for them.");
  }
}

std::size_t Barrier::waiting() noexcept {
  const std::scoped_lock guard{lock_};
  return arrived_;
}

bool Barrier::enlist(internal::BarrierWaiter& waiter) noexcept {
  lowlevel::WakeList claimed;  // woken after the lock is released: a waiter may destroy the barrier
  const std::scoped_lock guard{lock_};
  if (arrived_ + 1 < needed_) {
    waiter.barrier_ = this;
    if (!waiters_.enlist(waiter)) return false;
    ++arrived_;
    return true;
  }
  waiter.complete_inline();
  arrived_ = 0;
  claimed.claim_all(waiters_);
  return false;
}

void Barrier::withdraw(internal::BarrierWaiter& waiter) noexcept {
  {
    const std::scoped_lock guard{lock_};
    // Not whether it is linked: a waiter whose round has ended may be in the list of those to be
    // woken, which this lock does not guard.
    if (!waiter.waits()) return;
    waiters_.forget(waiter);
    --arrived_;
  }
  // After the unlock: the task may destroy the barrier. No other thread can have ended the wait,
  // because the waiter is in the list no more.
  waiter.interrupt(lowlevel::Waiter::State::kCancelled);
}

namespace internal {

void BarrierWaiter::stop(StopNode& node) noexcept {
  auto& self = static_cast<BarrierWaiter&>(node);
  self.barrier_->withdraw(self);
}

}  // namespace internal

}  // namespace mtaio
