#include "module/queue/queue_object.hpp"

#include <array>
#include <cstddef>

namespace mtaio::python {
namespace {

constexpr Py_ssize_t kMostShown = 5;

struct Shown {
  std::array<PyObject*, kMostShown> items{};
  Py_ssize_t count = 0;
};

/// The first items, as a list.
Reference first_items(AnyQueue& queue) {
  Shown shown;
  queue.visit_items(
      [](PyObject* item, void* argument) {
        auto& first = *static_cast<Shown*>(argument);
        if (first.count == kMostShown) return;
        first.items.at(static_cast<std::size_t>(first.count++)) = Py_NewRef(item);
      },
      &shown);
  Reference list = Reference::take(PyList_New(0));
  for (Py_ssize_t i = 0; i < shown.count; ++i) {
    PyObject* item = shown.items.at(static_cast<std::size_t>(i));
    if (list && PyList_Append(list.get(), item) < 0) list = {};
    Py_DECREF(item);
  }
  return list;
}

}  // namespace

PyObject* repr_of_queue(PyObject* object) {
  const int entered = Py_ReprEnter(object);
  if (entered != 0) {
    return entered > 0 ? PyUnicode_FromFormat("<%s ...>", short_name(object)) : nullptr;
  }
  const QueueObject* self = as_queue(object);
  const Reference items = first_items(*self->queue);
  PyObject* text = nullptr;
  if (items) {
    AnyQueue& queue = *self->queue;
    const std::size_t stored = queue.stored();
    const auto listed = static_cast<std::size_t>(PyList_GET_SIZE(items.get()));
    text = PyUnicode_FromFormat(
        "<%s at %p maxsize=%zu qsize=%zu items=%R%s getters=%zd putters=%zd unfinished=%zu>",
        short_name(object), static_cast<void*>(object), queue.maxsize(), stored, items.get(),
        listed < stored ? "..." : "", self->getters, self->putters, queue.unfinished());
  }
  Py_ReprLeave(object);
  return text;
}

}  // namespace mtaio::python
