/// What the library knows about a thread.
#pragma once

#include <mtaio/coro/local_queues.hpp>
#include <mtaio/lowlevel/stop_scope.hpp>
#include <mtaio/platform/fork_mark.hpp>

namespace mtaio::internal {

class PromiseBase;
class TaskRoot;

/// A function that runs in a thread while a task waits for it. On the stack of that thread.
struct FunctionInThread {
  // The scope that the function's stop requests come from; null when there is none.
  lowlevel::StopScope* scope = nullptr;
  ForkMark called_in;
};

/// What the library knows about a thread. The thread itself reads and writes it; nothing else does.
struct ThreadContext {
  /// From now on the thread works for `local_queues`. `fenced`: the heavy fences of other workers
  /// order what this thread does, so that it needs no fence instruction of its own.
  void set_worker(LocalQueues& local_queues, bool fenced) noexcept {
    worker = &local_queues;
    fast_worker = fenced ? &local_queues : nullptr;
  }

  // Null on a thread that is not a worker.
  LocalQueues* worker = nullptr;
  // The same; null as well if the worker has to execute fences.
  LocalQueues* fast_worker = nullptr;
  // The context of the same thread at the time when a task on it called run() of another runtime.
  const ThreadContext* outer = nullptr;
  // The root of the task whose code runs on the thread; set by run_job().
  TaskRoot* root = nullptr;
  // The function that runs on the thread while a task waits for it. A run() inside that function
  // takes its stop requests from there.
  const FunctionInThread* function = nullptr;
  // budget.hpp
  int budget = 0;
  // trampoline.hpp: run_job() is below on the stack.
  bool in_trampoline = false;
  // trampoline.hpp: the coroutine that run_job() resumes next, or the task that has just ended.
  void* transfer = nullptr;
  PromiseBase* ended = nullptr;
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

  /// Until the end, the thread is not a worker and runs no task.
  void leave_worker() noexcept { thread_ = ThreadContext{}; }
  /// Until the end, the thread works for `local_queues`; see `ThreadContext::set_worker()`.
  void enter_worker(LocalQueues& local_queues, bool fenced) noexcept {
    leave_worker();
    thread_.set_worker(local_queues, fenced);
    thread_.outer = &saved_;
  }

 private:
  ThreadContext& thread_;
  const ThreadContext saved_;
};

/// Until the end of the block, the thread runs `function` on behalf of the task `root`.
class FunctionScope {
 public:
  FunctionScope(const FunctionInThread& function, TaskRoot* root) noexcept
      : outer_{this_thread().function} {
    this_thread().function = &function;
    this_thread().root = root;
  }
  FunctionScope(const FunctionScope&) = delete;
  FunctionScope& operator=(const FunctionScope&) = delete;
  ~FunctionScope() {
    this_thread().function = outer_;
    this_thread().root = nullptr;
  }

 private:
  const FunctionInThread* const outer_;
};

/// Until the end of the block, the stop requests of the function that runs on this thread come from
/// `scope`, a descendant of the scope that they came from before.
class InnerScope {
 public:
  explicit InnerScope(lowlevel::StopScope& scope) noexcept
      : outer_{this_thread().function},
        // Null stays null: runs inside the function take no stop requests from it.
        function_{outer_->scope ? &scope : nullptr, outer_->called_in} {
    this_thread().function = &function_;
  }
  InnerScope(const InnerScope&) = delete;
  InnerScope& operator=(const InnerScope&) = delete;
  ~InnerScope() { this_thread().function = outer_; }

 private:
  const FunctionInThread* const outer_;
  const FunctionInThread function_;
};

}  // namespace mtaio::internal
