/// Something that a scheduler runs.
#pragma once

#include <mtaio/lowlevel/intrusive_list.hpp>

#include <coroutine>

namespace mtaio::internal {
class TaskRoot;
}

namespace mtaio::lowlevel {

/// Chooses the constructor that leaves a member unset, for a caller that sets it before the first
/// use.
struct Deferred {};

/// A piece of work, inside the object that it belongs to: posting a job never allocates and cannot
/// fail. From `post()` until the job runs, the scheduler owns its link, and the object must stay
/// alive.
class Job : public ListNode<Job> {
 public:
  /// Does the work, and returns the coroutine to be resumed next; `std::noop_coroutine()` if there
  /// is none. The job may be destroyed when it returns.
  using Function = std::coroutine_handle<> (*)(Job&) noexcept;

  explicit Job(Function function, internal::TaskRoot* root = nullptr) noexcept
      : function_{function}, root_{root} {}
  /// REQUIRES: `set_root()` is called before the job is posted.
  Job(Function function, Deferred) noexcept  // NOLINT(*-member-init)
      : function_{function} {}

  [[nodiscard]] std::coroutine_handle<> run() noexcept { return function_(*this); }

  /// The root of the task that the work belongs to; null for work that belongs to no task.
  [[nodiscard]] internal::TaskRoot* root() const noexcept { return root_; }
  void set_root(internal::TaskRoot* root) noexcept { root_ = root; }

 private:
  const Function function_;
  internal::TaskRoot* root_;
};

}  // namespace mtaio::lowlevel
