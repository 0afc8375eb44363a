/// Conversion of values between C++ and Python.
#pragma once

#include <mtaio/python/object.hpp>

#include <concepts>
#include <cstddef>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace mtaio::python {

/// Specialise it for types of your own:
///
///     template <>
///     struct mtaio::python::Convert<Point> {
///       static PyObject* to_python(Point&& value);                  // new reference, or null
///       static bool from_python(PyObject* object, Point& value);    // false with an exception set
///     };
///
/// Both are called with the GIL. There are conversions of bool, integers, floating point numbers,
/// std::string, std::vector, std::optional, `Object`, and of queues.
template <class T>
struct Convert;

/// A Python object stays as it is.
template <>
struct Convert<Object> {
  static PyObject* to_python(Object value) { return value.release(); }
  static bool from_python(PyObject* object, Object& result) {
    result = Object::to(object);
    return true;
  }
};

template <>
struct Convert<bool> {
  static PyObject* to_python(bool value) { return PyBool_FromLong(value ? 1 : 0); }
  static bool from_python(PyObject* object, bool& result) {
    const int truth = PyObject_IsTrue(object);
    result = truth > 0;
    return truth >= 0;
  }
};

template <std::integral T>
struct Convert<T> {
  static PyObject* to_python(T value) {
    if constexpr (std::is_signed_v<T>) {
      return PyLong_FromLongLong(value);
    } else {
      return PyLong_FromUnsignedLongLong(value);
    }
  }
  static bool from_python(PyObject* object, T& result) {
    const Reference number = Reference::take(PyNumber_Index(object));
    if (!number) return false;
    if constexpr (std::is_signed_v<T>) {
      const long long value = PyLong_AsLongLong(number.get());
      if (value == -1 && PyErr_Occurred()) return false;
      return fit(value, result);
    } else {
      const unsigned long long value = PyLong_AsUnsignedLongLong(number.get());
      if (value == static_cast<unsigned long long>(-1) && PyErr_Occurred()) return false;
      return fit(value, result);
    }
  }

 private:
  template <class Wide>
  static bool fit(Wide value, T& result) {
    result = static_cast<T>(value);
    if (static_cast<Wide>(result) == value) return true;
    PyErr_Format(PyExc_OverflowError, "the integer does not fit into %zu bytes", sizeof(T));
    return false;
  }
};

template <std::floating_point T>
struct Convert<T> {
  static PyObject* to_python(T value) { return PyFloat_FromDouble(static_cast<double>(value)); }
  static bool from_python(PyObject* object, T& result) {
    const double value = PyFloat_AsDouble(object);
    if (value == -1.0 && PyErr_Occurred()) return false;
    result = static_cast<T>(value);
    return true;
  }
};

/// A str, in UTF-8. Bytes are accepted too and are not decoded.
template <>
struct Convert<std::string> {
  static PyObject* to_python(const std::string& value) {
    return PyUnicode_DecodeUTF8(value.data(), static_cast<Py_ssize_t>(value.size()),
                                "surrogateescape");
  }
  static bool from_python(PyObject* object, std::string& result) {
    if (PyBytes_Check(object)) {
      result.assign(PyBytes_AS_STRING(object), static_cast<std::size_t>(PyBytes_GET_SIZE(object)));
      return true;
    }
    Py_ssize_t size = 0;
    const char* text = PyUnicode_AsUTF8AndSize(object, &size);
    if (!text) return false;
    result.assign(text, static_cast<std::size_t>(size));
    return true;
  }
};

/// None is nullopt.
template <class T>
struct Convert<std::optional<T>> {
  static PyObject* to_python(std::optional<T> value) {
    if (!value) Py_RETURN_NONE;
    return Convert<T>::to_python(std::move(*value));
  }
  static bool from_python(PyObject* object, std::optional<T>& result) {
    if (object == Py_None) {
      result.reset();
      return true;
    }
    return Convert<T>::from_python(object, result.emplace());
  }
};

/// A list; any iterable is accepted.
template <class T>
struct Convert<std::vector<T>> {
  static PyObject* to_python(std::vector<T> values) {
    Reference list = Reference::take(PyList_New(static_cast<Py_ssize_t>(values.size())));
    for (std::size_t i = 0; list && i < values.size(); ++i) {
      PyObject* item = Convert<T>::to_python(std::move(values[i]));
      if (!item) return nullptr;
      PyList_SET_ITEM(list.get(), static_cast<Py_ssize_t>(i), item);
    }
    return list.release();
  }
  static bool from_python(PyObject* object, std::vector<T>& result) {
    const Reference items = Reference::take(PySequence_Fast(object, "an iterable is needed"));
    if (!items) return false;
    result.clear();
    result.reserve(static_cast<std::size_t>(PySequence_Fast_GET_SIZE(items.get())));
    // It may be the list itself, which the conversion of an item may change.
    for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(items.get()); ++i) {
      const Reference item = Reference::to(PySequence_Fast_GET_ITEM(items.get(), i));
      T value{};
      if (!Convert<T>::from_python(item.get(), value)) return false;
      result.push_back(std::move(value));
    }
    return true;
  }
};

}  // namespace mtaio::python
