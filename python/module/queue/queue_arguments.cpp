#include "module/queue/queue_arguments.hpp"

#include "module/queue/queue_object.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace mtaio::python {

PyObject* parse_item(PyObject* const* arguments, Py_ssize_t count, PyObject* keywords,
                     CallName call) {
  if (count == 1 && !keywords) return arguments[0];
  static constexpr std::array<const char*, 1> kNames{"item"};
  std::array<PyObject*, 1> places{};
  const bool sorted = sort_arguments(call, {kNames, 1, 1}, arguments, count, keywords, places);
  return sorted ? places[0] : nullptr;
}

PyObject* parse_item_and_priority(PyObject* const* arguments, Py_ssize_t count, PyObject* keywords,
                                  CallName call, double& priority) {
  static constexpr std::array<const char*, 2> kNames{"item", "priority"};
  std::array<PyObject*, 2> places{};
  if (!keywords && (count == 1 || count == 2)) [[likely]] {
    std::copy_n(arguments, count, places.begin());
  } else if (!sort_arguments(call, {kNames, 2, 1}, arguments, count, keywords, places)) {
    return nullptr;
  }
  if (!places[1]) return places[0];
  const bool parsed =
      parse_number(places[1], call, "priority", "a priority is a number",
                   "a priority must be a number; use infinity for the least urgent", priority);
  return parsed ? places[0] : nullptr;
}

Py_ssize_t parse_maxsize(PyObject* queue, PyObject* value) {
  const CallName call{short_name(queue)};
  Py_ssize_t size = 0;
  if (PyFloat_Check(value)) {
    double number = 0;
    if (!parse_number(value, call, "maxsize", "", "maxsize must be a number", number)) return -1;
    if (std::isinf(number) && number > 0) return 0;
    // Rounded up: with a maxsize of 1.5 there is room for two items.
    const Reference whole =
        Reference::take(PyLong_FromDouble(std::isinf(number) ? -1 : std::ceil(number)));
    if (!whole) return -1;
    size = PyNumber_AsSsize_t(whole.get(), nullptr);
  } else if (!parse_integer(value, call, "maxsize", "maxsize is an integer", size)) {
    return -1;
  }
  if (size >= 0) return size;
  PyErr_Format(PyExc_ValueError,
               "%s(%R): maxsize cannot be negative; use 0 for an unbounded queue.",
               short_name(queue), value);
  return -1;
}

}  // namespace mtaio::python
