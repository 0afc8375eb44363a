/// Something that a scheduler runs.
#pragma once

#include <mtaio/lowlevel/intrusive_list.hpp>

#include <coroutine>

namespace mtaio::lowlevel {

class TaskRoot;

/// A piece of work, inside the object that it belongs to: posting it never allocates and cannot
/// fail. Between `post()` and its run it belongs to the scheduler, and its object must not go away.
class Job : public ListNode<Job> {
 public:
  /// Does the work, and returns the coroutine to be resumed next; `std::noop_coroutine()` if there
  /// is none. The job may be gone when it returns.
  using Run = std::coroutine_handle<> (*)(Job&) noexcept;

  explicit Job(Run what, TaskRoot* of = nullptr) noexcept : run_{what}, root_{of} {}
  struct RootComes {};
  /// set_root() is to be called before anybody uses the job.
  Job(Run what, RootComes) noexcept : run_{what} {}  // NOLINT(*-member-init)

  [[nodiscard]] std::coroutine_handle<> run() noexcept { return run_(*this); }

  /// The task to which the work belongs: what `run()` or `create_task` started; null for work of no
  /// task.
  [[nodiscard]] TaskRoot* root() const noexcept { return root_; }
  void set_root(TaskRoot* root) noexcept { root_ = root; }

 private:
  const Run run_;
  TaskRoot* root_;
};

}  // namespace mtaio::lowlevel
