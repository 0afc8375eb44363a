/// What a thread is to the library.
#pragma once

#include <mtaio/lowlevel/asymmetric_fence.hpp>
#include <mtaio/lowlevel/fork_mark.hpp>
#include <mtaio/lowlevel/job.hpp>
#include <mtaio/lowlevel/scheduler.hpp>
#include <mtaio/lowlevel/stop_scope.hpp>
#include <mtaio/lowlevel/work_deque.hpp>

#include <atomic>
#include <coroutine>
#include <cstddef>
#include <cstdint>

namespace mtaio::lowlevel {

class PromiseBase;

/// How many workers of a scheduler sleep, and how many look for work.
class Idlers {
 public:
  /// How many workers the counts have room for.
  static constexpr std::size_t kMost = (1U << 16U) - 1;

  /// Whether a worker should be woken for new work: one sleeps, and none is looking for work
  /// already.
  [[nodiscard]] bool hungry() const noexcept {
    return is_hungry(counts_.load(std::memory_order_relaxed));
  }
  /// How many sleep, if none is looking for work.
  [[nodiscard]] std::uint32_t sleeping() const noexcept {
    return counts_.load(std::memory_order_relaxed) % kSearching;
  }
  /// Both counts change at once.
  ///
  /// E2, the searcher: when the last worker that was looking for work stops doing so while others
  /// sleep, this executes the heavy half of the fence. What is looked at afterwards has all that
  /// pushers have published who found that worker still looking, and therefore woke none.
  void change(int sleeping, int searching) noexcept {
    const std::uint32_t by =
        static_cast<std::uint32_t>(sleeping) + static_cast<std::uint32_t>(searching) * kSearching;
    const std::uint32_t before = counts_.fetch_add(by, std::memory_order_seq_cst);
    if (searching < 0 && sleeping == 0 && is_hungry(before + by)) asymmetric_fence_heavy();
  }

 private:
  static constexpr std::uint32_t kSearching = 1U << 16U;

  static bool is_hungry(std::uint32_t counts) noexcept {
    return counts != 0 && counts < kSearching;
  }

  std::atomic<std::uint32_t> counts_{0};
};

/// One worker of a scheduler: the part of it that tasks touch directly, without a virtual call.
///
/// E1  push <-> sleep   A worker that goes to sleep counts itself among the sleepers and then looks
///                      at all deques once more; whoever pushes looks for sleepers afterwards. Each
///                      side puts a full fence in between, the pusher the light half of an
///                      asymmetric one: either the sleeper sees the work or the pusher sees the
///                      sleeper.
/// E2  push <-> search  A pusher wakes none as long as a worker is looking for work. So the last
///                      one that stops looking, because it has found something, puts the heavy half
///                      between saying so and one more look at all deques; for what it finds there
///                      it wakes a sleeper. Either it sees the work or the pusher sees that none is
///                      looking any more. If it stops looking in order to sleep, E1 is that look.
struct Worker {
  Worker(Scheduler& owner, const Idlers& of_owner) noexcept : scheduler{owner}, idlers{of_owner} {}
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  /// Whether `scheduler.feed()` is to be called, because others might take what this worker has
  /// just pushed onto `forks`. Owner only.
  template <class Fences = AsymmetricFences>
  [[nodiscard]] bool others_are_hungry() const noexcept {
    Fences::owner();  // E1
    return idlers.hungry();
  }

  Scheduler& scheduler;
  const Idlers& idlers;
  WorkDeque<Job, 1024, AsymmetricFences> forks;  // gathers that have children left to start
};

/// A function that runs in a thread while a task waits for it. On the stack of that thread.
struct FunctionInThread {
  StopScope* scope =
      nullptr;  // from which the function's stop requests come; null when there is none
  ForkMark called_in;
};

/// What the library knows about a thread.
struct ThreadState {
  /// The thread is `here` from now on. `fenced`: whether no fence of its own is needed between what
  /// it does and what other workers do.
  void set_worker(Worker& here, bool fenced) noexcept {
    worker = &here;
    forker = fenced ? &here : nullptr;
  }

  Worker* worker = nullptr;            // null on a thread that is no worker
  Worker* forker = nullptr;            // the same, if it is fenced
  const ThreadState* outer = nullptr;  // what it was when a task called run() of another runtime
  TaskRoot* root = nullptr;            // the task whose code runs here
  const FunctionInThread* function = nullptr;  // that calls run(): its stop requests reach that run
  int turns_left = 0;                          // see may_go_on()
  bool driving = false;                        // a call of drive() is below on the stack
  void* transfer =
      nullptr;  // GCC: the coroutine to be resumed when the current one has returned to drive(),
  PromiseBase* ended = nullptr;  // or the one that has just ended
};

[[gnu::visibility("default")]] extern constinit thread_local ThreadState thread_state;

/// The calling thread's. Never inlined, so that no compiler keeps the address across a suspension;
/// for the same reason the reference is not to be kept across one.
[[nodiscard, gnu::visibility("default")]] ThreadState& this_thread() noexcept;

/// The same, inlined where that is safe: for functions that are no coroutines and are never inlined
/// into one, such as the hook of a task that has ended.
[[nodiscard]] inline ThreadState& this_thread_inlined() noexcept {
#if defined(__clang__)
  return thread_state;
#else
  return this_thread();
#endif
}

/// While it lives, the stop requests of the function that runs on this thread come from `scope`,
/// which is below the scope that they came from before.
class InnerScope {
 public:
  explicit InnerScope(StopScope& scope) noexcept
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

/// Asked by operations that did not have to wait. False once in a while: then the task lets others
/// run first, so that two tasks that never make each other wait cannot keep a worker to themselves.
/// Not in a coroutine, nor where it may be inlined into one.
[[nodiscard]] inline bool may_go_on() noexcept {
  ThreadState& thread = this_thread_inlined();
  return thread.worker == nullptr || --thread.turns_left > 0;
}

/// Whether `may_go_on()` was false just now. Where that may be called.
[[nodiscard]] inline bool turn_is_over() noexcept {
  const ThreadState& thread = this_thread_inlined();
  return thread.worker != nullptr && thread.turns_left <= 0;
}
/// Takes back what `may_go_on()` has counted: the operation is going to wait after all, or fails.
/// Where that may be called.
inline void turn_not_taken() noexcept {
  ThreadState& thread = this_thread_inlined();
  if (thread.worker != nullptr) ++thread.turns_left;
}

/// Runs `job` and all the coroutines that follow from it, until they return without a successor.
[[gnu::visibility("default")]] void drive(Job& job) noexcept;

}  // namespace mtaio::lowlevel
