/// Awaiting any awaitable, as the interpreter does it.
#pragma once

#include <mtaio/python/reference.hpp>

namespace mtaio::python {

/// The iterator with which an awaitable is awaited (new reference): a coroutine itself. Null with
/// an exception set.
[[nodiscard]] PyObject* iterator_of(PyObject* awaitable);
/// Whether it can be awaited.
[[nodiscard]] bool is_awaitable(PyObject* object) noexcept;
/// Whether it is a future or a task, as `asyncio.isfuture()` tells it.
[[nodiscard]] bool is_future(PyObject* object) noexcept;
/// Whether a future or a task is done; no if it does not say. An exception that is set stays.
[[nodiscard]] bool is_done(PyObject* future) noexcept;
/// Cancels a future or a task; an exception that is set stays.
void cancel(PyObject* future) noexcept;
/// Closes a coroutine that was handed over and will not run, and sees to it that an operation of
/// ours is not warned of; an exception that is set stays.
void close_unstarted(PyObject* awaitable) noexcept;
/// One step of an iterator from iterator_of(), with an exception (borrowed) or without.
[[nodiscard]] PySendResult step(PyObject* iterator, PyObject* error, PyObject** result);

}  // namespace mtaio::python
