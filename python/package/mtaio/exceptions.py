"""What mtaio raises."""

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
    """The base of everything that mtaio raises on its own account."""


class ExecutionError(MTAIOError):
    """A coroutine, or a function that ran in a thread, failed.

    ``__cause__`` is what it raised; of several that failed, the first by time. ``index`` is its
    position, counted from zero, and ``failures`` lists all of them by time, each as a pair of its
    index and what it raised.
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
    """Time ran out. Also the builtin ``TimeoutError``, which ``asyncio`` raises."""


class QueueEmpty(TimeoutError, asyncio.QueueEmpty, queue.Empty):
    """No item came before the timeout of ``get_blocking()`` was over.

    Also what ``get_nowait()`` raises, ``asyncio.QueueEmpty``, and what the ``get()`` of a
    ``queue.Queue`` does, ``queue.Empty``.
    """


class QueueFull(TimeoutError, asyncio.QueueFull, queue.Full):
    """There was no room before the timeout of ``put_blocking()`` was over.

    Also what ``put_nowait()`` raises, ``asyncio.QueueFull``, and what the ``put()`` of a
    ``queue.Queue`` does, ``queue.Full``.
    """


_Plain = type("_Plain", (Exception,), {})  # a base that changes nothing
_AsyncioShutDown: Any = getattr(asyncio, "QueueShutDown", _Plain)
_ShutDown: Any = getattr(queue, "ShutDown", Exception)


class QueueShutDown(MTAIOError, _AsyncioShutDown, _ShutDown):  # type: ignore[misc]
    """The queue was shut down: it takes no more items, or has none left to give.

    From Python 3.13 on, where ``asyncio`` has a ``QueueShutDown`` and ``queue`` a ``ShutDown``,
    this is both.
    """
