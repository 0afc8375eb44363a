/// The workers of a gather() or map().
#pragma once

#include <mtaio/python/reference.hpp>

namespace mtaio::python {

struct GatherOperation;
struct GatherWorker;

/// The workers that live, each an asyncio task that steps one coroutine after the other.
///
/// There is one worker at first. Whenever a coroutine suspends, up to two more are started, up to
/// the limit. So a thousand coroutines that never wait take one task, and a thousand that all wait
/// take as many as the limit.
class GatherWorkers {
 public:
  /// At most `limit` live at a time.
  GatherWorkers(GatherOperation& operation, Py_ssize_t limit) noexcept
      : operation_{&operation}, limit_{limit} {}
  GatherWorkers(const GatherWorkers&) = delete;
  GatherWorkers& operator=(const GatherWorkers&) = delete;

  [[nodiscard]] Py_ssize_t live() const noexcept { return live_; }
  /// The loop's factory may wrap the tasks, so that a task may end without stepping its worker.
  void watch_tasks() noexcept { watches_tasks_ = true; }

  /// Starts one more worker, or two, if there is work for them. If that fails, it is a failure of
  /// the gather.
  void scale_up();
  /// A worker is about to do its first step.
  void began() noexcept { --fresh_; }
  /// A worker, which has begun, will do no more steps. This may destroy it.
  void left(GatherWorker& worker);
  /// Wakes the caller of the gather.
  void all_left();

  /// Cancels their tasks. An exception that is set stays.
  void cancel();
  /// None of them does any more steps.
  void leave_all();
  int traverse(visitproc visit, void* arg) const;

 private:
  [[nodiscard]] bool wants_more() const noexcept;
  /// False with an exception set.
  [[nodiscard]] bool try_to_scale_up();
  /// Makes a worker and its task. False with an exception set.
  [[nodiscard]] bool add();
  /// Has the loop make the task of a worker. False with an exception set.
  [[nodiscard]] bool start(GatherWorker& worker);

  GatherOperation* operation_;
  /// A list, which has a reference to each: there may be no other reference to a task that hangs.
  GatherWorker* first_ = nullptr;
  Py_ssize_t limit_;
  Py_ssize_t live_ = 0;
  /// How many have not begun.
  Py_ssize_t fresh_ = 0;
  bool watches_tasks_ = false;
  /// try_to_scale_up() is below on the stack.
  bool scaling_up_ = false;
  /// It was called again meanwhile.
  bool scale_up_again_ = false;
};

}  // namespace mtaio::python
