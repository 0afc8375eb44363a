/// A call of Python that a C++ task awaits.
#pragma once

#include <mtaio/base/ref_count.hpp>
#include <mtaio/exceptions.hpp>
#include <mtaio/lowlevel/waiter.hpp>
#include <mtaio/python/convert.hpp>
#include <mtaio/python/event_loop.hpp>

#include <atomic>
#include <coroutine>
#include <cstdint>
#include <exception>
#include <optional>
#include <type_traits>
#include <utility>

namespace mtaio::python {

/// A call that runs in an event loop for a C++ task. Its owners are the task's awaiter, and each
/// job and callback that will use the call.
///
/// begin/stop  begin() and request_stop() both set a bit of progress_ and look for the other's; the
///             one that comes second posts cancel_. A stop request that comes second acquires what
///             begin() released, so that cancel_ is posted after start_.
class PythonCall {
 public:
  PythonCall(const PythonCall&) = delete;
  PythonCall& operator=(const PythonCall&) = delete;

  /// Begins the call; `waiter` is woken when it has ended. On a worker.
  void begin(lowlevel::Waiter& waiter) noexcept;
  /// Cancels the Python task. Any thread.
  void request_stop() noexcept;
  [[nodiscard]] bool stop_requested() const noexcept {
    return (progress_.load(std::memory_order_relaxed) & kStopRequested) != 0;
  }
  void retain() noexcept { owners_.retain(); }
  void release() noexcept {
    if (owners_.release()) delete this;
  }
  [[nodiscard]] const std::exception_ptr& error() const noexcept { return error_; }

  /// The callback of the Python task. With the GIL.
  void python_ended(PyObject* future) noexcept;
  /// The callback is being destroyed; if it was not called, the task will never end. With the GIL.
  void callback_destroyed() noexcept;
  /// The interpreter is about to exit: no task of Python will end any more. With the GIL.
  static void abandon_all() noexcept;

 protected:
  explicit PythonCall(EventLoop& loop) noexcept;
  virtual ~PythonCall();

  /// The awaitable, or any value (new reference); null with an exception set. With the GIL.
  virtual PyObject* start() = 0;
  /// Converts the result. False with an exception set. With the GIL.
  virtual bool take(PyObject* result) = 0;

 private:
  struct Step : lowlevel::Job {
    Step(PythonCall& owner, Function function) noexcept : Job{function}, call{owner} {}
    PythonCall& call;
  };
  static constexpr std::uint8_t kBegun = 1;
  static constexpr std::uint8_t kStopRequested = 2;

  static std::coroutine_handle<> run_start(lowlevel::Job& job) noexcept;
  static std::coroutine_handle<> run_cancel(lowlevel::Job& job) noexcept;
  void start_in_loop() noexcept;
  /// Waits for what `start()` has returned, or takes it. False with an exception set.
  [[nodiscard]] bool continue_with(PyObject* started);
  /// A future or task for an awaitable of Python; null with an exception set.
  [[nodiscard]] Reference make_future(PyObject* awaitable) const;
  /// The call ends when `future` does. With the GIL.
  void listen_to(PyObject* future) noexcept;
  void post_cancel() noexcept;
  void end() noexcept;
  /// Ends with the Python exception that is set.
  void end_with_python_error() noexcept;
  void end_without_loop() noexcept;

  EventLoop& loop_;
  Step start_;
  Step cancel_;
  lowlevel::Waiter* waiter_ = nullptr;
  Object future_;
  std::exception_ptr error_;
  std::atomic<std::uint8_t> progress_{0};
  internal::RefCount owners_;
};

/// Awaits a `Call`, which is a PythonCall, in a C++ task.
///
/// Suspends:  always.
/// Resumes:   on the task's own scheduler, when the Python side has ended.
/// Cancelled: cancels the Python task and waits for it; throws CancelledError.
/// Threads:   any worker; never takes the GIL.
/// Lifetime:  the event loop must continue to run; if it is closed, this throws.
template <class Call>
class [[nodiscard]] PythonAwaiter {
 public:
  using resumes_at_home = void;

  explicit PythonAwaiter(Call* call) noexcept : call_{call}, waiter_{*call} {}
  PythonAwaiter(const PythonAwaiter&) = delete;
  PythonAwaiter& operator=(const PythonAwaiter&) = delete;
  ~PythonAwaiter() { call_->release(); }

  [[nodiscard]] bool await_ready() const noexcept { return false; }
  template <class Promise>
  [[gnu::noinline]] bool await_suspend(std::coroutine_handle<Promise> awaiting) {
    waiter_.prepare(awaiting);
    if (!waiter_.commit()) return false;
    call_->begin(waiter_);
    return true;
  }
  decltype(auto) await_resume() {
    const bool begun = waiter_.finish() == lowlevel::Waiter::State::kServed;
    if (!begun) throw CancelledError{};
    if (call_->error()) {
      if (call_->stop_requested()) waiter_.scope()->notice();
      std::rethrow_exception(call_->error());
    }
    return call_->value();
  }

 private:
  class StoppedWaiter : public lowlevel::Waiter {
   public:
    explicit StoppedWaiter(PythonCall& call) noexcept
        : Waiter{static_cast<lowlevel::StopNode::Notify>(&StoppedWaiter::stop)}, call_{call} {}

   private:
    static void stop(lowlevel::StopNode& node) noexcept {
      static_cast<StoppedWaiter&>(node).call_.request_stop();
    }
    PythonCall& call_;
  };

  Call* call_;
  StoppedWaiter waiter_;
};

/// A PythonCall whose result is a `T`. `Start` gives the awaitable, or any value.
template <class T, class Start>
class PythonCallOf final : public PythonCall {
 public:
  PythonCallOf(EventLoop& loop, Start start) : PythonCall{loop}, start_{std::move(start)} {}

  T value() {
    if constexpr (!std::is_void_v<T>) return std::move(*value_);
  }

 private:
  using Value = std::conditional_t<std::is_void_v<T>, bool, T>;

  PyObject* start() override { return start_(); }
  bool take(PyObject* result) override {
    if constexpr (std::is_void_v<T>) {
      return true;
    } else {
      return Convert<T>::from_python(result, value_.emplace());
    }
  }

  Start start_;
  std::optional<Value> value_;
};

}  // namespace mtaio::python
