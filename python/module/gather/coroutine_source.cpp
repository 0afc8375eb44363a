#include "module/gather/coroutine_source.hpp"

#include "module/awaiting/awaiting.hpp"
#include "module/executor/executor_object.hpp"
#include "module/threads/thread_call.hpp"

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

bool CoroutineSource::is_over(Py_ssize_t started) const noexcept {
  if (function) return length == 0;
  return std::all_of(given.begin() + started, given.end(),
                     [](PyObject* each) { return !each || (is_future(each) && is_done(each)); });
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

Next CoroutineSource::next(Py_ssize_t started, PyObject*& made) {
  if (!function) {
    made = std::exchange(given[static_cast<std::size_t>(started)], nullptr);
    return Next::kAwaitable;
  }
  if (async_iterator) {
    const Reference iterator = Reference::to(async_iterator);
    pulling = true;
    made = Py_TYPE(iterator.get())->tp_as_async->am_anext(iterator.get());
    if (made) return Next::kPull;
    pulling = false;
    return Next::kFailed;
  }
  const Reference arguments =
      Reference::take(PyTuple_New(static_cast<Py_ssize_t>(iterators.size())));
  if (!arguments) return Next::kFailed;
  for (std::size_t i = 0; i < iterators.size(); ++i) {
    const Reference iterator = Reference::to(iterators[i]);
    PyObject* item = PyIter_Next(iterator.get());
    if (!item) {
      const bool failed = PyErr_Occurred() != nullptr;
      exhausted = true;
      return failed ? Next::kFailed : Next::kExhausted;
    }
    PyTuple_SET_ITEM(arguments.get(), static_cast<Py_ssize_t>(i), item);
  }
  return apply(arguments.get(), made);
}

Next CoroutineSource::apply(PyObject* arguments, PyObject*& made) {
  const Reference called = Reference::to(function);
  if (!called) return Next::kExhausted;
  if (executor) {
    made = call_in_thread(called.get(), arguments);
    return made ? Next::kThreadCall : Next::kFailed;
  }
  made = PyObject_Call(called.get(), arguments, nullptr);
  if (!made) return Next::kFailed;
  return is_awaitable(made) ? Next::kAwaitable : Next::kValue;
}

PyObject* CoroutineSource::call_in_thread(PyObject* called, PyObject* arguments) {
  const Reference by = Reference::to(executor);
  const PyObject* pool = as_executor(by.get())->pool;
  if (!pool || pool == Py_None) {
    return new_thread_call(by.get(), called, arguments, nullptr, true);
  }
  return PyObject_CallMethod(by.get(), "_call_in_pool", "OO", called, arguments);
}

void CoroutineSource::gives_awaitables() noexcept {
  if (may_give_awaitables) Py_CLEAR(executor);
}

void CoroutineSource::stop(Py_ssize_t started) noexcept {
  for (auto i = static_cast<std::size_t>(started); i < given.size(); ++i) {
    if (!given[i]) continue;
    if (is_future(given[i])) {
      cancel(given[i]);
    } else {
      const Reference unstarted = Reference::take(std::exchange(given[i], nullptr));
      close_unstarted(unstarted.get());
    }
  }
}

void CoroutineSource::drop(Py_ssize_t started) noexcept {
  exhausted = true;
  for (auto i = static_cast<std::size_t>(started); i < given.size(); ++i) {
    const Reference unstarted = Reference::take(std::exchange(given[i], nullptr));
    if (unstarted) close_unstarted(unstarted.get());
  }
  const std::vector<PyObject*> dropped = std::exchange(iterators, {});
  for (PyObject* iterator : dropped) Py_DECREF(iterator);
  Py_CLEAR(function);
  Py_CLEAR(async_iterator);
  Py_CLEAR(executor);
}

int CoroutineSource::traverse(visitproc visit, void* arg) const {
  for (PyObject* each : given) Py_VISIT(each);
  Py_VISIT(function);
  for (PyObject* each : iterators) Py_VISIT(each);
  Py_VISIT(async_iterator);
  Py_VISIT(executor);
  return 0;
}

}  // namespace mtaio::python
