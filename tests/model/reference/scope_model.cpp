#include "model/reference/scope_model.hpp"

#include <algorithm>

namespace model {

using mtaio::testing::Step;

void ScopeModel::stop(int scope) noexcept {
  if ((*this)[scope].stopped) return;
  (*this)[scope].stopped = true;
  (*this)[scope].stopped_as = ++stopped_;
  for (Sleeper& sleeper : sleepers_) {
    if (!sleeper.pending || sleeper.scope != scope) continue;
    if (sleeper.end == End::kNone) end(sleeper, End::kCancelled);
  }
  for (std::size_t i = 0; i < scopes_.size(); ++i) {
    const Scope& below = scopes_[i];
    if (below.parent == scope && below.attached && below.open) stop(static_cast<int>(i));
  }
}

void ScopeModel::expire(int scope) noexcept {
  if ((*this)[scope].stopped) return;
  (*this)[scope].expired = true;
  stop(scope);
}

bool ScopeModel::has_deadline(int scope) const noexcept {
  while (scope >= 0 && scopes_[static_cast<std::size_t>(scope)].deadline == kNever) {
    scope = scopes_[static_cast<std::size_t>(scope)].parent;
  }
  return scope >= 0;
}

bool ScopeModel::stop_requested(int scope) noexcept {
  for (; scope >= 0; scope = (*this)[scope].parent) {
    if ((*this)[scope].stopped) return true;
    if ((*this)[scope].deadline <= simulation_.elapsed()) {
      expire(scope);
      return true;
    }
  }
  return false;
}

bool ScopeModel::notice_if_requested(int scope) noexcept {
  if (!stop_requested(scope)) return false;
  notice(scope);
  return true;
}

void ScopeModel::notice(int scope, Maybe how) noexcept {
  note_upwards(scope, [how](const Scope&) { return how; });
}

void ScopeModel::notice_in_between(int scope) noexcept {
  const int since = (*this)[scope].stopped_as;
  note_upwards(scope, [since](const Scope& noticing) {
    return noticing.stopped_as <= since ? Maybe::kYes : Maybe::kMaybe;
  });
}

void ScopeModel::doubt_later(int scope) noexcept {
  const int since = (*this)[scope].stopped_as;
  for (scope = (*this)[scope].parent; scope >= 0; scope = (*this)[scope].parent) {
    Scope& above = (*this)[scope];
    if (above.stopped_as > since && above.noticed == Maybe::kYes) above.noticed = Maybe::kMaybe;
  }
}

template <class How>
void ScopeModel::note_upwards(int scope, How how) noexcept {
  bool perhaps_noted_before = false;
  for (; scope >= 0; scope = (*this)[scope].parent) {
    Scope& noticing = (*this)[scope];
    if (!noticing.stopped && noticing.attached) return;
    if (!noticing.stopped) continue;
    if (noticing.noticed == Maybe::kYes) return;
    const Maybe now = perhaps_noted_before ? Maybe::kMaybe : how(noticing);
    perhaps_noted_before = perhaps_noted_before || noticing.noticed == Maybe::kMaybe;
    noticing.noticed = std::max(noticing.noticed, now);
  }
}

void ScopeModel::attach(int scope) noexcept {
  while (scope >= 0 && !(*this)[scope].attached) {
    Scope& attaching = (*this)[scope];
    attaching.attached = true;
    attaching.armed_since = simulation_.elapsed();
    if (attaching.parent >= 0 && (*this)[attaching.parent].stopped) return stop(scope);
    scope = attaching.parent;
  }
}

bool ScopeModel::tells_timers_apart(int scope) const noexcept {
  const Time now = simulation_.elapsed();
  int late = 0;
  while (scope >= 0) {
    const Scope& here = scopes_[static_cast<std::size_t>(scope)];
    if (here.attached || here.stopped) break;
    if (here.deadline <= now) ++late;
    scope = here.parent;
  }
  if (late == 0) return true;
  const auto is_due = [now](const Scope& each) {
    return each.open && each.attached && !each.stopped && each.deadline <= now;
  };
  const auto ends_now = [now](const Sleeper& each) {
    return each.pending && each.end == End::kNone && each.deadline <= now;
  };
  return late == 1 && std::ranges::none_of(scopes_, is_due) &&
         std::ranges::none_of(sleepers_, ends_now);
}

void ScopeModel::was_stopped(int scope) noexcept {
  if ((*this)[scope].stopped) return;
  // A deadline has passed: its own, or that of a scope above.
  int expired = scope;
  while (expired >= 0 && (*this)[expired].deadline > simulation_.elapsed()) {
    expired = (*this)[expired].parent;
  }
  expect(expired >= 0, "a scope was stopped for no reason");
  expire(expired);
  expect((*this)[scope].stopped, "a scope was stopped for no reason");
}

int ScopeModel::begin_wait(int scope, Time deadline, bool in_thread) {
  std::size_t index = 0;
  while (index < sleepers_.size() && sleepers_[index].pending) ++index;
  if (index == sleepers_.size()) sleepers_.emplace_back();
  Sleeper& sleeper = sleepers_[index];
  sleeper = {.scope = scope, .pending = true, .in_thread = in_thread, .deadline = deadline};
  if (!(*this)[scope].stopped) attach(scope);
  if ((*this)[scope].stopped && sleeper.end == End::kNone) end(sleeper, End::kCancelled);
  return static_cast<int>(index);
}

void ScopeModel::went_on(int sleeper, End how) noexcept {
  Sleeper& awake = this->sleeper(sleeper);
  expect_equal(awake.end, how, "a wait ended (0 not, 1 served, 2 timed out, 3 cancelled) as");
  // A function goes through several hands.
  const Time lag = awake.in_thread ? 3 * max_lag_ : max_lag_;
  expect(simulation_.elapsed() - awake.ended <= lag,
         "a task went on later than the machine's lag explains");
  awake.pending = false;
  if (how == End::kCancelled) notice(awake.scope);
}

void ScopeModel::after(Step step) noexcept {
  const Time now = simulation_.elapsed();
  for (Sleeper& sleeper : sleepers_) {
    if (!sleeper.pending) continue;
    if (sleeper.end != End::kNone) {
      expect(step != Step::kRest, "nothing runs any more, but a task should: a lost wake-up");
      continue;
    }
    if (step == Step::kTimers && sleeper.deadline <= now) end(sleeper, End::kTimedOut);
    expect(sleeper.end != End::kNone || sleeper.deadline >= now,
           "time has passed the end of a wait");
  }
  for (std::size_t i = 0; i < scopes_.size(); ++i) {
    const Scope& scope = scopes_[i];
    if (scope.deadline == kNever || !scope.open || !scope.attached || scope.stopped) continue;
    if (step == Step::kTimers && scope.deadline <= now && !scope.watched) {
      expire(static_cast<int>(i));
    }
    expect(scope.stopped || std::max(scope.deadline, scope.armed_since) >= now,
           "time has passed a deadline");
  }
}

}  // namespace model
