/// The arguments of calls from Python. What is wrong with one is said with the names of the call
/// and of the argument, and its value.
#pragma once

#include <mtaio/python/reference.hpp>

#include <limits>
#include <span>

namespace mtaio::python {

/// "TaskExecutor.run" in errors: as one text, or as the names of the class and of the method.
struct CallName {
  // NOLINTNEXTLINE(google-explicit-constructor): most calls know their whole name.
  CallName(const char* whole) noexcept : owner{whole} {}
  CallName(const char* of, const char* method) noexcept : owner{of}, member{method} {}

  /// As text; null with an exception set.
  [[nodiscard]] Reference text() const;

  const char* owner;
  const char* member = nullptr;
};

/// "a" or "an", as the name of the type of `object` needs it.
[[nodiscard]] const char* article(PyObject* object) noexcept;

/// What a call takes: the names of its parameters, how many of them may be given by position, and
/// how many must be given.
struct Parameters {
  std::span<const char* const> names;
  Py_ssize_t positional;
  Py_ssize_t required;
};

/// Sorts arguments (borrowed) into `places`, one for each parameter; null where none was given.
/// False with a TypeError set.
[[nodiscard]] bool sort_arguments(CallName call, const Parameters& parameters,
                                  PyObject* const* given, Py_ssize_t count, PyObject* keyword_names,
                                  std::span<PyObject*> places);
/// The same of a tuple and a dictionary, which may be null.
[[nodiscard]] bool sort_arguments(CallName call, const Parameters& parameters, PyObject* given,
                                  PyObject* keywords, std::span<PyObject*> places);
/// A keyword that a call does not have.
void refuse_keyword(CallName call, PyObject* name);

/// A time in seconds, infinite for None; NaN with an exception set. `call` is "TaskExecutor.run",
/// `name` "timeout".
[[nodiscard]] double parse_seconds(PyObject* value, CallName call, const char* name);

inline constexpr Py_ssize_t kNoLimit = std::numeric_limits<Py_ssize_t>::max();
/// A limit, `kNoLimit` for None; 0 with an exception set.
[[nodiscard]] Py_ssize_t parse_limit(PyObject* value, CallName call);

/// An integer; one too large is the largest there is. False with a TypeError set: "`rule`, not a
/// str."
[[nodiscard]] bool parse_integer(PyObject* value, CallName call, const char* name, const char* rule,
                                 Py_ssize_t& into);
/// A number other than NaN; one too large is infinite. False with an exception set.
[[nodiscard]] bool parse_number(PyObject* value, CallName call, const char* name, const char* rule,
                                const char* rule_for_nan, double& into);

}  // namespace mtaio::python
