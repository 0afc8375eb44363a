/// The Python type Latch.
#pragma once

#include <mtaio/latch.hpp>
#include <mtaio/python/reference.hpp>

namespace mtaio::python {

struct LatchObject {
  PyObject ob_base;
  Latch* latch;
  PyObject* weak_references;
  bool initialised;
};

/// Adds the type to the module. False with an exception set.
[[nodiscard]] bool add_latch(PyObject* module);

}  // namespace mtaio::python
