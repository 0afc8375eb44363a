/// How a task awaits an awaitable of another library, and is resumed at home.
///
/// "At home" is a worker of the task's own scheduler. An awaitable of another library may resume a
/// coroutine anywhere: on a thread of its own, on a worker of another runtime, or inside the code
/// of another task. So a small coroutine in between awaits it. That coroutine returns to the task's
/// scheduler, if it is not at home already, and then resumes the task. An awaiter that is ready
/// immediately needs no such coroutine.
#pragma once

#include <mtaio/awaitable.hpp>
#include <mtaio/coro/promise.hpp>
#include <mtaio/coro/result.hpp>
#include <mtaio/coro/task_context.hpp>
#include <mtaio/lowlevel/job.hpp>

#include <coroutine>
#include <exception>
#include <type_traits>
#include <utility>

namespace mtaio::internal {

/// Continues the coroutine on a worker of the task's own scheduler, as work of the task's root:
/// immediately if it is there already, otherwise behind all jobs that are ready there. Not a
/// cancellation point.
class [[gnu::visibility("default")]] ReturnHome : private lowlevel::Job {
 public:
  using resumes_at_home = void;

  ReturnHome() noexcept : lowlevel::Job{&ReturnHome::arrive} {}
  ReturnHome(const ReturnHome&) = delete;
  ReturnHome& operator=(const ReturnHome&) = delete;

  [[nodiscard]] bool await_ready() const noexcept { return false; }
  template <class Promise>
  bool await_suspend(std::coroutine_handle<Promise> coroutine) noexcept {
    return leave(coroutine, *context_of(coroutine)->root);
  }
  void await_resume() const noexcept {}

 private:
  /// Returns false if the thread is at home.
  bool leave(std::coroutine_handle<> coroutine, TaskRoot& root) noexcept;
  static std::coroutine_handle<> arrive(lowlevel::Job& job) noexcept;

  std::coroutine_handle<> coroutine_;
};

/// Suspends as `Awaiter` does, but has no result: the task calls await_resume() itself.
template <class Awaiter>
class ForeignSuspension {
 public:
  using resumes_at_home = void;  // it must not be wrapped itself

  explicit ForeignSuspension(Awaiter& awaiter) noexcept : awaiter_{awaiter} {}

  [[nodiscard]] bool await_ready() const noexcept { return false; }
  template <class Promise>
  auto await_suspend(std::coroutine_handle<Promise> coroutine) {
    return awaiter_.await_suspend(coroutine);  // which may destroy this object
  }
  void await_resume() const noexcept {}

 private:
  Awaiter& awaiter_;
};

/// The coroutine in between, which the awaiter of another library resumes. Owns its frame.
class WayHome {
 public:
  class promise_type : public PromiseBase {  // NOLINT(readability-identifier-naming)
   public:
    WayHome get_return_object() noexcept {
      return WayHome{std::coroutine_handle<promise_type>::from_promise(*this)};
    }
    void unhandled_exception() noexcept { error_ = std::current_exception(); }
    void return_void() noexcept {}

    /// The exception that the awaiter threw in await_suspend(); null if it threw none.
    [[nodiscard]] const std::exception_ptr& error() const noexcept { return error_; }

   private:
    std::exception_ptr error_;
  };

  WayHome() = default;
  WayHome(WayHome&& other) noexcept : frame_{std::exchange(other.frame_, {})} {}
  WayHome& operator=(WayHome&& other) noexcept {
    std::swap(frame_, other.frame_);
    return *this;
  }
  ~WayHome() {
    if (frame_) frame_.destroy();
  }

  /// Null if there is no coroutine in between.
  [[nodiscard]] std::coroutine_handle<promise_type> frame() const noexcept { return frame_; }

 private:
  explicit WayHome(std::coroutine_handle<promise_type> frame) noexcept : frame_{frame} {}

  std::coroutine_handle<promise_type> frame_;
};

template <class Awaiter>
WayHome suspend_and_return_home(Awaiter& awaiter) {
  co_await ForeignSuspension<Awaiter>{awaiter};
  co_await ReturnHome{};
}

/// Awaits `awaitable`, and resumes the task at home. Lvalues are awaited in place, and nothing is
/// moved.
template <class A>
class [[nodiscard]] ForeignAwait {
  using Found = decltype(awaiter_of(std::declval<A>()));  // a value or a reference
  using Awaiter = std::remove_reference_t<Found>;

 public:
  // NOLINTNEXTLINE(*-rvalue-reference-param-not-moved): A may be an lvalue reference
  explicit ForeignAwait(A&& awaitable) : awaiter_(awaiter_of(std::forward<A>(awaitable))) {}
  ForeignAwait(const ForeignAwait&) = delete;
  ForeignAwait& operator=(const ForeignAwait&) = delete;

  bool await_ready() { return static_cast<bool>(awaiter_.await_ready()); }

  template <class Promise>
  std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> awaiting) {
    TaskContext* context = context_of(awaiting);
    if (!in_task(context)) return suspend_here(awaiting);
    way_home_ = suspend_and_return_home(static_cast<Awaiter&>(awaiter_));
    const auto frame = way_home_.frame();
    frame.promise().set_continuation(awaiting, context);
    return transfer_to(frame);
  }

  decltype(auto) await_resume() {
    if (const auto frame = way_home_.frame(); frame && frame.promise().error()) [[unlikely]]
      std::rethrow_exception(frame.promise().error());
    return awaiter_.await_resume();
  }

 private:
  /// A coroutine that belongs to no runtime is at home on every thread.
  template <class Promise>
  std::coroutine_handle<> suspend_here(std::coroutine_handle<Promise> awaiting) {
    using Suspended = decltype(awaiter_.await_suspend(awaiting));
    if constexpr (std::is_void_v<Suspended>) {
      awaiter_.await_suspend(awaiting);
      return std::noop_coroutine();
    } else if constexpr (std::is_same_v<Suspended, bool>) {
      if (awaiter_.await_suspend(awaiting)) return std::noop_coroutine();
      return awaiting;
    } else {
      return awaiter_.await_suspend(awaiting);
    }
  }

  Found awaiter_;
  WayHome way_home_;
};

}  // namespace mtaio::internal
