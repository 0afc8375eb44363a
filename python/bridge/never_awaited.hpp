/// Warnings of operations that were never awaited.
#pragma once

#include <mtaio/python/reference.hpp>

namespace mtaio::python {

/// Whether there are warnings: in Python's development mode, and in the debug mode of the running
/// loop. Not while the interpreter is finalizing. An exception that is set stays.
[[nodiscard]] bool warns_of_never_awaited() noexcept;
/// Warns: "RuntimeWarning: AsyncQueue.put() was never awaited". `level` is the stacklevel of
/// warnings.warn(). A warning that is an error cannot be raised and is passed to
/// sys.unraisablehook. An exception that is set stays.
void warn_never_awaited(PyObject* operation, int level = 1) noexcept;
/// To be called for an awaitable that was handed over to an operation which will not await it,
/// because it was itself never awaited, for example. If the awaitable is an operation of mtaio, of
/// any module, there is no warning of it. An exception that is set stays.
void hand_over(PyObject* awaitable) noexcept;

}  // namespace mtaio::python
