#include <mtaio/fan_out/failures.hpp>

#include <mtaio/coro/errors.hpp>
#include <mtaio/progress.hpp>

#include "base/while_stopping.hpp"

#include <mutex>
#include <new>
#include <utility>

namespace mtaio::internal {

FanOutFailures::Collected::~Collected() = default;

void FanOutFailures::record(std::size_t index, const std::exception_ptr& error,
                            lowlevel::StopScope& scope, Progress* progress) noexcept {
  // The scopes are asked without the lock: if a deadline has passed, that notifies other tasks.
  const bool cancelled = is_cancelled_in(&scope, error);
  if (progress && !cancelled) progress->count_failed();
  const std::exception_ptr failure =
      cancelled ? failure_while_stopping(error) : without_wrapping(error);
  if (collects_errors_) {
    if (!cancelled && !scope.stop_requested_nearby()) return;
    // The call may end with the error of the stop request, which hides the outcomes. So the
    // failures are collected to be nested in that error.
    const std::scoped_lock guard{lock_};
    if (cancelled) set(kCancelled);
    if (failure) collect(index, failure);
    return;
  }
  // If the caller was asked to stop before the first failure, the call ends with CancelledError.
  lowlevel::StopScope* const caller = scope.parent();
  const bool caller_stopped =
      !is_set(kHalted) && caller != nullptr && caller->stop_requested_nearby();
  if (caller_stopped) caller->notice();
  {
    const std::scoped_lock guard{lock_};
    const bool is_first = !is_set(kFailed) && !is_set(kCancelled);
    if (is_first) set(cancelled || caller_stopped ? kCancelled : kFailed);
    if (failure) collect(index, failure);
  }
  halt(scope);
}

void FanOutFailures::record_lost_result(std::size_t index, const std::exception_ptr& error,
                                        lowlevel::StopScope& scope) noexcept {
  {
    const std::scoped_lock guard{lock_};
    set(kFailed);
    if (!collected_) collected_.emplace(ExecutionError::Failure{index, error});
  }
  halt(scope);
}

void FanOutFailures::halt(lowlevel::StopScope& scope) noexcept {
  set(kHalted);
  scope.request_stop();
}

bool FanOutFailures::check_halted(lowlevel::StopScope& scope) noexcept {
  if (is_set(kHalted)) return true;
  if (!scope.notice_if_requested_nearby()) return false;
  set(kCutShort);
  return true;
}

void FanOutFailures::collect(std::size_t index, const std::exception_ptr& error) noexcept {
  // Only ever copied into the list: moving would be one more copy of the code that enlarges it.
  const ExecutionError::Failure failure{index, error};
  if (!collected_) collected_.emplace(failure);
  try {
    collected_->all.push_back(failure);
  } catch (const std::bad_alloc&) {  // NOLINT(bugprone-empty-catch)
    // The first failure is kept in any case; this one is left out of the list.
  }
}

std::exception_ptr FanOutFailures::take_collected(std::optional<std::size_t> total) {
  if (!collected_) return nullptr;
  if (collected_->all.empty()) collected_->all.push_back(collected_->first);
  return std::make_exception_ptr(ExecutionError{std::move(collected_->all), total});
}

std::exception_ptr FanOutFailures::try_take_collected(std::optional<std::size_t> total) noexcept {
  try {
    return take_collected(total);
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}

void FanOutFailures::throw_error(std::optional<std::size_t> total) {
  if (is_set(kFailed)) std::rethrow_exception(take_collected(total));
  if (is_set(kCutShort) || is_set(kCancelled)) throw_cancelled_error(try_take_collected(total));
}

void FanOutFailures::throw_timeout(Timeout timeout, std::optional<std::size_t> total) {
  throw_timed_out(timeout, try_take_collected(total));
}

}  // namespace mtaio::internal
