/// What every task has in common, whatever it results in.
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

/// What may be copied instead.
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
  /// What happens when the task has ended: takes the result, and returns the coroutine to be
  /// resumed next. It may destroy the frame.
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

  // What is left out is written by set_continuation() and set_completion().
  PromiseBase() noexcept {}  // NOLINT(*-member-init, modernize-use-equals-default)
  PromiseBase(const PromiseBase&) = delete;
  PromiseBase& operator=(const PromiseBase&) = delete;

  static void* operator new(std::size_t size) { return allocate_frame(size); }
  static void operator delete(void* frame, std::size_t size) noexcept {
    deallocate_frame(frame, size);
  }

  [[nodiscard]] std::suspend_always initial_suspend() const noexcept { return {}; }
  [[nodiscard]] FinalAwaiter final_suspend() const noexcept { return {}; }

  /// What resumes at home is awaited as it is; all else is seen home.
  template <Awaitable A>
    requires ResumesAtHome<A>
  // NOLINTNEXTLINE(*-missing-std-forward): a reference to it is what is given
  [[gnu::always_inline]] decltype(auto) await_transform(A&& awaitable) const noexcept {
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
  /// What only the code that awaits it knows how to await, by an operator co_await that is declared
  /// there: it is left as it is, and the task goes on where it is resumed.
  template <class A>
    requires(!Awaitable<A>)
  A&& await_transform(A&& awaitable) const noexcept {
    return std::forward<A>(awaitable);
  }

  [[nodiscard]] std::coroutine_handle<> complete() noexcept {
    return completed_ ? completed_(*this) : continuation_;
  }

  [[nodiscard]] TaskContext* context() const noexcept { return context_; }

  /// Before the task is entered: resume `continuation` when it has ended.
  void set_continuation(std::coroutine_handle<> continuation, TaskContext* context) noexcept {
    completed_ = nullptr;
    continuation_ = continuation;
    context_ = context;
  }
  /// Before the task is entered: call `completed` when it has ended, which finds its way by
  /// `receiver`,
  void set_completion(Completed completed, void* receiver, TaskContext* context) noexcept {
    completed_ = completed;
    receiver_ = receiver;
    context_ = context;
  }
  /// and by `index`.
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
  // From set_continuation() or set_completion() on:
  Completed completed_;
  union {                                   // NOLINT(*-member-init)
    std::coroutine_handle<> continuation_;  // while completed_ is null
    void* receiver_;                        // otherwise
  };
  std::size_t index_;
  TaskContext* context_;
};

[[noreturn, gnu::cold, gnu::visibility("default")]] void misplaced_frame() noexcept;

/// The coroutine that `promise` belongs to.
///
/// GCC before 13 puts what it makes of `if (co_await f())` in front of everything else in the frame
/// of a coroutine that has no variable of its own. There the resumption function belongs, so the
/// frame can neither be resumed nor destroyed; its handle is off by a word, which shows in its
/// alignment.
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

/// The context of an awaiting coroutine; null when it is not one of the library's.
template <class Promise>
TaskContext* context_of(std::coroutine_handle<Promise> awaiting) noexcept {
  if constexpr (std::derived_from<Promise, PromiseBase>) {
    return awaiting.promise().context();
  } else {
    return nullptr;
  }
}

/// The scheduler of what runs on this thread. Throws `std::logic_error` when that is nothing of a
/// runtime.
[[nodiscard, gnu::visibility("default")]] lowlevel::Scheduler& current_scheduler();

/// Whether a coroutine with this context is, or was awaited by, a task of a runtime.
[[nodiscard]] inline bool in_task(const TaskContext* context) noexcept {
  return context != nullptr && context->root != nullptr;
}

/// Where a coroutine with this context runs, and is to be resumed. Throws `std::logic_error` when
/// it belongs to no runtime.
[[nodiscard]] inline lowlevel::Scheduler& scheduler_of(TaskContext* context) {
  return in_task(context) ? context->root->scheduler() : current_scheduler();
}

}  // namespace mtaio::internal
