#include <mtaio/timeout/timed_context.hpp>

#include <mtaio/coro/promise.hpp>

namespace mtaio::internal {

TimedContext::TimedContext(TaskContext* parent, Timeout timeout)
    : TaskContext{parent, this}, lowlevel::Timer{&TimedContext::fire} {
  if (timeout.is_forever()) return;
  scheduler_ = &scheduler_of(parent);
  deadline_ = lowlevel::deadline_after(scheduler_->now(), timeout);
}

TimedContext::TimedContext(TaskContext* parent, Timeout timeout,
                           lowlevel::Scheduler& scheduler) noexcept
    : TaskContext{parent, this}, lowlevel::Timer{&TimedContext::fire} {
  if (timeout.is_forever()) return;
  scheduler_ = &scheduler;
  deadline_ = lowlevel::deadline_after(scheduler_->now(), timeout);
}

bool TimedContext::poll() noexcept {
  if (deadline_ == lowlevel::TimePoint::max() || scheduler_->now() < deadline_) return false;
  expire();
  return true;
}

void TimedContext::attached() noexcept {
  if (deadline_ == lowlevel::TimePoint::max()) return;
  scheduler_->arm(*this, deadline_);
  scheduler_->watch(deadline_);  // whoever waits may also compute: a callback is no suspension
}

void TimedContext::fire(lowlevel::Timer& timer) noexcept {
  static_cast<TimedContext&>(timer).expire();
}

void TimedContext::expire() noexcept {
  scope.request_stop_noting(&expired_);  // this may be gone when it returns
}

}  // namespace mtaio::internal
