#include <mtaio/latch.hpp>

#include <mtaio/lowlevel/contract.hpp>

#include <mutex>
#include <stdexcept>
#include <string>

namespace mtaio {
namespace {

std::size_t checked_count(std::ptrdiff_t count) {
  if (count < 0) {
    throw std::invalid_argument{"Latch(" + std::to_string(count) +
                                "): the count cannot be negative; use 0 for an open latch."};
  }
  return static_cast<std::size_t>(count);
}

}  // namespace

Latch::Latch(std::ptrdiff_t count) : count_{checked_count(count)} {}

Latch::~Latch() {
  if (!waiters_.empty()) {
    lowlevel::contract_violation(
        "Latch destroyed while tasks wait on it. A latch must outlive its waiters; before you "
        "destroy it, count it down, or stop the waiters and wait for them.");
  }
}

Latch::CountedDown Latch::count_down(std::ptrdiff_t n) {
  if (n < 0) {
    throw std::invalid_argument{"Latch::count_down(" + std::to_string(n) +
                                "): a latch cannot be counted up; n must be zero or more."};
  }
  lowlevel::WakeList claimed;  // woken after the lock is released: a waiter may destroy the latch
  const std::scoped_lock guard{lock_};
  const std::size_t count = count_.load(std::memory_order_relaxed);
  const auto steps = static_cast<std::size_t>(n);
  const std::size_t left = steps < count ? count - steps : 0;
  count_.store(left, std::memory_order_relaxed);
  if (left == 0) claimed.claim_all(waiters_);
  return {};
}

bool Latch::is_open() noexcept {
  // Under the lock, so that a task that finds the latch open, and destroys it, comes after the last
  // access of count_down().
  const std::scoped_lock guard{lock_};
  return count_.load(std::memory_order_relaxed) == 0;
}

bool Latch::enlist(lowlevel::Waiter& waiter) noexcept {
  const std::scoped_lock guard{lock_};
  if (count_.load(std::memory_order_relaxed) == 0) {
    waiter.complete_inline();
    return false;
  }
  return waiters_.enlist(waiter);
}

void Latch::forget(lowlevel::Waiter& waiter) noexcept {
  const std::scoped_lock guard{lock_};
  waiters_.forget(waiter);
}

}  // namespace mtaio

template class mtaio::lowlevel::TimedWaitAwaiter<mtaio::Latch&>;
