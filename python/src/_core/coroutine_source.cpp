#include "_core/coroutine_source.hpp"

#include "_core/awaiting.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace mtaio::python {

bool CoroutineSource::has_more(Py_ssize_t& started) noexcept {
  if (exhausted) return false;
  if (!function) {
    const auto total = static_cast<Py_ssize_t>(given.size());
    while (started < total && !given[static_cast<std::size_t>(started)]) ++started;
    return started < total;
  }
  return !pulling;
}

void CoroutineSource::estimate_length() noexcept {
  for (PyObject* each : iterators) {
    const Py_ssize_t estimate = PyObject_LengthHint(each, kUnknown);
    if (estimate >= 0) {
      length = std::min(length, estimate);
    } else {
      PyErr_Clear();
    }
  }
}

CoroutineSource::Next CoroutineSource::next(Py_ssize_t started, PyObject*& awaitable,
                                            bool& pulled) {
  if (!function) {
    awaitable = std::exchange(given[static_cast<std::size_t>(started)], nullptr);
    return Next::kReady;
  }
  if (async_iterator) {
    pulled = true;
    const unaryfunc anext = Py_TYPE(async_iterator)->tp_as_async->am_anext;
    awaitable = anext(async_iterator);
    if (!awaitable) return Next::kFailed;
    pulling = true;
    return Next::kReady;
  }
  const Reference arguments =
      Reference::take(PyTuple_New(static_cast<Py_ssize_t>(iterators.size())));
  if (!arguments) return Next::kFailed;
  for (std::size_t i = 0; i < iterators.size(); ++i) {
    // Kept: the iterator may run any code, that of a task which stops this one too.
    const Reference iterator = Reference::to(iterators[i]);
    PyObject* item = PyIter_Next(iterator.get());
    if (!item) {
      const bool failed = PyErr_Occurred() != nullptr;
      exhausted = true;
      return failed ? Next::kFailed : Next::kExhausted;
    }
    PyTuple_SET_ITEM(arguments.get(), static_cast<Py_ssize_t>(i), item);
  }
  return apply(arguments.get(), awaitable);
}

CoroutineSource::Next CoroutineSource::apply(PyObject* arguments, PyObject*& awaitable) {
  const Reference called = Reference::to(function);
  if (!called) return Next::kExhausted;
  awaitable = PyObject_Call(called.get(), arguments, nullptr);
  return awaitable ? Next::kReady : Next::kFailed;
}

void CoroutineSource::drop(Py_ssize_t started) noexcept {
  exhausted = true;
  for (auto i = static_cast<std::size_t>(started); i < given.size(); ++i) {
    if (PyObject* unstarted = std::exchange(given[i], nullptr)) {
      close_unstarted(unstarted);
      Py_DECREF(unstarted);
    }
  }
  Py_CLEAR(function);
  for (PyObject*& iterator : iterators) Py_CLEAR(iterator);
  iterators.clear();
  Py_CLEAR(async_iterator);
}

int CoroutineSource::traverse(visitproc visit, void* arg) const {
  for (PyObject* each : given) Py_VISIT(each);
  Py_VISIT(function);
  for (PyObject* each : iterators) Py_VISIT(each);
  Py_VISIT(async_iterator);
  return 0;
}

}  // namespace mtaio::python
