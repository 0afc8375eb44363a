#include "module/gather/coroutine_source.hpp"

#include "module/awaiting/awaiting.hpp"
#include "module/method/arguments.hpp"
#include "module/threads/executor_object.hpp"
#include "module/threads/thread_operation.hpp"

#include <algorithm>
#include <cstddef>
#include <new>
#include <unordered_map>
#include <utility>

namespace mtaio::python {

bool CoroutineSource::fill(PyObject* awaitables) {
  const Py_ssize_t count = PyTuple_GET_SIZE(awaitables);
  for (Py_ssize_t i = 0; i < count; ++i) {
    PyObject* each = PyTuple_GET_ITEM(awaitables, i);
    if (is_awaitable(each)) continue;
    PyErr_Format(PyExc_TypeError,
                 "TaskExecutor.gather(): argument %zd is %s %.100s, which cannot be awaited; pass "
                 "coroutines, futures or tasks.",
                 i + 1, article(each), Py_TYPE(each)->tp_name);
    return false;
  }
  std::unordered_map<PyObject*, Py_ssize_t> seen;
  try {
    given.reserve(static_cast<std::size_t>(count));
    for (Py_ssize_t i = 0; i < count; ++i) {
      PyObject* each = PyTuple_GET_ITEM(awaitables, i);
      // An awaitable with no reference but the tuple's is not in it twice.
      if (Py_REFCNT(each) > 1) {
        const auto [at, first] = seen.try_emplace(each, i);
        if (!first) {
          copies.emplace_back(i, at->second);
          given.push_back(nullptr);
          continue;
        }
      }
      given.push_back(each);
    }
  } catch (const std::bad_alloc&) {
    PyErr_NoMemory();
    return false;
  }
  for (PyObject* each : given) Py_XINCREF(each);
  return true;
}

bool CoroutineSource::has_more() noexcept {
  if (exhausted) return false;
  if (!function) {
    const auto total = static_cast<Py_ssize_t>(given.size());
    while (started < total && !given[static_cast<std::size_t>(started)]) ++started;
    return started < total;
  }
  return !pulling;
}

bool CoroutineSource::is_over() const noexcept {
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

Next CoroutineSource::next(PyObject*& made) {
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
  const Reference caller = Reference::to(executor);
  if (!has_own_pool(caller.get())) {
    return ThreadOperation::create(caller.get(), called, arguments, nullptr, true);
  }
  return PyObject_CallMethod(caller.get(), "_call_in_pool", "OO", called, arguments);
}

void CoroutineSource::gives_awaitables() noexcept {
  if (may_give_awaitables) Py_CLEAR(executor);
}

void CoroutineSource::stop() noexcept {
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

void CoroutineSource::drop() noexcept {
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
