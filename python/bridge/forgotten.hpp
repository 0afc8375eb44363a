/// Operations that nothing has awaited.
#pragma once

#include <mtaio/python/reference.hpp>

namespace mtaio::python {

/// Whether they are warned of: in Python's development mode, and in the debug mode of the loop that
/// runs. Not while the interpreter is torn down. An exception that is set stays.
[[nodiscard]] bool warns_of_forgotten() noexcept;
/// "RuntimeWarning: AsyncQueue.put() was never awaited", `level` frames up as warnings.warn() has
/// it. A warning that is an error cannot be raised and goes to sys.unraisablehook. An exception
/// that is set stays.
void warn_of_forgotten(PyObject* operation, int level = 1) noexcept;
/// An awaitable was handed to an operation that does not come to it, because that was forgotten
/// itself for example: if it is an operation of ours, of any module, it is not warned of. An
/// exception that is set stays.
void hand_over(PyObject* awaitable) noexcept;

}  // namespace mtaio::python
