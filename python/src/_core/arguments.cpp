#include "_core/arguments.hpp"

#include <datetime.h>

#include <cmath>
#include <limits>

namespace mtaio::python {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNotANumber = std::numeric_limits<double>::quiet_NaN();

/// How an error shows a value: not more than a part of a long one, and the type of one that cannot
/// be shown.
Reference show(PyObject* value) {
  constexpr Py_ssize_t kLongest = 80;
  Reference text = Reference::take(PyObject_Repr(value));
  if (!text) {
    PyErr_Clear();
    return Reference::take(PyUnicode_FromFormat("<%.100s>", Py_TYPE(value)->tp_name));
  }
  if (PyUnicode_GET_LENGTH(text.get()) <= kLongest) return text;
  const Reference begin = Reference::take(PyUnicode_Substring(text.get(), 0, kLongest));
  return begin ? Reference::take(PyUnicode_FromFormat("%U...", begin.get())) : Reference{};
}

/// Raises "`call`(`name`=`value`): `rule`."
void refuse(PyObject* type, const char* call, const char* name, PyObject* value, const char* rule) {
  const Reference shown = show(value);
  if (shown) PyErr_Format(type, "%s(%s=%U): %s.", call, name, shown.get(), rule);
}

/// The same with the type of the value: "`call`(`name`=`value`): `rule`, not a str."
void refuse_type(const char* call, const char* name, PyObject* value, const char* rule) {
  const Reference shown = show(value);
  if (!shown) return;
  PyErr_Format(PyExc_TypeError, "%s(%s=%U): %s, not a %.100s.", call, name, shown.get(), rule,
               Py_TYPE(value)->tp_name);
}

bool is_number(PyObject* value) noexcept {
  const PyNumberMethods* number = Py_TYPE(value)->tp_as_number;
  return number && (number->nb_float || number->nb_index);
}

/// Of a timedelta.
double seconds_of(PyObject* delta) noexcept {
  constexpr double kDay = 24 * 3600;
  return kDay * PyDateTime_DELTA_GET_DAYS(delta) + PyDateTime_DELTA_GET_SECONDS(delta) +
         1e-6 * PyDateTime_DELTA_GET_MICROSECONDS(delta);
}

/// Whether it is a timedelta; -1 with an exception set.
int is_timedelta(PyObject* value) {
  if (!PyDateTimeAPI) {
    PyDateTime_IMPORT;
    if (!PyDateTimeAPI) return -1;
  }
  return PyDelta_Check(value) ? 1 : 0;
}

/// A number, infinite if it is too large; NaN with an exception set, or without.
double to_double(PyObject* number) {
  const double value = PyFloat_AsDouble(number);
  if (value != -1.0 || !PyErr_Occurred()) return value;
  if (!PyLong_Check(number) || !PyErr_ExceptionMatches(PyExc_OverflowError)) return kNotANumber;
  PyErr_Clear();
  const Reference zero = Reference::take(PyLong_FromLong(0));
  const int negative = zero ? PyObject_RichCompareBool(number, zero.get(), Py_LT) : -1;
  if (negative < 0) return kNotANumber;
  return negative == 1 ? -kInfinity : kInfinity;
}

}  // namespace

double parse_seconds(PyObject* value, const char* call, const char* name) {
  if (value == Py_None) return kInfinity;
  double seconds = 0;
  if (is_number(value)) {
    seconds = to_double(value);
  } else {
    const int delta = is_timedelta(value);
    if (delta == 1) return seconds_of(value);
    if (delta == 0) {
      refuse_type(call, name, value, "a timeout is a number of seconds, a timedelta or None");
    }
    return kNotANumber;
  }
  if (std::isnan(seconds) && !PyErr_Occurred()) {
    refuse(PyExc_ValueError, call, name, value,
           "a timeout is a number of seconds; use None to wait forever");
  }
  return seconds;
}

Py_ssize_t parse_limit(PyObject* value, const char* call) {
  const Py_ssize_t limit = PyNumber_AsSsize_t(value, nullptr);
  if (limit == -1 && PyErr_Occurred()) {
    if (PyErr_ExceptionMatches(PyExc_TypeError)) {
      PyErr_Clear();
      refuse_type(call, "limit", value, "a limit is an integer or None");
    }
    return 0;
  }
  if (limit >= 1) return limit;
  refuse(PyExc_ValueError, call, "limit", value,
         "a limit must be at least 1; use None for no limit");
  return 0;
}

}  // namespace mtaio::python
