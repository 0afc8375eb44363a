/// Owning references to Python objects.
#pragma once

#include <mtaio/python/supported.hpp>

#include <Python.h>

#include <utility>

namespace mtaio::python {

/// An owned reference, for code that holds the GIL.
class Reference {
 public:
  Reference() = default;
  Reference(Reference&& other) noexcept : object_{std::exchange(other.object_, nullptr)} {}
  Reference& operator=(Reference&& other) noexcept {
    std::swap(object_, other.object_);
    return *this;
  }
  ~Reference() { Py_XDECREF(object_); }

  /// Takes over a new reference; null is none.
  [[nodiscard]] static Reference take(PyObject* object) noexcept { return Reference{object}; }
  /// One more reference to a borrowed object.
  [[nodiscard]] static Reference to(PyObject* object) noexcept {
    Py_XINCREF(object);
    return Reference{object};
  }

  [[nodiscard]] PyObject* get() const noexcept { return object_; }
  [[nodiscard]] PyObject* release() noexcept { return std::exchange(object_, nullptr); }
  explicit operator bool() const noexcept { return object_ != nullptr; }

 private:
  explicit Reference(PyObject* object) noexcept : object_{object} {}

  PyObject* object_ = nullptr;
};

/// A Python exception that was raised, taken out of the thread state.
class RaisedError {
 public:
  /// What is raised now, which is then no longer raised; nothing if nothing is.
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

  /// Raises it again.
  void restore() && noexcept { raise(error_.release()); }

  /// Raises an exception object; takes over the reference.
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

  /// Raises an exception object because of another, as `raise error from cause` does where that is
  /// handled; takes over the reference to `error`.
  static void raise_from(PyObject* error, PyObject* cause) noexcept {
    set_cause(error, cause);
    raise(error);
  }
  /// The same without raising it; both are borrowed.
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

}  // namespace mtaio::python
