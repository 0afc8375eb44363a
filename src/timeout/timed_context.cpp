#include <mtaio/timeout/timed_context.hpp>

#include <mtaio/coro/errors.hpp>
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

void TimedContext::finish(Timeout timeout, const std::exception_ptr& error) {
  // A CancelledError that the deadline caused shows that the child noticed the deadline.
  (void)is_cancelled_in(&scope, error);
  close();
  if (cut_off()) throw_timed_out(timeout, failure_while_stopping(error));
}

bool TimedContext::poll() noexcept {
  if (deadline_ == lowlevel::TimePoint::max() || scheduler_->now() < deadline_) return false;
  expire();
  return true;
}

void TimedContext::attached() noexcept {
  if (deadline_ == lowlevel::TimePoint::max()) return;
  scheduler_->arm(*this, deadline_);
  // A task that registers a stop callback is not suspended: it may go on computing, so another
  // worker has to watch the timer.
  scheduler_->watch(deadline_);
}

void TimedContext::fire(lowlevel::Timer& timer) noexcept {
  static_cast<TimedContext&>(timer).expire();
}

void TimedContext::expire() noexcept {
  // When it returns, this object may be destroyed.
  scope.request_stop_noting(&expired_);
}

}  // namespace mtaio::internal
