"""The exceptions of mtaio."""

from __future__ import annotations

import asyncio
import builtins
import queue
from typing import Any

__all__ = [
    "MTAIOError",
    "ExecutionError",
    "TimeoutError",
    "QueueEmpty",
    "QueueFull",
    "QueueShutDown",
]


class MTAIOError(Exception):
    """The base of the exceptions of mtaio."""


class ExecutionError(MTAIOError):
    """A coroutine, or a function that ran in a thread, failed.

    ``__cause__`` is its exception; if several have failed, the first by time. ``index`` is its
    position, counted from zero. ``failures`` lists all failures by time, each as a pair of its
    index and its exception.
    """

    index: int
    failures: tuple[tuple[int, BaseException], ...]

    def __init__(
        self,
        message: str = "",
        *,
        index: int = 0,
        failures: tuple[tuple[int, BaseException], ...] = (),
    ) -> None:
        super().__init__(message)
        self.index = index
        self.failures = failures

    def __reduce__(self) -> tuple[Any, ...]:
        return _make_execution_error, (str(self), self.index, self.failures), self.__dict__


def _make_execution_error(message: str, index: int, failures: Any) -> ExecutionError:
    return ExecutionError(message, index=index, failures=failures)


class TimeoutError(MTAIOError, builtins.TimeoutError):
    """Time ran out. It is also a builtin ``TimeoutError``, which ``asyncio`` raises."""


class QueueEmpty(TimeoutError, asyncio.QueueEmpty, queue.Empty):
    """No item came before the timeout of ``get_blocking()`` was over.

    It is also an ``asyncio.QueueEmpty``, which ``get_nowait()`` raises, and a ``queue.Empty``,
    which ``queue.Queue.get()`` raises.
    """


class QueueFull(TimeoutError, asyncio.QueueFull, queue.Full):
    """There was no room before the timeout of ``put_blocking()`` was over.

    It is also an ``asyncio.QueueFull``, which ``put_nowait()`` raises, and a ``queue.Full``, which
    ``queue.Queue.put()`` raises.
    """


_Plain = type("_Plain", (Exception,), {})  # a base without an effect
_AsyncioShutDown: Any = getattr(asyncio, "QueueShutDown", _Plain)
_ShutDown: Any = getattr(queue, "ShutDown", Exception)


class QueueShutDown(MTAIOError, _AsyncioShutDown, _ShutDown):  # type: ignore[misc]
    """The queue was shut down: it takes no more items, or is empty.

    From Python 3.13 on it is also an ``asyncio.QueueShutDown`` and a ``queue.ShutDown``.
    """
