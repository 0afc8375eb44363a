/// Awaiting any awaitable as the interpreter does.
#pragma once

#include <mtaio/python/reference.hpp>

namespace mtaio::python {

/// The iterator with which an awaitable is awaited (new reference), which is the coroutine itself
/// for a coroutine. Null with an exception set.
[[nodiscard]] PyObject* iterator_of(PyObject* awaitable);
/// Whether it can be awaited.
[[nodiscard]] bool is_awaitable(PyObject* object) noexcept;
/// Whether it is a future or a task; the same as `asyncio.isfuture()`.
[[nodiscard]] bool is_future(PyObject* object) noexcept;
/// Whether a future or a task is done; false if done() fails. An exception that is set stays.
[[nodiscard]] bool is_done(PyObject* future) noexcept;
/// Cancels a future or a task; an exception that is set stays.
void cancel(PyObject* future) noexcept;
/// Closes a coroutine that was handed over and will not run. Any other awaitable is left, and if it
/// is an operation of mtaio there is no warning of it. An exception that is set stays.
void close_unstarted(PyObject* awaitable) noexcept;
/// One step of an iterator from iterator_of(), with an exception (borrowed) or without.
[[nodiscard]] PySendResult step(PyObject* iterator, PyObject* error, PyObject** result);

}  // namespace mtaio::python
