/// Python awaitables and functions in C++ tasks.
#pragma once

#include <mtaio/python/convert.hpp>
#include <mtaio/python/event_loop.hpp>
#include <mtaio/python/python_call.hpp>

#include <cstddef>
#include <stdexcept>
#include <tuple>
#include <utility>

namespace mtaio::python {

/// A Python object with the event loop in which it was passed to C++.
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

/// A coroutine, future or task of Python as an argument of a C++ task, which awaits it once. To
/// await it again is a `std::logic_error`:
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
    using Call = PythonCallOf<T, decltype(start)>;
    return PythonAwaiter<Call>{new Call{this->loop(), std::move(start)}};
  }

 private:
  friend struct Convert<Awaitable>;
};

template <class T>
struct Convert<Awaitable<T>> {
  static bool from_python(PyObject* object, Awaitable<T>& value) { return value.set(object); }
};

/// A Python function, plain or async, as an argument of a C++ task, which calls it in the event
/// loop that passed it and awaits the result. It may be called repeatedly, from any task.
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
    using Call = PythonCallOf<Result, decltype(start)>;
    return PythonAwaiter<Call>{new Call{this->loop(), std::move(start)}};
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
  static bool from_python(PyObject* object, Function<Signature>& value) {
    if (PyCallable_Check(object) == 0) {
      PyErr_SetString(PyExc_TypeError, "a function is needed");
      return false;
    }
    return value.set(object);
  }
};

}  // namespace mtaio::python
