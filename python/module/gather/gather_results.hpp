/// The results and failures of the coroutines of a gather() or map().
#pragma once

#include <mtaio/python/reference.hpp>

#include <utility>
#include <vector>

namespace mtaio::python {

/// Dropping it may run any code.
class GatherResults {
 public:
  /// `list` is empty; a coroutine that has not ended gets None in it.
  explicit GatherResults(Reference list) noexcept : list_{std::move(list)} {}

  /// False once they were taken or dropped: then results are not wanted any more.
  [[nodiscard]] bool wanted() const noexcept { return static_cast<bool>(list_); }

  /// Puts the result of coroutine number `index` into the list.
  void put(Py_ssize_t index, Reference result);
  void add_failure(Py_ssize_t index, Reference error);
  /// Adds an exception of a coroutine that the timeout has cancelled: it shows where that hung.
  void add_hung(Reference error);

  /// All of them. Afterwards this one has none.
  [[nodiscard]] GatherResults take() noexcept { return std::move(*this); }
  void drop() noexcept { const GatherResults dropped = take(); }

  [[nodiscard]] bool any_failed() const noexcept { return !failures_.empty(); }
  /// Raises the first failure that must not be wrapped. False if there is none.
  bool raise_fatal() const;
  /// Raises an ExecutionError of the first failure; `total` is the number of coroutines, 0 if it is
  /// not known.
  void raise_failure(Py_ssize_t total) const;
  /// Raises a TimeoutError. Its cause shows where the coroutines were that the timeout has
  /// cancelled, and what failed while they ended.
  void raise_timeout(const char* call, double timeout) const;
  /// Gives up the list, in which each position of a copy has the result of its original. Null with
  /// an exception set.
  [[nodiscard]] PyObject* release(
      const std::vector<std::pair<Py_ssize_t, Py_ssize_t>>& copies) noexcept;

  int traverse(visitproc visit, void* arg) const;

 private:
  struct Failure {
    Py_ssize_t index;
    Reference error;
  };

  [[nodiscard]] Reference cause_of_timeout() const;

  Reference list_;
  /// By time.
  std::vector<Failure> failures_;
  std::vector<Reference> hung_;
};

}  // namespace mtaio::python
