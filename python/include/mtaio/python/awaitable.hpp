/// Python awaitables and functions in C++ tasks.
#pragma once

#include <mtaio/exceptions.hpp>
#include <mtaio/lowlevel/waiter.hpp>
#include <mtaio/python/convert.hpp>
#include <mtaio/python/event_loop.hpp>
#include <mtaio/python/python_error.hpp>

#include <atomic>
#include <coroutine>
#include <exception>
#include <optional>
#include <stdexcept>
#include <tuple>
#include <type_traits>
#include <utility>

namespace mtaio::python {

/// Something to be done in an event loop for a C++ task, and waited for: shared by both.
class LoopCall {
 public:
  LoopCall(const LoopCall&) = delete;
  LoopCall& operator=(const LoopCall&) = delete;

  /// Begins; whoever waits is woken when it has ended. On a worker.
  void begin(lowlevel::Waiter& waiter) noexcept;
  /// Has the Python task cancelled. Any thread.
  void request_stop() noexcept;
  [[nodiscard]] bool stop_requested() const noexcept { return stop_.load(); }
  void hold() noexcept { owners_.fetch_add(1, std::memory_order_relaxed); }
  void let_go() noexcept {
    if (owners_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
  }
  [[nodiscard]] const std::exception_ptr& error() const noexcept { return error_; }

  /// For the callback of the Python task. With the GIL.
  void python_ended(PyObject* future) noexcept;
  /// The callback goes; if it was not called, the task will never end. With the GIL.
  void callback_gone() noexcept;
  /// The interpreter is about to exit: no task of Python will end any more. With the GIL.
  static void abandon_all() noexcept;

 protected:
  explicit LoopCall(EventLoop& loop) noexcept;
  virtual ~LoopCall();

  /// The awaitable, or any value (new reference); null with an exception set. With the GIL.
  virtual PyObject* start() = 0;
  /// Converts what came out. False with an exception set. With the GIL.
  virtual bool take(PyObject* result) = 0;

 private:
  struct Step : lowlevel::Job {
    Step(LoopCall& call, Function what) noexcept : Job{what}, of{call} {}
    LoopCall& of;
  };
  static std::coroutine_handle<> run_start(lowlevel::Job& job) noexcept;
  static std::coroutine_handle<> run_cancel(lowlevel::Job& job) noexcept;
  /// Has it end when `future` does. With the GIL.
  void listen_to(PyObject* future) noexcept;
  void post_cancel() noexcept;
  void end() noexcept;
  void end_with_python_error() noexcept;
  void end_without_loop() noexcept;

  EventLoop& loop_;
  Step start_;
  Step cancel_;
  lowlevel::Waiter* waiter_ = nullptr;
  Object future_;
  std::exception_ptr error_;
  std::atomic<bool> begun_{false};
  std::atomic<bool> stop_{false};
  std::atomic<bool> cancel_posted_{false};
  std::atomic<int> owners_{1};
};

/// What a C++ task awaits.
///
/// Suspends:  always.
/// Resumes:   on the task's own scheduler, when the Python side has ended.
/// Cancelled: cancels the Python task and waits for it; throws CancelledError.
/// Threads:   any worker; never takes the GIL.
/// Lifetime:  the event loop has to go on running; if it is closed, this throws.
template <class Call>
class [[nodiscard]] LoopAwaiter {
 public:
  using resumes_at_home = void;

  explicit LoopAwaiter(Call* call) noexcept : call_{call}, waiter_{*call} {}
  LoopAwaiter(const LoopAwaiter&) = delete;
  LoopAwaiter& operator=(const LoopAwaiter&) = delete;
  ~LoopAwaiter() { call_->let_go(); }

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
    explicit StoppedWaiter(LoopCall& call) noexcept
        : Waiter{static_cast<lowlevel::StopNode::Notify>(&StoppedWaiter::stop)}, call_{call} {}

   private:
    static void stop(lowlevel::StopNode& node) noexcept {
      static_cast<StoppedWaiter&>(node).call_.request_stop();
    }
    LoopCall& call_;
  };

  Call* call_;
  StoppedWaiter waiter_;
};

/// A loop call that results in a `T`.
template <class T, class Start>
class LoopCallOf final : public LoopCall {
 public:
  LoopCallOf(EventLoop& loop, Start start) : LoopCall{loop}, start_{std::move(start)} {}

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

/// A Python object with the event loop in which it was handed over.
class InLoop {
 public:
  InLoop() = default;
  InLoop(InLoop&& other) noexcept
      : object_{std::move(other.object_)}, loop_{std::exchange(other.loop_, nullptr)} {}
  InLoop& operator=(InLoop&& other) noexcept {
    std::swap(object_, other.object_);
    std::swap(loop_, other.loop_);
    return *this;
  }
  ~InLoop() {
    if (loop_) loop_->release();
  }

 protected:
  /// In a running loop, with the GIL. False with an exception set.
  bool set(PyObject* object);
  [[nodiscard]] Object& object() noexcept { return object_; }
  [[nodiscard]] EventLoop& loop() const noexcept { return *loop_; }

 private:
  Object object_;
  EventLoop* loop_ = nullptr;
};

/// A coroutine, future or task of Python as an argument of a C++ task, which awaits it, once; the
/// second time is a `std::logic_error`:
///
///     mtaio::Task<int> twice(mtaio::python::Awaitable<int> number) {
///       const int value = co_await std::move(number);
///       co_return 2 * value;
///     }
template <class T = void>
class Awaitable : private InLoop {
 public:
  auto operator co_await() && {
    if (!this->object()) {
      throw std::logic_error{
          "co_await Awaitable: there is no Python object; it was awaited before, or moved from."};
    }
    auto start = [object = std::move(this->object())]() mutable { return object.release(); };
    using Call = LoopCallOf<T, decltype(start)>;
    return LoopAwaiter<Call>{new Call{this->loop(), std::move(start)}};
  }

 private:
  friend struct Convert<Awaitable>;
};

template <class T>
struct Convert<Awaitable<T>> {
  static bool from_python(PyObject* object, Awaitable<T>& to) { return to.set(object); }
};

/// A Python function, plain or async, as an argument of a C++ task, which calls it in the event
/// loop it came from and awaits what it gives. As often as you like, from any task.
///
///     mtaio::Task<int> sum(mtaio::python::Function<int(int)> f) {
///       const int a = co_await f(1);
///       const int b = co_await f(2);
///       co_return a + b;
///     }
template <class Signature>
class Function;

template <class Result, class... Arguments>
class Function<Result(Arguments...)> : private InLoop {
 public:
  auto operator()(Arguments... arguments) {
    auto start = [function = this->object().get(),
                  values = std::tuple<Arguments...>(std::move(arguments)...)]() mutable {
      return call(function, std::move(values), std::index_sequence_for<Arguments...>{});
    };
    using Call = LoopCallOf<Result, decltype(start)>;
    return LoopAwaiter<Call>{new Call{this->loop(), std::move(start)}};
  }

 private:
  friend struct Convert<Function>;

  template <std::size_t... kIndex>
  static PyObject* call(PyObject* function, std::tuple<Arguments...> values,
                        std::index_sequence<kIndex...>) {
    const Reference arguments = Reference::take(PyTuple_New(sizeof...(Arguments)));
    if (!arguments) return nullptr;
    const auto put = [&](Py_ssize_t index, PyObject* value) {
      if (value) PyTuple_SET_ITEM(arguments.get(), index, value);
      return value != nullptr;
    };
    const bool all = (put(static_cast<Py_ssize_t>(kIndex),
                          Convert<Arguments>::to_python(std::move(std::get<kIndex>(values)))) &&
                      ...);
    return all ? PyObject_Call(function, arguments.get(), nullptr) : nullptr;
  }
};

template <class Signature>
struct Convert<Function<Signature>> {
  static bool from_python(PyObject* object, Function<Signature>& to) {
    if (PyCallable_Check(object) == 0) {
      PyErr_SetString(PyExc_TypeError, "a function is needed");
      return false;
    }
    return to.set(object);
  }
};

}  // namespace mtaio::python
