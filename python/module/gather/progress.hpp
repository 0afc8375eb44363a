/// How far a gather() or map() has come, for the program to look at.
#pragma once

#include <mtaio/python/reference.hpp>

#include <cstdint>
#include <utility>

namespace mtaio::python {

/// The Python type Progress.
struct ProgressObject {
  PyObject_HEAD Py_ssize_t total;
  Py_ssize_t started;
  Py_ssize_t done;
  Py_ssize_t failed;
};

/// What a gather() or map() was given as `progress`: a Progress; another object with the same
/// attributes, which are set; or a function, which is called with 1 for each coroutine that ends.
///
/// The members that report may run any code. They return false with an exception set.
class ProgressReport {
 public:
  /// False with a TypeError set if `to` is none of that; `call` is "TaskExecutor.gather".
  [[nodiscard]] static bool accepts(PyObject* to, const char* call);

  explicit ProgressReport(PyObject* to) noexcept;

  [[nodiscard]] bool add_total(Py_ssize_t more);
  [[nodiscard]] bool count_started();
  [[nodiscard]] bool count_done(bool failed);

  int traverse(visitproc visit, void* arg) const {
    Py_VISIT(to_.get());
    return 0;
  }

 private:
  enum class Kind : std::uint8_t { kCounters, kAttributes, kFunction };

  [[nodiscard]] bool add(Py_ssize_t ProgressObject::* counter, const char* attribute,
                         Py_ssize_t more);

  Reference to_;
  Kind kind_;
};

}  // namespace mtaio::python
