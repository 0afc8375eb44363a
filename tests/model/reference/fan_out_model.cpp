#include "model/reference/fan_out_model.hpp"

#include <mtaio/exceptions.hpp>

#include "base/exception_cast.hpp"

#include <algorithm>

namespace model {
namespace {

// So often a fan-out looks whether it is to stop, although nobody has told it, and lets others run.
constexpr std::size_t kLooks = 64;

/// Whether it looks before the next task starts. Also when one was cancelled: somebody knows why.
bool looks_further(const Call& call) noexcept {
  return call.cancelled || (call.started > 0 && call.started % kLooks == 0);
}

}  // namespace

std::exception_ptr without_wrapping(const std::exception_ptr& error) noexcept {
  const auto* wrapping = mtaio::internal::exception_cast<mtaio::ExecutionError>(error);
  return wrapping && !wrapping->has_index() ? wrapping->cause() : error;
}

std::exception_ptr while_stopping(const std::exception_ptr& error) noexcept {
  if (!mtaio::internal::exception_cast<mtaio::CancelledError>(error)) {
    return without_wrapping(error);
  }
  const auto* nesting = mtaio::internal::exception_cast<std::nested_exception>(error);
  return nesting ? nesting->nested_ptr() : nullptr;
}

void FanOutModel::check_may_start(Call& call) noexcept {
  expect(!call.halted, "a task starts after one has failed");
  expect(!scopes_[call.scope].stopped, "a task starts after the call was asked to stop");
  expect(!call.range_ended, "a task starts where there is none");
  expect(call.live < call.limit, "the limit is exceeded");
  if (looks_further(call)) {
    expect(!scopes_.stop_requested(call.scope), "a call does not look whether it is to stop");
  }
}

void FanOutModel::started(Call& call, std::size_t index) noexcept {
  check_may_start(call);
  expect_equal(call.started, index, "the task that starts");
  ++call.started;
  ++call.live;
  expect(++call.started_in_a_row <= kLooks, "a call keeps a worker to itself");
  if (call.sized && call.started == call.size) call.range_ended = true;
}

void FanOutModel::ended(Call& call, std::size_t index, Ended how) noexcept {
  --call.live;
  call.children[index].ended = how;
  if (how != Ended::kValue) failed(call, index, how);
}

void FanOutModel::not_made(Call& call, const std::exception_ptr& error) {
  check_may_start(call);
  const std::size_t index = call.started++;
  expect(++call.started_in_a_row <= kLooks, "a call keeps a worker to itself");
  if (call.sized && call.started == call.size) call.range_ended = true;
  call.children.resize(std::max(call.children.size(), call.started));
  call.children[index].ended = Ended::kError;
  call.children[index].error = error;
  failed(call, index, Ended::kError);
}

void FanOutModel::range_ended(Call& call) noexcept {
  check_may_start(call);
  call.range_ended = call.total_known = true;
}

void FanOutModel::failed(Call& call, std::size_t index, Ended how) noexcept {
  Child& child = call.children[index];
  // One that nobody asked for is a failure like others.
  const bool cancelled = how == Ended::kCancelled && scopes_.notice_if_requested(call.scope);
  if (!cancelled) ++call.failed;
  child.failure = cancelled ? while_stopping(child.error) : without_wrapping(child.error);
  const bool tells = !cancelled || child.failure;
  if (call.collects) {
    if (!cancelled && !scopes_.stop_requested(call.scope)) return;
    if (cancelled) call.cancelled = true;
    if (tells) call.failures.push_back(index);
    return;
  }
  // A caller that was asked to stop gets to hear of that, not of what came of it.
  const bool caller_stopped = !call.halted && scopes_.notice_if_requested(call.outer_scope);
  if (!call.has_failed && !call.cancelled) {
    (cancelled || caller_stopped ? call.cancelled : call.has_failed) = true;
  }
  if (tells) call.failures.push_back(index);
  call.halted = true;
  // Had somebody found out before that it is to stop, and left the rest out? It is not seen. Where
  // the limit is reached nobody has tried.
  if (!call.range_ended && scopes_[call.scope].stopped) {
    scopes_.notice(call.scope, ScopeModel::Maybe::kMaybe);
    scopes_.doubt_later(call.scope);
  }
  scopes_.stop(call.scope);
}

Ended FanOutModel::result(Call& call, Ended found) noexcept {
  call.open = false;
  if (call.times_out_at_once && call.size + (call.sized ? 0 : 1) > 0) return Ended::kTimedOut;
  if (call.sized && call.size == 0) return Ended::kValue;
  expect_equal(0, call.live, "tasks left running behind the caller's back");
  const bool left_out = !call.range_ended && !call.halted;
  if (left_out) {
    expect(
        scopes_[call.scope].stopped || (looks_further(call) && scopes_.stop_requested(call.scope)),
        "tasks were left out for no reason");
    scopes_.notice_in_between(call.scope);
    scopes_.doubt_later(call.scope);
  }
  scopes_.close(call.scope);
  const auto& scope = scopes_[call.scope];
  if (scope.expired && scope.noticed == ScopeModel::Maybe::kYes) return Ended::kTimedOut;
  if (scope.expired && scope.noticed == ScopeModel::Maybe::kMaybe && found == Ended::kTimedOut) {
    return found;
  }
  if (call.has_failed) return Ended::kError;
  return left_out || call.cancelled ? Ended::kCancelled : Ended::kValue;
}

void FanOutModel::check_rest(const Call& call) const noexcept {
  if (!call.open || call.times_out_at_once) return;
  expect(call.live > 0, "nothing runs any more, but a call should return");
  expect(call.halted || call.range_ended || scopes_[call.scope].stopped || call.live >= call.limit,
         "nothing runs any more, but a task might start");
}

}  // namespace model
