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
  lowlevel::StopScope* scope =
      nullptr;  // from which the function's stop requests come; null when there is none
  ForkMark called_in;
};

/// What the library knows about a thread.
struct ThreadContext {
  /// The thread is `here` from now on. `fenced`: whether no fence of its own is needed between what
  /// it does and what other workers do.
  void set_worker(LocalQueues& here, bool fenced) noexcept {
    worker = &here;
    fast_worker = fenced ? &here : nullptr;
  }

  LocalQueues* worker = nullptr;         // null on a thread that is no worker
  LocalQueues* fast_worker = nullptr;    // the same, if it is fenced
  const ThreadContext* outer = nullptr;  // what it was when a task called run() of another runtime
  TaskRoot* root = nullptr;              // the task whose code runs here
  const FunctionInThread* function = nullptr;  // that calls run(): its stop requests reach that run
  int budget = 0;                              // see consume_budget()
  bool in_trampoline = false;                  // a call of run_job() is below on the stack
  void* transfer =
      nullptr;  // GCC: the coroutine to be resumed when the current one has returned to run_job(),
  PromiseBase* ended = nullptr;  // or the one that has just ended
};

[[gnu::visibility("default")]] extern constinit thread_local ThreadContext thread_context;

/// The calling thread's. Never inlined, so that no compiler keeps the address across a suspension;
/// for the same reason the reference is not to be kept across one.
[[nodiscard, gnu::visibility("default")]] ThreadContext& this_thread() noexcept;

/// The same, inlined where that is safe: for functions that are no coroutines and are never inlined
/// into one, such as the hook of a task that has ended.
[[nodiscard]] inline ThreadContext& this_thread_inlined() noexcept {
#if defined(__clang__)
  return thread_context;
#else
  return this_thread();
#endif
}

/// While it lives, the stop requests of the function that runs on this thread come from `scope`,
/// which is below the scope that they came from before.
class InnerScope {
 public:
  explicit InnerScope(lowlevel::StopScope& scope) noexcept
      : outer_{this_thread().function},
        // Null where runs in the function are not to be told.
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
