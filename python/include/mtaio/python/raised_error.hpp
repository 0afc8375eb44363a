/// The Python exception that is set in this thread.
#pragma once

#include <mtaio/python/reference.hpp>

#include <utility>

namespace mtaio::python {

/// A Python exception that was set, taken out of the thread state.
class RaisedError {
 public:
  /// Takes the exception that is set, if one is.
  [[nodiscard]] static RaisedError fetch() noexcept {
    RaisedError raised;
#if PY_VERSION_HEX >= 0x030C0000
    raised.error_ = Reference::take(PyErr_GetRaisedException());
#else
    PyObject* type = nullptr;
    PyObject* value = nullptr;
    PyObject* traceback = nullptr;
    PyErr_Fetch(&type, &value, &traceback);
    if (!type) return raised;
    PyErr_NormalizeException(&type, &value, &traceback);
    if (traceback) PyException_SetTraceback(value, traceback);
    Py_XDECREF(type);
    Py_XDECREF(traceback);
    raised.error_ = Reference::take(value);
#endif
    return raised;
  }

  /// Sets it again.
  void restore() && noexcept { raise(error_.release()); }
  /// Sets it again because of `cause`, as `raise error from cause` does where `cause` is handled.
  void restore_from(const RaisedError& cause) && noexcept {
    set_cause(error_.get(), cause.get());
    raise(error_.release());
  }

  /// Sets an exception object; takes over the reference.
  static void raise(PyObject* error) noexcept {
#if PY_VERSION_HEX >= 0x030C0000
    PyErr_SetRaisedException(error);
#else
    if (!error) {
      PyErr_Clear();
      return;
    }
    auto* type = reinterpret_cast<PyObject*>(Py_TYPE(error));
    Py_INCREF(type);
    PyErr_Restore(type, error, PyException_GetTraceback(error));
#endif
  }
  /// Gives an exception object a cause and a context; both are borrowed.
  static void set_cause(PyObject* error, PyObject* cause) noexcept {
    Py_INCREF(cause);
    PyException_SetContext(error, cause);
    Py_INCREF(cause);
    PyException_SetCause(error, cause);
  }

  [[nodiscard]] PyObject* get() const noexcept { return error_.get(); }
  explicit operator bool() const noexcept { return static_cast<bool>(error_); }

 private:
  Reference error_;
};

/// As long as it exists, no exception is set, so that Python code may be called. The exception that
/// was set before is set again in the end.
class PreservedError {
 public:
  PreservedError() noexcept : error_{RaisedError::fetch()} {}
  PreservedError(const PreservedError&) = delete;
  PreservedError& operator=(const PreservedError&) = delete;
  ~PreservedError() {
    if (error_) std::move(error_).restore();
  }

 private:
  RaisedError error_;
};

}  // namespace mtaio::python
