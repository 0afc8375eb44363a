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

  /// Takes over a new reference, or null.
  [[nodiscard]] static Reference take(PyObject* object) noexcept { return Reference{object}; }
  /// One more reference to a borrowed object, or null.
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

}  // namespace mtaio::python
