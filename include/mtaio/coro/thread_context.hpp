/// What the library knows about a thread.
#pragma once

#include <mtaio/coro/local_queues.hpp>
#include <mtaio/lowlevel/stop_scope.hpp>
#include <mtaio/platform/fork_mark.hpp>

namespace mtaio::internal {

class PromiseBase;
class TaskRoot;

/// A function that runs in a thread while a task waits for it. This object is on the thread's
/// stack.
struct FunctionInThread {
  // The scope that the function's stop requests come from; null when there is none.
  lowlevel::StopScope* scope = nullptr;
  ForkMark called_in;
};

/// What the library knows about a thread. Only the thread itself reads and writes it.
class ThreadContext {
 public:
  /// The worker that the thread works for; null on a thread that is not a worker.
  [[nodiscard]] LocalQueues* worker() const noexcept { return worker_; }
  /// The same, but null if the worker has to execute fences itself.
  [[nodiscard]] LocalQueues* fast_worker() const noexcept { return fast_worker_; }
  /// The context of the same thread at the time when a task on it called run() of another runtime.
  [[nodiscard]] const ThreadContext* outer() const noexcept { return outer_; }
  /// The root of the task whose code runs on the thread; null if there is none.
  [[nodiscard]] TaskRoot* root() const noexcept { return root_; }
  /// The function that runs on the thread while a task waits for it. A run() inside that function
  /// takes its stop requests from there.
  [[nodiscard]] const FunctionInThread* function() const noexcept { return function_; }

  /// From now on the thread works for `local_queues`. `fenced`: the heavy fences of other workers
  /// order what this thread does, so that it needs no fence instruction of its own.
  void set_worker(LocalQueues& local_queues, bool fenced) noexcept {
    worker_ = &local_queues;
    fast_worker_ = fenced ? &local_queues : nullptr;
  }

  // budget.hpp says what the next three are for.
  [[nodiscard]] bool consume_budget() noexcept { return worker_ == nullptr || --budget_ > 0; }
  [[nodiscard]] bool budget_is_spent() const noexcept { return worker_ != nullptr && budget_ <= 0; }
  void refund_budget() noexcept {
    if (worker_ != nullptr) ++budget_;
  }

 private:
  friend class SavedThreadContext;
  friend class FunctionScope;
  friend class InnerScope;
  friend struct Trampoline;

  LocalQueues* worker_ = nullptr;
  LocalQueues* fast_worker_ = nullptr;
  const ThreadContext* outer_ = nullptr;
  TaskRoot* root_ = nullptr;
  const FunctionInThread* function_ = nullptr;
  int budget_ = 0;
  // Of the trampoline: run_job() is below on the stack.
  bool in_trampoline_ = false;
  // Of the trampoline: the coroutine that run_job() resumes next, or the task that has just ended.
  void* transfer_ = nullptr;
  PromiseBase* ended_ = nullptr;
};

[[gnu::visibility("default")]] extern constinit thread_local ThreadContext thread_context;

/// The context of the calling thread. Never inlined, so that no compiler keeps the address across a
/// suspension; callers must not keep the reference across one either.
[[nodiscard, gnu::visibility("default")]] ThreadContext& this_thread() noexcept;

/// The same, inlined where that is safe: for functions that are not coroutines and are never
/// inlined into one, such as the hook of a task that has ended.
[[nodiscard]] inline ThreadContext& this_thread_inlined() noexcept {
#if defined(__clang__)
  return thread_context;
#else
  return this_thread();
#endif
}

/// Keeps the context of the calling thread, and restores it at the end of the block.
class SavedThreadContext {
 public:
  SavedThreadContext() noexcept : thread_{this_thread()}, saved_{thread_} {}
  SavedThreadContext(const SavedThreadContext&) = delete;
  SavedThreadContext& operator=(const SavedThreadContext&) = delete;
  ~SavedThreadContext() { thread_ = saved_; }

  /// Until the end of the block, the thread is not a worker and runs no task.
  void leave_worker() noexcept { thread_ = ThreadContext{}; }
  /// Until the end of the block, the thread works for `local_queues`; see
  /// `ThreadContext::set_worker()`.
  void enter_worker(LocalQueues& local_queues, bool fenced) noexcept {
    leave_worker();
    thread_.set_worker(local_queues, fenced);
    thread_.outer_ = &saved_;
  }

 private:
  ThreadContext& thread_;
  const ThreadContext saved_;
};

/// Until the end of the block, the thread runs `function` on behalf of the task `root`.
class FunctionScope {
 public:
  FunctionScope(const FunctionInThread& function, TaskRoot* root) noexcept
      : outer_{this_thread().function()} {
    this_thread().function_ = &function;
    this_thread().root_ = root;
  }
  FunctionScope(const FunctionScope&) = delete;
  FunctionScope& operator=(const FunctionScope&) = delete;
  ~FunctionScope() {
    this_thread().function_ = outer_;
    this_thread().root_ = nullptr;
  }

 private:
  const FunctionInThread* const outer_;
};

/// Until the end of the block, the stop requests of the function that runs on this thread come from
/// `scope`, a descendant of the scope that they came from before.
class InnerScope {
 public:
  explicit InnerScope(lowlevel::StopScope& scope) noexcept
      : outer_{this_thread().function()},
        // Null stays null: runs inside the function take no stop requests from it.
        function_{outer_->scope ? &scope : nullptr, outer_->called_in} {
    this_thread().function_ = &function_;
  }
  InnerScope(const InnerScope&) = delete;
  InnerScope& operator=(const InnerScope&) = delete;
  ~InnerScope() { this_thread().function_ = outer_; }

 private:
  const FunctionInThread* const outer_;
  const FunctionInThread function_;
};

}  // namespace mtaio::internal
