/// Something that a scheduler runs.
#pragma once

#include <mtaio/lowlevel/intrusive_list.hpp>

#include <coroutine>

namespace mtaio::internal {
class TaskRoot;
}

namespace mtaio::lowlevel {

/// A piece of work, inside the object that it belongs to: posting it never allocates and cannot
/// fail. Between `post()` and its run it belongs to the scheduler, and its object must not go away.
class Job : public ListNode<Job> {
 public:
  /// Does the work, and returns the coroutine to be resumed next; `std::noop_coroutine()` if there
  /// is none. The job may be gone when it returns.
  using Function = std::coroutine_handle<> (*)(Job&) noexcept;

  explicit Job(Function what, internal::TaskRoot* of = nullptr) noexcept : run_{what}, root_{of} {}
  struct Deferred {};
  /// set_root() is to be called before anybody uses the job.
  Job(Function what, Deferred) noexcept : run_{what} {}  // NOLINT(*-member-init)

  [[nodiscard]] std::coroutine_handle<> run() noexcept { return run_(*this); }

  /// The task to which the work belongs: what `run()` or `create_task` started; null for work of no
  /// task.
  [[nodiscard]] internal::TaskRoot* root() const noexcept { return root_; }
  void set_root(internal::TaskRoot* root) noexcept { root_ = root; }

 private:
  const Function run_;
  internal::TaskRoot* root_;
};

}  // namespace mtaio::lowlevel
