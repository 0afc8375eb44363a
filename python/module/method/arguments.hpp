/// The arguments of calls from Python. Errors show the names of the call and of the argument, and
/// its value.
#pragma once

#include <mtaio/python/reference.hpp>

#include <limits>
#include <span>

namespace mtaio::python {

/// How errors name a call, "TaskExecutor.run": one text, or the names of the class and the method.
struct CallName {
  // NOLINTNEXTLINE(google-explicit-constructor): most calls know their whole name.
  CallName(const char* whole) noexcept : owner{whole} {}
  CallName(const char* class_name, const char* method) noexcept
      : owner{class_name}, member{method} {}

  /// The whole name; null with an exception set.
  [[nodiscard]] Reference text() const;

  const char* owner;
  const char* member = nullptr;
};

/// The article for the name of the type of `object`: "a" or "an".
[[nodiscard]] const char* article(PyObject* object) noexcept;

/// The parameters of a call.
struct Parameters {
  std::span<const char* const> names;
  /// How many may be given by position.
  Py_ssize_t positional;
  /// How many must be given.
  Py_ssize_t required;
};

/// Sorts arguments (borrowed) into `places`, one for each parameter; null where none was given.
/// False with a TypeError set.
[[nodiscard]] bool sort_arguments(CallName call, const Parameters& parameters,
                                  PyObject* const* given, Py_ssize_t count, PyObject* keyword_names,
                                  std::span<PyObject*> places);
/// The same for a tuple and a dictionary, which may be null.
[[nodiscard]] bool sort_arguments(CallName call, const Parameters& parameters, PyObject* given,
                                  PyObject* keywords, std::span<PyObject*> places);
/// Raises the TypeError for a keyword that a call does not have.
void refuse_keyword(CallName call, PyObject* name);

/// A time in seconds, infinite for None; NaN with an exception set. `call` is "TaskExecutor.run",
/// `name` "timeout".
[[nodiscard]] double parse_seconds(PyObject* value, CallName call, const char* name);

inline constexpr Py_ssize_t kNoLimit = std::numeric_limits<Py_ssize_t>::max();
/// A limit, `kNoLimit` for None; 0 with an exception set.
[[nodiscard]] Py_ssize_t parse_limit(PyObject* value, CallName call);

/// An integer; one that is too large becomes the largest possible. False with a TypeError set:
/// "`rule`, not a str."
[[nodiscard]] bool parse_integer(PyObject* value, CallName call, const char* name, const char* rule,
                                 Py_ssize_t& result);
/// A number other than NaN; one that is too large becomes infinite. False with an exception set.
[[nodiscard]] bool parse_number(PyObject* value, CallName call, const char* name, const char* rule,
                                const char* rule_for_nan, double& result);

}  // namespace mtaio::python
