/// A thread that blocks until a wait has arrived.
#pragma once

#include <mtaio/lowlevel/job.hpp>
#include <mtaio/lowlevel/poster.hpp>
#include <mtaio/lowlevel/timer.hpp>
#include <mtaio/platform/fork_mark.hpp>
#include <mtaio/platform/thread_event.hpp>

namespace mtaio::python {

/// A thread without an event loop, during one call that blocks it until a `WaitHandle` has arrived.
/// It belongs to the WaitHandle, not to the call, because the interpreter's exit may end the thread
/// before the call returns.
class BlockedThread final : public lowlevel::Poster {
 public:
  /// Runs the job, which is the WaitHandle, on the thread that posts: the blocked thread only has
  /// to be woken.
  void post(lowlevel::Job& job) noexcept override { (void)job.run(); }

  void wake() noexcept { awake_.set(); }
  [[nodiscard]] bool is_awake() const noexcept { return awake_.is_set(); }

  /// Blocks this thread until it is woken, `deadline` has passed, or a signal handler has run.
  /// Without the GIL.
  void block(lowlevel::TimePoint deadline) const noexcept { (void)awake_.wait_until(deadline); }

  /// Whether this is a forked child and the thread blocked in the parent; it does not exist in the
  /// child.
  [[nodiscard]] bool is_of_parent() const noexcept { return process_.forked(); }

 private:
  internal::ThreadEvent awake_;
  internal::ForkMark process_;
};

}  // namespace mtaio::python
