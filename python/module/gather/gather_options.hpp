/// The keywords that gather() and map() share.
#pragma once

#include <mtaio/python/reference.hpp>

#include "module/method/arguments.hpp"

#include <limits>

namespace mtaio::python {

struct GatherOptions {
  Py_ssize_t limit = kNoLimit;
  /// In seconds, for all of it.
  double timeout = std::numeric_limits<double>::infinity();
  /// In seconds, for each coroutine.
  double task_timeout = std::numeric_limits<double>::infinity();
  /// Borrowed; null if there is none.
  PyObject* progress = nullptr;
  bool return_exceptions = false;
};

/// Reads a dict of keywords, which may be null. `call` is "TaskExecutor.gather". False with an
/// exception set.
[[nodiscard]] bool parse_options(PyObject* keywords, const char* call, GatherOptions& options);

}  // namespace mtaio::python
