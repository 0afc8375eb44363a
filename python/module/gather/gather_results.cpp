#include "module/gather/gather_results.hpp"

#include <mtaio/python/raised_error.hpp>

#include "module/errors/execution_error.hpp"
#include "module/errors/timeout_error.hpp"

#include <algorithm>
#include <cstddef>

namespace mtaio::python {
namespace {

// How many places where coroutines hung a TimeoutError shows.
constexpr std::size_t kMostHung = 10;

/// Appends None until the list has `size` items. False with an exception set.
bool extend(PyObject* list, Py_ssize_t size) {
  bool all = true;
  while (all && PyList_GET_SIZE(list) < size) all = PyList_Append(list, Py_None) == 0;
  return all;
}

}  // namespace

void GatherResults::put(Py_ssize_t index, Reference result) {
  const Reference list = Reference::to(list_.get());
  if (!list) return;
  if (!extend(list.get(), index)) {
    PyErr_WriteUnraisable(list.get());
  } else if (PyList_GET_SIZE(list.get()) == index) {
    if (PyList_Append(list.get(), result.get()) < 0) PyErr_WriteUnraisable(list.get());
  } else {
    PyList_SetItem(list.get(), index, result.release());
  }
}

void GatherResults::add_failure(Py_ssize_t index, Reference error) {
  failures_.push_back({index, std::move(error)});
}

void GatherResults::add_hung(Reference error) {
  if (hung_.size() < kMostHung) hung_.push_back(std::move(error));
}

bool GatherResults::raise_fatal() const {
  const auto fatal = std::ranges::find_if(failures_, [](const Failure& failure) {
    return PyErr_GivenExceptionMatches(failure.error.get(), PyExc_Exception) == 0;
  });
  if (fatal == failures_.end()) return false;
  RaisedError::raise(Py_NewRef(fatal->error.get()));
  return true;
}

void GatherResults::raise_failure(Py_ssize_t total) const {
  const Reference all = Reference::take(PyTuple_New(static_cast<Py_ssize_t>(failures_.size())));
  if (!all) return;
  for (std::size_t i = 0; i < failures_.size(); ++i) {
    PyObject* pair = Py_BuildValue("(nO)", failures_[i].index, failures_[i].error.get());
    if (!pair) return;
    PyTuple_SET_ITEM(all.get(), static_cast<Py_ssize_t>(i), pair);
  }
  const Reference what = Reference::take(
      total > 0 ? PyUnicode_FromFormat("task %zd of %zd", failures_.front().index, total)
                : PyUnicode_FromFormat("task %zd", failures_.front().index));
  raise_execution_error(what.get(), all.get());
}

/// An exception, or a group of several. Null if there is none, or with an exception set.
Reference GatherResults::cause_of_timeout() const {
  if (hung_.size() + failures_.size() <= 1) {
    if (!hung_.empty()) return Reference::to(hung_.front().get());
    if (!failures_.empty()) return Reference::to(failures_.front().error.get());
    return {};
  }
  const Reference errors = Reference::take(PyList_New(0));
  bool all = static_cast<bool>(errors);
  for (const Reference& each : hung_) all = all && PyList_Append(errors.get(), each.get()) == 0;
  for (const Failure& each : failures_) {
    all = all && PyList_Append(errors.get(), each.error.get()) == 0;
  }
  if (!all) return {};
  return Reference::take(PyObject_CallFunction(
      PyExc_BaseExceptionGroup, "sO", "what was cancelled when the time ran out", errors.get()));
}

void GatherResults::raise_timeout(const char* call, double timeout) const {
  const Reference cause = cause_of_timeout();
  if (PyErr_Occurred()) return;
  Reference error = make_timeout_error(call, "timeout", timeout, cause.get());
  if (error) RaisedError::raise(error.release());
}

PyObject* GatherResults::release(
    const std::vector<std::pair<Py_ssize_t, Py_ssize_t>>& copies) noexcept {
  for (const auto& [copy, original] : copies) {
    if (!extend(list_.get(), copy + 1)) return nullptr;
    PyList_SetItem(list_.get(), copy, Py_NewRef(PyList_GET_ITEM(list_.get(), original)));
  }
  return list_.release();
}

int GatherResults::traverse(visitproc visit, void* arg) const {
  Py_VISIT(list_.get());
  for (const Failure& each : failures_) Py_VISIT(each.error.get());
  for (const Reference& each : hung_) Py_VISIT(each.get());
  return 0;
}

}  // namespace mtaio::python
