"""The types of mtaio.core; _core.pyi has the types of the queues, of the latch and of gather()."""

from collections.abc import AsyncIterable, Awaitable, Callable, Iterable
from typing import Any, Literal, TypeAlias, TypeVar, overload

from . import _executor
from ._core import Async, OrError, Reports, Time
from ._core import AsyncQueue as AsyncQueue
from ._core import Latch as Latch
from ._core import LIFOQueue as LIFOQueue
from ._core import PriorityQueue as PriorityQueue
from ._core import Progress as Progress

__all__ = ["TaskExecutor", "AsyncQueue", "PriorityQueue", "LIFOQueue", "Latch", "Progress"]

A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")
T = TypeVar("T")
Items: TypeAlias = Iterable[A] | AsyncIterable[A]

# The class of _executor.py, with the types of map(). Async functions come before plain ones, because
# an async function matches both. Arguments after the third are not checked.
class TaskExecutor(_executor.TaskExecutor):
    @overload  # type: ignore[override]
    def map(
        self, func: Callable[[A], Awaitable[T]], a: Items[A], /, *,
        limit: int | None = None, timeout: Time = None, task_timeout: Time = None,
        progress: Reports = None, return_exceptions: Literal[False] = False,
    ) -> Async[list[T]]: ...
    @overload  # type: ignore[misc]
    def map(
        self, func: Callable[[A], Awaitable[T]], a: Items[A], /, *,
        limit: int | None = None, timeout: Time = None, task_timeout: Time = None,
        progress: Reports = None, return_exceptions: bool,
    ) -> Async[list[OrError[T]]]: ...
    @overload
    def map(
        self, func: Callable[[A], T], a: Items[A], /, *,
        limit: int | None = None, timeout: Time = None, task_timeout: Time = None,
        progress: Reports = None, return_exceptions: Literal[False] = False,
    ) -> Async[list[T]]: ...
    @overload
    def map(
        self, func: Callable[[A], T], a: Items[A], /, *,
        limit: int | None = None, timeout: Time = None, task_timeout: Time = None,
        progress: Reports = None, return_exceptions: bool,
    ) -> Async[list[OrError[T]]]: ...
    @overload
    def map(
        self, func: Callable[[A, B], Awaitable[T]], a: Items[A], b: Items[B], /, *,
        limit: int | None = None, timeout: Time = None, task_timeout: Time = None,
        progress: Reports = None, return_exceptions: Literal[False] = False,
    ) -> Async[list[T]]: ...
    @overload  # type: ignore[misc]
    def map(
        self, func: Callable[[A, B], Awaitable[T]], a: Items[A], b: Items[B], /, *,
        limit: int | None = None, timeout: Time = None, task_timeout: Time = None,
        progress: Reports = None, return_exceptions: bool,
    ) -> Async[list[OrError[T]]]: ...
    @overload
    def map(
        self, func: Callable[[A, B], T], a: Items[A], b: Items[B], /, *,
        limit: int | None = None, timeout: Time = None, task_timeout: Time = None,
        progress: Reports = None, return_exceptions: Literal[False] = False,
    ) -> Async[list[T]]: ...
    @overload
    def map(
        self, func: Callable[[A, B], T], a: Items[A], b: Items[B], /, *,
        limit: int | None = None, timeout: Time = None, task_timeout: Time = None,
        progress: Reports = None, return_exceptions: bool,
    ) -> Async[list[OrError[T]]]: ...
    @overload
    def map(
        self, func: Callable[[A, B, C], Awaitable[T]], a: Items[A], b: Items[B], c: Items[C], /, *,
        limit: int | None = None, timeout: Time = None, task_timeout: Time = None,
        progress: Reports = None, return_exceptions: Literal[False] = False,
    ) -> Async[list[T]]: ...
    @overload  # type: ignore[misc]
    def map(
        self, func: Callable[[A, B, C], Awaitable[T]], a: Items[A], b: Items[B], c: Items[C], /, *,
        limit: int | None = None, timeout: Time = None, task_timeout: Time = None,
        progress: Reports = None, return_exceptions: bool,
    ) -> Async[list[OrError[T]]]: ...
    @overload
    def map(
        self, func: Callable[[A, B, C], T], a: Items[A], b: Items[B], c: Items[C], /, *,
        limit: int | None = None, timeout: Time = None, task_timeout: Time = None,
        progress: Reports = None, return_exceptions: Literal[False] = False,
    ) -> Async[list[T]]: ...
    @overload
    def map(
        self, func: Callable[[A, B, C], T], a: Items[A], b: Items[B], c: Items[C], /, *,
        limit: int | None = None, timeout: Time = None, task_timeout: Time = None,
        progress: Reports = None, return_exceptions: bool,
    ) -> Async[list[OrError[T]]]: ...
    @overload
    def map(
        self, func: Callable[..., Awaitable[T]], a: Items[Any], b: Items[Any], c: Items[Any],
        d: Items[Any], /, *more: Items[Any],
        limit: int | None = None, timeout: Time = None, task_timeout: Time = None,
        progress: Reports = None, return_exceptions: Literal[False] = False,
    ) -> Async[list[T]]: ...
    @overload  # type: ignore[misc]
    def map(
        self, func: Callable[..., Awaitable[T]], a: Items[Any], b: Items[Any], c: Items[Any],
        d: Items[Any], /, *more: Items[Any],
        limit: int | None = None, timeout: Time = None, task_timeout: Time = None,
        progress: Reports = None, return_exceptions: bool,
    ) -> Async[list[OrError[T]]]: ...
    @overload
    def map(
        self, func: Callable[..., T], a: Items[Any], b: Items[Any], c: Items[Any], d: Items[Any],
        /, *more: Items[Any],
        limit: int | None = None, timeout: Time = None, task_timeout: Time = None,
        progress: Reports = None, return_exceptions: Literal[False] = False,
    ) -> Async[list[T]]: ...
    @overload
    def map(
        self, func: Callable[..., T], a: Items[Any], b: Items[Any], c: Items[Any], d: Items[Any],
        /, *more: Items[Any],
        limit: int | None = None, timeout: Time = None, task_timeout: Time = None,
        progress: Reports = None, return_exceptions: bool,
    ) -> Async[list[OrError[T]]]: ...
