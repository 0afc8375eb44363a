/// How a task awaits what other libraries have made, and goes on at home.
///
/// An awaitable of another library resumes what awaits it wherever it likes: on a thread of its
/// own, on a worker of another runtime, inside the code of another task. So it does not get the
/// task to resume, but a small coroutine on the way, which posts itself to the task's scheduler
/// first, unless it finds itself at home. Where the awaiter is ready at once there is none.
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

/// Goes on on a worker of the task's own scheduler, and on behalf of its root: at once if that is
/// where it runs, otherwise behind everything that is ready there. No cancellation point.
class [[gnu::visibility("default")]] GoHome : private lowlevel::Job {
 public:
  using resumes_at_home = void;

  GoHome() noexcept : lowlevel::Job{&GoHome::arrive} {}
  GoHome(const GoHome&) = delete;
  GoHome& operator=(const GoHome&) = delete;

  [[nodiscard]] bool await_ready() const noexcept { return false; }
  template <class Promise>
  bool await_suspend(std::coroutine_handle<Promise> traveller) noexcept {
    return leave(traveller, *context_of(traveller)->root);
  }
  void await_resume() const noexcept {}

 private:
  /// False if this is home.
  bool leave(std::coroutine_handle<> traveller, TaskRoot& root) noexcept;
  static std::coroutine_handle<> arrive(lowlevel::Job& job) noexcept;

  std::coroutine_handle<> traveller_;
};

/// Suspends as `Awaiter` does, but gives nothing: its await_resume() is called by the task.
template <class Awaiter>
class ForeignSuspension {
 public:
  using resumes_at_home = void;  // so as not to be wrapped itself

  explicit ForeignSuspension(Awaiter& awaiter) noexcept : awaiter_{awaiter} {}

  [[nodiscard]] bool await_ready() const noexcept { return false; }
  template <class Promise>
  auto await_suspend(std::coroutine_handle<Promise> traveller) {
    return awaiter_.await_suspend(traveller);  // which may be the end of this
  }
  void await_resume() const noexcept {}

 private:
  Awaiter& awaiter_;
};

/// The coroutine that an awaiter of another library gets to resume. Owns its frame.
class WayHome {
 public:
  class promise_type : public PromiseBase {  // NOLINT(readability-identifier-naming)
   public:
    WayHome get_return_object() noexcept {
      return WayHome{std::coroutine_handle<promise_type>::from_promise(*this)};
    }
    void unhandled_exception() noexcept { error_ = std::current_exception(); }
    void return_void() noexcept {}

    /// What the awaiter threw as it was to suspend; null if it did not.
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

  /// Null if there is none.
  [[nodiscard]] std::coroutine_handle<promise_type> frame() const noexcept { return frame_; }

 private:
  explicit WayHome(std::coroutine_handle<promise_type> frame) noexcept : frame_{frame} {}

  std::coroutine_handle<promise_type> frame_;
};

template <class Awaiter>
WayHome suspend_and_go_home(Awaiter& awaiter) {
  co_await ForeignSuspension<Awaiter>{awaiter};
  co_await GoHome{};
}

/// Awaits `awaitable`, and has the task go on at home. Lvalues are awaited where they are, and
/// nothing is moved.
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
    way_home_ = suspend_and_go_home(static_cast<Awaiter&>(awaiter_));
    const auto frame = way_home_.frame();
    frame.promise().set_continuation(awaiting, context);
    return transfer_to(frame);
  }

  decltype(auto) await_resume() {
    if (const auto frame = way_home_.frame(); frame && frame.promise().error()) [[unlikely]]
      rethrow(frame.promise().error());
    return awaiter_.await_resume();
  }

 private:
  /// A coroutine that belongs to no runtime is at home everywhere.
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
