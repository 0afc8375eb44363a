#include <mtaio/fan_out/core.hpp>

#include <mtaio/coro/errors.hpp>
#include <mtaio/coro/thread_context.hpp>
#include <mtaio/timeout/timed_task.hpp>

#include "base/while_stopping.hpp"

#include <mutex>
#include <new>
#include <utility>

namespace mtaio::internal {

FanOut::Failures::~Failures() = default;

bool FanOut::park_entry(std::size_t limit) noexcept {
  std::uint64_t state = state_.load(std::memory_order_relaxed);
  // Others can only lower the count, so when it is below the limit it stays there.
  while ((state & kLive) >= limit) {
    // release: the next holder sees what this one did as the holder.
    if (state_.compare_exchange_weak(state, state | kParked, std::memory_order_release,
                                     std::memory_order_relaxed)) {
      return true;
    }
  }
  return false;
}

std::coroutine_handle<> FanOut::post_entry() noexcept {
  state_.fetch_sub(1, std::memory_order_release);
  scheduler().post(*this);
  return std::noop_coroutine();
}

std::coroutine_handle<> FanOut::post_offer(std::coroutine_handle<> next) noexcept {
  LocalQueues* worker = this_thread().worker;
  const bool at_home = worker != nullptr && &worker->scheduler == &scheduler();
  if (!at_home || !worker->fan_outs.push(this)) {
    scheduler().post(*this);
    return next;
  }
  return worker->should_notify() ? feed_others(next) : next;
}

bool FanOut::take_back_fenced() noexcept {
  const ThreadContext& thread = this_thread();
  if (!thread.worker || thread.fast_worker) return false;
  return thread.worker->fan_outs.pop_if(this);
}

std::coroutine_handle<> FanOut::feed_others(std::coroutine_handle<> next) noexcept {
  scheduler().notify_one();
  return next;
}

FanOut::Leaving FanOut::leave() noexcept {
  std::uint64_t state = state_.load(std::memory_order_acquire);
  for (;;) {
    if (state == (kNoMore | 1)) return Leaving::kParent;
    const bool parked = (state & kParked) != 0;
    const std::uint64_t next = parked ? state & ~kParked : state - 1;
    // acq_rel: the last child to end, and the next holder, see what all others did.
    if (state_.compare_exchange_weak(state, next, std::memory_order_acq_rel,
                                     std::memory_order_acquire)) {
      return parked ? Leaving::kEntry : Leaving::kNothing;
    }
  }
}

/// REQUIRES: the caller holds the entry, and a child that does not come is counted in state_.
std::coroutine_handle<> FanOut::no_more() noexcept {
  std::uint64_t state = state_.load(std::memory_order_relaxed);
  while (!state_.compare_exchange_weak(state, (state - 1) | kNoMore, std::memory_order_acq_rel,
                                       std::memory_order_relaxed)) {
  }
  if ((state & kLive) == 1) return parent();
  return std::noop_coroutine();
}

bool FanOut::halted() noexcept {
  if (is_set(kHalted)) return true;
  if (!context_->scope.notice_if_requested_nearby()) return false;
  set(kCutShort);
  return true;
}

void FanOut::halt() noexcept {
  set(kHalted);
  context_->scope.request_stop();
}

bool FanOut::caller_stop_requested() const noexcept {
  return caller() != nullptr && caller()->stop_requested_nearby();
}

void FanOut::keep_failure(std::size_t index, const std::exception_ptr& error) noexcept {
  if (!failures_) failures_.emplace(ExecutionError::Failure{index, error});
  try {
    failures_->all.push_back({index, error});
  } catch (const std::bad_alloc&) {  // NOLINT(bugprone-empty-catch)
    // The first one is kept in any case; the list of the others is shorter than it might be.
  }
}

void FanOut::child_failed(std::size_t index, const std::exception_ptr& error,
                          Progress* progress) noexcept {
  // All scopes are asked outside the lock: a deadline that has passed notifies others now.
  const bool cancelled = is_cancelled_in(&context_->scope, error);
  if (progress && !cancelled) progress->count_failed();
  const std::exception_ptr failure = cancelled ? failure_while_stopping(error) : without_wrapping(error);
  if (collects_errors_) {
    if (!cancelled && !context_->scope.stop_requested_nearby()) return;
    // The call may end with what it was stopped for, and then nobody sees the outcomes.
    const std::scoped_lock guard{failures_lock_};
    if (cancelled) set(kCancelled);
    if (failure) keep_failure(index, failure);
    return;
  }
  // A caller that was asked to stop gets to hear of that, not of what came of it.
  const bool caller_stopped = !is_set(kHalted) && caller_stop_requested();
  if (caller_stopped) caller()->notice();
  {
    const std::scoped_lock guard{failures_lock_};
    if (!is_set(kFailed) && !is_set(kCancelled)) {  // nothing has gone wrong before
      set(cancelled || caller_stopped ? kCancelled : kFailed);
    }
    if (failure) keep_failure(index, failure);
  }
  halt();
}

void FanOut::child_not_made(const std::exception_ptr& error, Progress* progress) noexcept {
  const std::size_t index = started_++;
  if (progress) {
    progress->count_started();
    progress->count_done();
  }
  child_failed(index, error, progress);
}

void FanOut::no_memory_for_result(const std::exception_ptr& error) noexcept {
  {
    const std::scoped_lock guard{failures_lock_};
    set(kFailed);
    if (!failures_) failures_.emplace(ExecutionError::Failure{started_ - 1, error});
  }
  halt();
}

std::exception_ptr FanOut::take_failures(std::optional<std::size_t> total) {
  if (!failures_) return nullptr;
  if (failures_->all.empty()) failures_->all.push_back(failures_->first);
  return std::make_exception_ptr(ExecutionError{std::move(failures_->all), total});
}

std::exception_ptr FanOut::take_failures_if_possible(std::optional<std::size_t> total) noexcept {
  try {
    return take_failures(total);
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}

void FanOut::throw_trouble(std::optional<std::size_t> total) {
  if (is_set(kFailed)) std::rethrow_exception(take_failures(total));
  if (is_set(kCutShort) || is_set(kCancelled))
    throw_cancelled_error(take_failures_if_possible(total));
}

void FanOut::throw_cut_off(Timeout timeout, std::optional<std::size_t> total) {
  throw_timed_out(timeout, take_failures_if_possible(total));
}

}  // namespace mtaio::internal
