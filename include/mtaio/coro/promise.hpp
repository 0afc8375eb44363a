/// What the promises of all tasks have in common, whatever their results.
#pragma once

#include <mtaio/awaitable.hpp>
#include <mtaio/base/compiler.hpp>
#include <mtaio/coro/frame_allocator.hpp>
#include <mtaio/coro/run.hpp>
#include <mtaio/coro/task_context.hpp>
#include <mtaio/coro/thread_context.hpp>
#include <mtaio/coro/trampoline.hpp>

#include <concepts>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

namespace mtaio::internal {

template <class A>
class ForeignAwait;

// GCC 12 copies an awaiter that await_transform() returns by reference.
#if defined(__GNUC__) && !defined(__clang__)
inline constexpr bool kCopiesAwaiters = true;
#else
inline constexpr bool kCopiesAwaiters = false;
#endif

/// An awaiter that may be copied, because it only refers to the real one.
template <class Awaiter>
class AwaiterInPlace {
 public:
  explicit AwaiterInPlace(Awaiter& awaiter) noexcept : awaiter_{awaiter} {}

  decltype(auto) await_ready() { return awaiter_.await_ready(); }
  template <class Promise>
  auto await_suspend(std::coroutine_handle<Promise> awaiting) {
    return awaiter_.await_suspend(awaiting);
  }
  decltype(auto) await_resume() { return awaiter_.await_resume(); }

 private:
  Awaiter& awaiter_;
};

class PromiseBase {
 public:
  /// Called when the task has ended: takes the result, and returns the coroutine to be resumed
  /// next. It may destroy the frame.
  using Completed = std::coroutine_handle<> (*)(PromiseBase&) noexcept;

  struct FinalAwaiter {
    [[nodiscard]] bool await_ready() const noexcept { return false; }
    template <class Promise>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> ended) const noexcept {
      if constexpr (kTransferIsTailCall) {
        return ended.promise().complete();
      } else {
        return defer_completion(ended.promise());
      }
    }
    void await_resume() const noexcept {}
  };

  // The members are written by set_continuation() or set_completion().
  PromiseBase() noexcept {}  // NOLINT(*-member-init, modernize-use-equals-default)
  PromiseBase(const PromiseBase&) = delete;
  PromiseBase& operator=(const PromiseBase&) = delete;

  static void* operator new(std::size_t size) { return allocate_frame(size); }
  static void operator delete(void* frame, std::size_t size) noexcept {
    deallocate_frame(frame, size);
  }

  [[nodiscard]] std::suspend_always initial_suspend() const noexcept { return {}; }
  [[nodiscard]] FinalAwaiter final_suspend() const noexcept { return {}; }

  /// An awaitable that resumes its task at home is awaited as it is. Any other awaitable is
  /// wrapped, so that the task is resumed at home.
  template <Awaitable A>
    requires ResumesAtHome<A>
  // NOLINTNEXTLINE(*-missing-std-forward): returns a reference to it
  decltype(auto) await_transform(A&& awaitable) const noexcept {
    if constexpr (kCopiesAwaiters && !HasMemberCoAwait<A> && !HasFreeCoAwait<A>) {
      return AwaiterInPlace<std::remove_reference_t<A>>{awaitable};
    } else {
      return static_cast<A&&>(awaitable);
    }
  }
  template <Awaitable A>
    requires(!ResumesAtHome<A>)
  ForeignAwait<A> await_transform(A&& awaitable) const {
    return ForeignAwait<A>{std::forward<A>(awaitable)};
  }
  /// An awaitable whose operator co_await is visible only at the `co_await` cannot be wrapped: the
  /// task continues on the thread that resumes it.
  template <class A>
    requires(!Awaitable<A>)
  A&& await_transform(A&& awaitable) const noexcept {
    return std::forward<A>(awaitable);
  }

  [[nodiscard]] std::coroutine_handle<> complete() noexcept {
    return completed_ ? completed_(*this) : continuation_;
  }

  [[nodiscard]] TaskContext* context() const noexcept { return context_; }

  /// Before the task is entered: `continuation` is resumed when the task has ended.
  void set_continuation(std::coroutine_handle<> continuation, TaskContext* context) noexcept {
    completed_ = nullptr;
    continuation_ = continuation;
    context_ = context;
  }
  /// Before the task is entered: `completed` is called when the task has ended. `receiver` is for
  /// the use of `completed`.
  void set_completion(Completed completed, void* receiver, TaskContext* context) noexcept {
    completed_ = completed;
    receiver_ = receiver;
    context_ = context;
  }
  /// The same, with an `index` that is for the use of `completed`, too.
  void set_completion(Completed completed, void* receiver, std::size_t index,
                      TaskContext* context) noexcept {
    set_completion(completed, receiver, context);
    index_ = index;
  }
  [[nodiscard]] bool has_completion() const noexcept { return completed_ != nullptr; }
  [[nodiscard]] void* receiver() const noexcept { return receiver_; }
  [[nodiscard]] std::size_t index() const noexcept { return index_; }

 protected:
  ~PromiseBase() = default;

 private:
  // Set by set_continuation() or set_completion().
  Completed completed_;
  // continuation_ while completed_ is null, receiver_ otherwise.
  union {  // NOLINT(*-member-init)
    std::coroutine_handle<> continuation_;
    void* receiver_;
  };
  std::size_t index_;
  TaskContext* context_;
};

[[noreturn, gnu::visibility("default")]] void misplaced_frame() noexcept;

/// The coroutine that `promise` belongs to.
///
/// In a coroutine without a local variable, GCC before 13 stores the result of `if (co_await f())`
/// at the start of the frame, where the address of the resumption function belongs. Such a frame
/// can be neither resumed nor destroyed. Its handle is off by one word, which its alignment shows.
template <class Promise>
std::coroutine_handle<Promise> frame_of(Promise& promise) noexcept {
  const auto frame = std::coroutine_handle<Promise>::from_promise(promise);
  if constexpr (kMisplacesConditions) {
    const auto address = reinterpret_cast<std::uintptr_t>(frame.address());
    if (address % alignof(std::max_align_t) != 0) [[unlikely]]
      misplaced_frame();
  }
  return frame;
}

/// The context of an awaiting coroutine; null when its promise is not derived from `PromiseBase`.
template <class Promise>
TaskContext* context_of(std::coroutine_handle<Promise> awaiting) noexcept {
  if constexpr (std::derived_from<Promise, PromiseBase>) {
    return awaiting.promise().context();
  } else {
    return nullptr;
  }
}

/// The scheduler of the code that runs on this thread. Throws `std::logic_error` when that code
/// belongs to no runtime.
[[nodiscard, gnu::visibility("default")]] lowlevel::Scheduler& current_scheduler();

/// Whether a coroutine with this context is a task of a runtime, or is awaited by one.
[[nodiscard]] inline bool in_task(const TaskContext* context) noexcept {
  return context != nullptr && context->root != nullptr;
}

/// The scheduler on which a coroutine with this context runs and is resumed. Throws
/// `std::logic_error` when the coroutine belongs to no runtime.
[[nodiscard]] inline lowlevel::Scheduler& scheduler_of(TaskContext* context) {
  return in_task(context) ? context->root->scheduler() : current_scheduler();
}

}  // namespace mtaio::internal
