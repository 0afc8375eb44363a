/// C++ functions as functions of a Python module.
#pragma once

#include <mtaio/python/convert.hpp>
#include <mtaio/python/task_call.hpp>

#include <array>
#include <cstddef>
#include <exception>
#include <tuple>
#include <type_traits>
#include <utility>

namespace mtaio::python {

/// Calls `kFunction` with arguments from Python.
template <auto kFunction>
class Method;

template <class Result, class... Arguments, Result (*kFunction)(Arguments...)>
class Method<kFunction> {
  static_assert((!std::is_reference_v<Arguments> && ...),
                "take arguments by value: nothing else lives as long as the coroutine");

 public:
  /// Static, so that the repr of the awaitable can show it.
  static inline const char* name = "?";

  static PyObject* call(PyObject*, PyObject* const* given, Py_ssize_t count) noexcept {
    if (count != static_cast<Py_ssize_t>(sizeof...(Arguments))) {
      PyErr_Format(PyExc_TypeError, "%s() takes %zu arguments (%zd given)", name,
                   sizeof...(Arguments), count);
      return nullptr;
    }
    try {
      return convert_and_call(given, std::index_sequence_for<Arguments...>{});
    } catch (...) {
      raise_in_python(std::current_exception());
      return nullptr;
    }
  }

 private:
  template <std::size_t... kIndex>
  static PyObject* convert_and_call(PyObject* const* given, std::index_sequence<kIndex...>) {
    std::tuple<std::decay_t<Arguments>...> values;
    const bool converted =
        (Convert<std::decay_t<Arguments>>::from_python(given[kIndex], std::get<kIndex>(values)) &&
         ...);
    if (!converted) return nullptr;
    return give(kFunction(std::forward<Arguments>(std::get<kIndex>(values))...));
  }

  template <class T>
  static PyObject* give(Task<T> task) {
    return to_awaitable(std::move(task), name);
  }
  template <class T>
  static PyObject* give(T value) {
    return Convert<T>::to_python(std::move(value));
  }
};

/// A line of a module's table of methods: `kFunction` as a function of Python. If it returns
/// `mtaio::Task<T>`, the Python function returns an awaitable for asyncio.
///
///     mtaio::Task<std::string> greet(std::string name);
///
///     PyMethodDef methods[] = {mtaio::python::method<greet>("greet", "Greets."), {}};
///
/// The arguments are converted at the call. The coroutine takes them by value, because nothing else
/// lives as long as it does. It runs on workers of C++, which never take the GIL, and its result
/// comes back to the event loop that awaits it.
template <auto kFunction>
[[nodiscard]] PyMethodDef method(const char* name, const char* doc = nullptr) {
  Method<kFunction>::name = name;
  return {name,
          reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(&Method<kFunction>::call)),
          METH_FASTCALL, doc};
}

}  // namespace mtaio::python
