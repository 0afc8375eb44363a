/// The keywords that gather() and map() share.
#pragma once

#include <mtaio/python/reference.hpp>

#include "module/method/arguments.hpp"

#include <limits>

namespace mtaio::python {

struct GatherOptions {
  Py_ssize_t limit = kNoLimit;
  double timeout = std::numeric_limits<double>::infinity();       // in seconds, for all of it
  double task_timeout = std::numeric_limits<double>::infinity();  // for each coroutine
  PyObject* progress = nullptr;                                   // borrowed; null if none
  bool return_exceptions = false;
};

/// Reads a dict of keywords, which may be null. `call` is "TaskExecutor.gather". False with an
/// exception set.
[[nodiscard]] bool parse_options(PyObject* keywords, const char* call, GatherOptions& to);

}  // namespace mtaio::python
