/// A thread that blocks, as a scheduler.
#pragma once

#include <mtaio/platform/thread_event.hpp>
#include <mtaio/platform/fork_mark.hpp>
#include <mtaio/python/arrival_scheduler.hpp>

namespace mtaio::python {

/// A thread without an event loop, during one call that blocks it until a `Wait` has arrived. It
/// belongs to the Wait, not to the call: the interpreter's exit may end the thread before.
class BlockedThread final : public ArrivalScheduler {
 public:
  /// There is nothing to run on the thread, it only has to be woken: so the job, which is the Wait,
  /// runs on the poster.
  void post(lowlevel::Job& job) noexcept override { (void)job.run(); }

  void wake() noexcept { awake_.set(); }
  [[nodiscard]] bool is_awake() const noexcept { return awake_.is_set(); }

  /// Blocks this thread until it is woken, `deadline` has passed, or a signal handler has run.
  /// Without the GIL.
  void block(lowlevel::TimePoint deadline) const noexcept { (void)awake_.wait_until(deadline); }

  /// In a forked child, of a thread that blocked in the parent: the child does not have it.
  [[nodiscard]] bool is_of_parent() const noexcept { return process_.forked(); }

 private:
  internal::ThreadEvent awake_;
  internal::ForkMark process_;
};

}  // namespace mtaio::python
