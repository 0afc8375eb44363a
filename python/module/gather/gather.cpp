#include "module/gather/gather.hpp"

#include <mtaio/python/raised_error.hpp>

#include "bridge/cached_objects.hpp"
#include "module/awaiting/awaiting.hpp"
#include "module/errors/timeout_error.hpp"
#include "module/gather/loop_settings.hpp"

#include <cstddef>
#include <utility>

namespace mtaio::python {
namespace {

bool is_fatal(PyObject* error) noexcept {
  return PyErr_GivenExceptionMatches(error, PyExc_KeyboardInterrupt) != 0 ||
         PyErr_GivenExceptionMatches(error, PyExc_SystemExit) != 0;
}

}  // namespace

Gather::Gather(GatherOperation& operation, Reference list, CoroutineSource coroutines,
               const GatherOptions& given_options)
    : results{std::move(list)},
      source{std::move(coroutines)},
      workers{operation, given_options.limit},
      options{given_options},
      maps{source.function != nullptr} {
  if (options.progress) progress.emplace(options.progress);
  options.progress = nullptr;  // borrowed from the caller
}

void Gather::begin(PyObject* running_loop) {
  loop = Reference::to(running_loop);
  const LoopSettings settings = LoopSettings::read(running_loop);
  if (settings.has_task_factory) workers.watch_tasks();
  slow_step = settings.slow_step;
  if (!progress) return;
  const auto given = static_cast<Py_ssize_t>(source.given.size() - source.copies.size());
  const Py_ssize_t total = maps ? source.length : given;
  reported_total = total == CoroutineSource::kUnknown ? 0 : total;
  if (!progress->add_total(reported_total)) fail(0);
}

Py_ssize_t Gather::start_next() {
  const Py_ssize_t index = source.started++;
  if (progress && !progress->count_started()) fail(index);
  return index;
}

void Gather::source_exhausted() {
  if (!progress || source.started == reported_total) return;
  const Py_ssize_t more = source.started - reported_total;
  reported_total = source.started;
  if (!progress->add_total(more)) fail(source.started);
}

void Gather::stop() {
  if (stopping) return;
  stopping = true;
  const PreservedError preserved;
  workers.cancel();
  source.stop();
}

void Gather::time_is_over() {
  if (stopping || (workers.live() == 0 && (source.started > 0 || source.is_over()))) return;
  timed_out = true;
  if (options.return_exceptions) {
    for (std::size_t i = 0; i < source.given.size(); ++i) {
      PyObject* unstarted = source.given[i];
      if (!unstarted || is_future(unstarted)) continue;
      Reference error = make_timeout_error(name(), "timeout", options.timeout, nullptr);
      if (!error) {
        fail(static_cast<Py_ssize_t>(i));
        return;
      }
      results.put(static_cast<Py_ssize_t>(i), std::move(error));
    }
  }
  stop();
}

void Gather::fail(Py_ssize_t index) {
  const RaisedError raised = RaisedError::fetch();
  fail_with(index, Reference::to(raised.get()));
}

void Gather::fail_with(Py_ssize_t index, Reference error) {
  results.add_failure(index, std::move(error));
  stop();
}

void Gather::ended(Py_ssize_t index, PyObject* result) {
  // First of all: making an exception object of the exception that is set may run any code.
  const RaisedError raised = RaisedError::fetch();
  Reference value = Reference::take(result);
  if (!results.wanted()) return;
  const bool cancelled =
      raised && PyErr_GivenExceptionMatches(raised.get(), cached().cancelled_error) != 0;
  const bool as_asked = stopping && cancelled;
  if (value) {
    results.put(index, std::move(value));
  } else if (options.return_exceptions && !is_fatal(raised.get())) {
    Reference outcome = Reference::to(raised.get());
    if (timed_out && cancelled) {
      outcome = make_timeout_error(name(), "timeout", options.timeout, raised.get());
    }
    if (outcome) {
      results.put(index, std::move(outcome));
    } else {
      fail(index);
    }
  } else if (!as_asked) {
    fail_with(index, Reference::to(raised.get()));
  } else if (timed_out) {
    results.add_hung(Reference::to(raised.get()));
  }
  if (progress && !progress->count_done(raised && !as_asked)) fail(index);
}

PyObject* Gather::conclude() {
  GatherResults taken = results.take();
  if (taken.raise_fatal()) return nullptr;
  if (timed_out && !options.return_exceptions) {
    taken.raise_timeout(name(), options.timeout);
    return nullptr;
  }
  if (taken.any_failed()) {
    taken.raise_failure(static_cast<Py_ssize_t>(source.given.size()));
    return nullptr;
  }
  return taken.release(source.copies);
}

void Gather::clear() noexcept {
  source.drop();
  workers.leave_all();
  results.drop();
}

int Gather::traverse(visitproc visit, void* arg) const {
  Py_VISIT(loop.get());
  if (progress && progress->traverse(visit, arg) != 0) return -1;
  if (const int found = results.traverse(visit, arg)) return found;
  if (const int found = workers.traverse(visit, arg)) return found;
  return source.traverse(visit, arg);
}

}  // namespace mtaio::python
