/// How far a gather() or map() has come, for the program to read.
#pragma once

#include <mtaio/python/reference.hpp>

#include <cstdint>
#include <utility>

namespace mtaio::python {

/// The Python type Progress.
struct ProgressObject {
  PyObject ob_base;
  Py_ssize_t total;
  Py_ssize_t started;
  Py_ssize_t done;
  Py_ssize_t failed;
};

/// Reports to the `progress` of a gather() or map(): a Progress; another object with the same
/// attributes, which are set; or a function, which is called with 1 for each coroutine that ends.
///
/// The members that report may run any code. They return false with an exception set.
class ProgressReport {
 public:
  /// Whether `progress` is one of these. If not, a TypeError is set. `call` is
  /// "TaskExecutor.gather".
  [[nodiscard]] static bool accepts(PyObject* progress, const char* call);

  explicit ProgressReport(PyObject* progress) noexcept;

  [[nodiscard]] bool add_total(Py_ssize_t more);
  [[nodiscard]] bool count_started();
  [[nodiscard]] bool count_done(bool failed);

  int traverse(visitproc visit, void* arg) const {
    Py_VISIT(progress_.get());
    return 0;
  }

 private:
  enum class Kind : std::uint8_t { kCounters, kAttributes, kFunction };

  [[nodiscard]] bool add(Py_ssize_t ProgressObject::* counter, const char* attribute,
                         Py_ssize_t more);

  Reference progress_;
  Kind kind_;
};

/// Adds the type Progress to the module. False with an exception set.
[[nodiscard]] bool add_progress(PyObject* module);

}  // namespace mtaio::python
