#include "module/errors/timeout_error.hpp"

#include <mtaio/python/raised_error.hpp>

#include "bridge/cached_objects.hpp"

#include <array>
#include <cstdio>

namespace mtaio::python {

Reference make_timeout_error(const char* call, const char* name, double seconds, PyObject* cause) {
  std::array<char, 100> text{};
  std::snprintf(text.data(), text.size(), "TaskExecutor.%s(%s=%g): the time ran out.", call, name,
                seconds);
  Reference error =
      Reference::take(PyObject_CallFunction(cached().timeout_error, "s", text.data()));
  if (error && cause) RaisedError::set_cause(error.get(), cause);
  return error;
}

}  // namespace mtaio::python
