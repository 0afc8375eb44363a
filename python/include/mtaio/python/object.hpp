/// A Python object, for C++ code that does not hold the GIL.
#pragma once

#include <mtaio/python/reference.hpp>

#include <utility>

namespace mtaio::python {

/// Owns a reference to a Python object, or to none. May be moved and destroyed on any thread, with
/// the GIL or without it. If it is destroyed without the GIL, a thread that has the GIL gives up
/// the reference later.
///
///     mtaio::AsyncQueue<mtaio::python::Object> queue;     // a Python AsyncQueue is one of these
class Object {
 public:
  Object() = default;
  Object(Object&& other) noexcept : object_{std::exchange(other.object_, nullptr)} {}
  Object& operator=(Object&& other) noexcept {
    std::swap(object_, other.object_);
    return *this;
  }
  ~Object() {
    if (object_) drop(object_);
  }

  /// Takes over a new reference.
  [[nodiscard]] static Object take(PyObject* object) noexcept { return Object{object}; }
  /// One more reference. With the GIL.
  [[nodiscard]] static Object to(PyObject* object) noexcept {
    Py_XINCREF(object);
    return Object{object};
  }

  [[nodiscard]] PyObject* get() const noexcept { return object_; }
  [[nodiscard]] PyObject* release() noexcept { return std::exchange(object_, nullptr); }
  explicit operator bool() const noexcept { return object_ != nullptr; }

  /// Gives up the references that were dropped without the GIL. With the GIL.
  static void give_up_dropped() noexcept;

 private:
  explicit Object(PyObject* object) noexcept : object_{object} {}
  static void drop(PyObject* object) noexcept;

  PyObject* object_ = nullptr;
};

}  // namespace mtaio::python
