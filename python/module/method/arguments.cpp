#include "module/method/arguments.hpp"

#include <datetime.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstring>

namespace mtaio::python {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNotANumber = std::numeric_limits<double>::quiet_NaN();

// --- Errors ---

/// How an error shows a value: the beginning of a long one, and the type of one without a repr.
Reference show(PyObject* value) {
  constexpr Py_ssize_t kLongest = 80;
  Reference text = Reference::take(PyObject_Repr(value));
  if (!text) {
    PyErr_Clear();
    return Reference::take(PyUnicode_FromFormat("<%.100s>", Py_TYPE(value)->tp_name));
  }
  if (PyUnicode_GET_LENGTH(text.get()) <= kLongest) return text;
  const Reference beginning = Reference::take(PyUnicode_Substring(text.get(), 0, kLongest));
  return beginning ? Reference::take(PyUnicode_FromFormat("%U...", beginning.get())) : Reference{};
}

/// Raises "`call`(`name`=`value`): `rule`."
void refuse(PyObject* type, CallName call, const char* name, PyObject* value, const char* rule) {
  const Reference called = call.text();
  const Reference shown = called ? show(value) : Reference{};
  if (shown) PyErr_Format(type, "%U(%s=%U): %s.", called.get(), name, shown.get(), rule);
}

/// Raises "`call`(`name`=`value`): `rule`, not a str."
void refuse_type(CallName call, const char* name, PyObject* value, const char* rule) {
  const Reference called = call.text();
  const Reference shown = called ? show(value) : Reference{};
  if (!shown) return;
  PyErr_Format(PyExc_TypeError, "%U(%s=%U): %s, not %s %.100s.", called.get(), name, shown.get(),
               rule, article(value), Py_TYPE(value)->tp_name);
}

// --- Placing arguments ---

/// Places the arguments given by position.
bool place(CallName call, const Parameters& parameters, PyObject* const* given, Py_ssize_t count,
           std::span<PyObject*> places) {
  std::ranges::fill(places, nullptr);
  if (count > parameters.positional) {
    const Reference called = call.text();
    if (!called) return false;
    PyErr_Format(PyExc_TypeError, "%U() takes %s%zd positional argument%s but %zd were given",
                 called.get(), parameters.required < parameters.positional ? "at most " : "",
                 parameters.positional, parameters.positional == 1 ? "" : "s", count);
    return false;
  }
  std::copy_n(given, count, places.begin());
  return true;
}

/// Places an argument given by name.
bool place(CallName call, const Parameters& parameters, PyObject* name, PyObject* value,
           std::span<PyObject*> places) {
  const auto found = std::ranges::find_if(parameters.names, [name](const char* each) {
    return PyUnicode_CompareWithASCIIString(name, each) == 0;
  });
  if (found == parameters.names.end()) {
    refuse_keyword(call, name);
    return false;
  }
  PyObject*& argument = places[static_cast<std::size_t>(found - parameters.names.begin())];
  if (argument) {
    const Reference called = call.text();
    if (called) {
      PyErr_Format(PyExc_TypeError, "%U() got multiple values for argument '%U'", called.get(),
                   name);
    }
    return false;
  }
  argument = value;
  return true;
}

bool has_required(CallName call, const Parameters& parameters, std::span<PyObject* const> places) {
  for (std::size_t i = 0; i < static_cast<std::size_t>(parameters.required); ++i) {
    if (places[i]) continue;
    const Reference called = call.text();
    if (called) {
      PyErr_Format(PyExc_TypeError, "%U() missing 1 required positional argument: '%s'",
                   called.get(), parameters.names[i]);
    }
    return false;
  }
  return true;
}

// --- Numbers ---

bool is_number(PyObject* value) noexcept {
  const PyNumberMethods* number = Py_TYPE(value)->tp_as_number;
  return number && (number->nb_float || number->nb_index);
}

/// Infinite if it is too large. NaN if it is NaN, or with an exception set.
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

// --- Times ---

double seconds_of_timedelta(PyObject* delta) noexcept {
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

}  // namespace

Reference CallName::text() const {
  return Reference::take(member ? PyUnicode_FromFormat("%s.%s", owner, member)
                                : PyUnicode_FromString(owner));
}

bool sort_arguments(CallName call, const Parameters& parameters, PyObject* const* given,
                    Py_ssize_t count, PyObject* keyword_names, std::span<PyObject*> places) {
  if (!place(call, parameters, given, count, places)) return false;
  const Py_ssize_t named = keyword_names ? PyTuple_GET_SIZE(keyword_names) : 0;
  for (Py_ssize_t i = 0; i < named; ++i) {
    PyObject* name = PyTuple_GET_ITEM(keyword_names, i);
    if (!place(call, parameters, name, given[count + i], places)) return false;
  }
  return has_required(call, parameters, places);
}

bool sort_arguments(CallName call, const Parameters& parameters, PyObject* given,
                    PyObject* keywords, std::span<PyObject*> places) {
  PyObject* const* begin = reinterpret_cast<PyTupleObject*>(given)->ob_item;
  if (!place(call, parameters, begin, PyTuple_GET_SIZE(given), places)) return false;
  Py_ssize_t position = 0;
  PyObject* name = nullptr;
  PyObject* value = nullptr;
  while (keywords && PyDict_Next(keywords, &position, &name, &value) != 0) {
    if (!place(call, parameters, name, value, places)) return false;
  }
  return has_required(call, parameters, places);
}

void refuse_keyword(CallName call, PyObject* name) {
  const Reference called = call.text();
  if (!called) return;
  PyErr_Format(PyExc_TypeError, "%U() got an unexpected keyword argument '%U'", called.get(), name);
}

double parse_seconds(PyObject* value, CallName call, const char* name) {
  if (value == Py_None) return kInfinity;
  if (!is_number(value)) {
    const int delta = is_timedelta(value);
    if (delta == 1) return seconds_of_timedelta(value);
    if (delta < 0) return kNotANumber;
  }
  double seconds = kNotANumber;
  const bool parsed =
      parse_number(value, call, name, "a timeout is a number of seconds, a timedelta or None",
                   "a timeout is a number of seconds; use None to wait forever", seconds);
  return parsed ? seconds : kNotANumber;
}

Py_ssize_t parse_limit(PyObject* value, CallName call) {
  if (value == Py_None) return kNoLimit;
  Py_ssize_t limit = 0;
  if (!parse_integer(value, call, "limit", "a limit is an integer or None", limit)) return 0;
  if (limit >= 1) return limit;
  refuse(PyExc_ValueError, call, "limit", value,
         "a limit must be at least 1; use None for no limit");
  return 0;
}

bool parse_integer(PyObject* value, CallName call, const char* name, const char* rule,
                   Py_ssize_t& result) {
  if (!PyIndex_Check(value)) {
    refuse_type(call, name, value, rule);
    return false;
  }
  result = PyNumber_AsSsize_t(value, nullptr);
  return result != -1 || !PyErr_Occurred();
}

bool parse_number(PyObject* value, CallName call, const char* name, const char* rule,
                  const char* rule_for_nan, double& result) {
  if (PyFloat_CheckExact(value)) {
    result = PyFloat_AS_DOUBLE(value);
  } else if (!is_number(value)) {
    refuse_type(call, name, value, rule);
    return false;
  } else {
    result = to_double(value);
  }
  if (!std::isnan(result)) return true;
  if (!PyErr_Occurred()) refuse(PyExc_ValueError, call, name, value, rule_for_nan);
  return false;
}

const char* article(PyObject* object) noexcept {
  return std::strchr("aeiouAEIOU", Py_TYPE(object)->tp_name[0]) ? "an" : "a";
}

}  // namespace mtaio::python
