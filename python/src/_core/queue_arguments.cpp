#include "_core/queue_arguments.hpp"

#include "_core/queue_object.hpp"

#include <array>
#include <cmath>
#include <cstddef>

namespace mtaio::python {
namespace {

/// Sorts the arguments into `places`, the first of which must be filled.
template <std::size_t kPlaces>
bool parse(PyObject* const* arguments, Py_ssize_t count, PyObject* keywords, const char* function,
           const std::array<const char*, kPlaces>& names, std::array<PyObject*, kPlaces>& places) {
  if (count > static_cast<Py_ssize_t>(kPlaces)) {
    PyErr_Format(PyExc_TypeError, "%s() takes %zu positional argument%s but %zd were given",
                 function, kPlaces, kPlaces == 1 ? "" : "s", count);
    return false;
  }
  for (Py_ssize_t i = 0; i < count; ++i) places.at(static_cast<std::size_t>(i)) = arguments[i];
  const Py_ssize_t named = keywords ? PyTuple_GET_SIZE(keywords) : 0;
  for (Py_ssize_t i = 0; i < named; ++i) {
    PyObject* name = PyTuple_GET_ITEM(keywords, i);
    std::size_t place = 0;
    while (place < kPlaces && PyUnicode_CompareWithASCIIString(name, names.at(place)) != 0) ++place;
    if (place == kPlaces) {
      PyErr_Format(PyExc_TypeError, "%s() got an unexpected keyword argument '%U'", function, name);
      return false;
    }
    if (places.at(place)) {
      PyErr_Format(PyExc_TypeError, "%s() got multiple values for argument '%U'", function, name);
      return false;
    }
    places.at(place) = arguments[count + i];
  }
  if (places.front()) return true;
  PyErr_Format(PyExc_TypeError, "%s() missing 1 required positional argument: '%s'", function,
               names.front());
  return false;
}

}  // namespace

PyObject* parse_item(PyObject* const* arguments, Py_ssize_t count, PyObject* keywords,
                     const char* function) {
  if (count == 1 && !keywords) return arguments[0];
  std::array<PyObject*, 1> places{};
  return parse<1>(arguments, count, keywords, function, {"item"}, places) ? places[0] : nullptr;
}

PyObject* parse_item_and_priority(PyObject* const* arguments, Py_ssize_t count, PyObject* keywords,
                                  const char* function, double& priority) {
  std::array<PyObject*, 2> places{};
  if (!parse<2>(arguments, count, keywords, function, {"item", "priority"}, places)) return nullptr;
  if (!places[1]) return places[0];
  priority = PyFloat_AsDouble(places[1]);
  if (priority == -1.0 && PyErr_Occurred()) return nullptr;
  if (std::isnan(priority)) {
    PyErr_SetString(PyExc_ValueError,
                    "PriorityQueue.put(priority=nan): a priority must be a number; use infinity "
                    "for the least urgent.");
    return nullptr;
  }
  return places[0];
}

Py_ssize_t parse_maxsize(PyObject* queue, PyObject* value) {
  Reference number = Reference::to(value);
  if (PyFloat_Check(value)) {  // 1.5 items are two
    number = Reference::take(PyLong_FromDouble(std::ceil(PyFloat_AS_DOUBLE(value))));
    if (!number) return -1;
  }
  const Py_ssize_t size = PyNumber_AsSsize_t(number.get(), PyExc_OverflowError);
  if (size == -1 && PyErr_Occurred()) return -1;
  if (size < 0) {
    PyErr_Format(PyExc_ValueError,
                 "%s(%zd): maxsize cannot be negative; use 0 for an unbounded queue.",
                 short_name(queue), size);
    return -1;
  }
  return size;
}

}  // namespace mtaio::python
