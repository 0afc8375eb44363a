/// `map` of a plain function: its tasks are the library's own, so when one starts or goes on is not
/// seen, and the model says less than for others.
#include "model/explore/check.hpp"
#include "model/programs/fan_out_program.hpp"

#include <algorithm>

namespace model {

int FanOutProgram::run_plain(CallRun& run, std::size_t index) {
  note(now(), "call %d: function %zu", run.number, index);
  Child& child = run.call.children[index];
  expect(child.ended == Ended::kNot, "a function is called again");
  expect(!scopes_[run.call.scope].stopped, "a function runs after the call was asked to stop");
  child.value = run.number * 1000 + static_cast<int>(index);
  child.ended = Ended::kValue;
  if (index == run.throws_at) {
    child.ended = Ended::kError;
    child.error = child.failure = std::make_exception_ptr(TaskFailed{});
    std::rethrow_exception(child.error);
  }
  return child.value;
}

Ended FanOutProgram::result_of_plain(CallRun& run, Ended found) noexcept {
  Call& call = run.call;
  call.open = false;
  if (call.size == 0) return Ended::kValue;
  if (call.times_out_at_once) return Ended::kTimedOut;
  const auto ended = [&](Ended how) {
    return std::ranges::count(call.children, how, &Child::ended);
  };
  const bool failed = ended(Ended::kError) > 0;
  const bool all_ran = ended(Ended::kNot) == 0;
  scopes_.close(call.scope);
  // Where one fails the library looks at the clock, at a moment that is not seen.
  if (found == Ended::kTimedOut && failed) (void)scopes_.stop_requested(call.scope);
  bool stopped = scopes_[call.scope].stopped;
  if (found == Ended::kValue || found == Ended::kCancelled) {
    stopped = scopes_.stop_requested(call.outer_scope) || stopped;
  }
  const Ended unstopped = failed && !call.collects ? Ended::kError : Ended::kValue;
  expect(unstopped != Ended::kValue || all_ran || found != Ended::kValue, "a function has not run");
  if (!stopped) return unstopped;
  scopes_.notice(call.scope, ScopeModel::Maybe::kMaybe);
  const bool expired = scopes_[call.scope].expired;
  const bool may_be =
      found == unstopped || found == Ended::kCancelled || (found == Ended::kTimedOut && expired);
  return may_be ? found : unstopped;
}

}  // namespace model
