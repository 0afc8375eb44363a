/// What a gather() or map() has to know of its event loop.
#pragma once

#include <mtaio/python/reference.hpp>

namespace mtaio::python {

struct LoopSettings {
  /// Whether the loop has a factory for its tasks, which may do anything with a worker.
  bool has_task_factory;
  /// How many seconds a step takes at least to be slow in the loop's debug mode; infinite outside
  /// of that mode.
  double slow_step;

  [[nodiscard]] static LoopSettings read(PyObject* loop) noexcept;
};

}  // namespace mtaio::python
