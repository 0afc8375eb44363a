import concurrent.futures
import datetime
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from typing import Any, Generic, Literal, NoReturn, ParamSpec, TypeAlias, TypeVar, overload

F = TypeVar("F", bound=Callable[..., Any])
P = ParamSpec("P")
T = TypeVar("T")
T1 = TypeVar("T1")
T2 = TypeVar("T2")
T3 = TypeVar("T3")
T4 = TypeVar("T4")
T5 = TypeVar("T5")
T6 = TypeVar("T6")

Async: TypeAlias = Coroutine[Any, Any, T]
OrError: TypeAlias = T | BaseException
Time: TypeAlias = float | datetime.timedelta | None
Reports: TypeAlias = Progress | Callable[[int], object] | None

class _Queue(AsyncIterator[T], Generic[T]):
    def __init__(self, maxsize: int = 0) -> None: ...
    @property
    def maxsize(self) -> int: ...
    def get(self) -> Async[T]: ...
    def get_nowait(self) -> T: ...
    def get_blocking(self, timeout: Time = None) -> T: ...
    def task_done(self) -> None: ...
    def join(self) -> Async[None]: ...
    def shutdown(self, immediate: bool = False) -> None: ...
    def qsize(self) -> int: ...
    def empty(self) -> bool: ...
    def full(self) -> bool: ...
    def __anext__(self) -> Async[T]: ...

class AsyncQueue(_Queue[T]):
    def put(self, item: T) -> Async[None]: ...
    def put_nowait(self, item: T) -> None: ...
    def put_blocking(self, item: T, timeout: Time = None) -> None: ...

class LIFOQueue(_Queue[T]):
    def put(self, item: T) -> Async[None]: ...
    def put_nowait(self, item: T) -> None: ...
    def put_blocking(self, item: T, timeout: Time = None) -> None: ...

class PriorityQueue(_Queue[T]):
    def put(self, item: T, priority: float = 0) -> Async[None]: ...
    def put_nowait(self, item: T, priority: float = 0) -> None: ...
    def put_blocking(self, item: T, priority: float = 0, timeout: Time = None) -> None: ...

class Latch:
    def __init__(self, count: int) -> None: ...
    def count_down(self, n: int = 1) -> Async[None]: ...
    def wait(self, timeout: Time = None) -> Async[bool]: ...
    def get_count(self) -> int: ...

class Progress:
    @property
    def total(self) -> int: ...
    @property
    def started(self) -> int: ...
    @property
    def done(self) -> int: ...
    @property
    def failed(self) -> int: ...

# The results of gather() for two to six awaitables of different types. They are a list. To a type
# checker they are a tuple as well, so that `number, text = await executor.gather(count(), read())`
# has two types. The list comes first, so that the methods are those of a list.
class TwoResults(  # type: ignore[misc]
    list[T1 | T2],
    tuple[T1, T2],
    Generic[T1, T2],
): ...
class ThreeResults(  # type: ignore[misc]
    list[T1 | T2 | T3],
    tuple[T1, T2, T3],
    Generic[T1, T2, T3],
): ...
class FourResults(  # type: ignore[misc]
    list[T1 | T2 | T3 | T4],
    tuple[T1, T2, T3, T4],
    Generic[T1, T2, T3, T4],
): ...
class FiveResults(  # type: ignore[misc]
    list[T1 | T2 | T3 | T4 | T5],
    tuple[T1, T2, T3, T4, T5],
    Generic[T1, T2, T3, T4, T5],
): ...
class SixResults(  # type: ignore[misc]
    list[T1 | T2 | T3 | T4 | T5 | T6],
    tuple[T1, T2, T3, T4, T5, T6],
    Generic[T1, T2, T3, T4, T5, T6],
): ...

class ExecutorBase:
    _closed: bool
    _watched: bool
    _pool: concurrent.futures.Executor | None
    @property
    def _calls(self) -> int: ...
    def run(self, coro: Awaitable[T], *, timeout: Time = None) -> Async[T]: ...
    def run_in_thread(
        self, func: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs
    ) -> Async[T]: ...
    @overload
    def gather(
        self, a: Awaitable[T1], b: Awaitable[T2], /, *,
        limit: int | None = None, timeout: Time = None, task_timeout: Time = None,
        progress: Reports = None, return_exceptions: Literal[False] = False,
    ) -> Async[TwoResults[T1, T2]]: ...
    @overload
    def gather(
        self, a: Awaitable[T1], b: Awaitable[T2], /, *,
        limit: int | None = None, timeout: Time = None, task_timeout: Time = None,
        progress: Reports = None, return_exceptions: Literal[True],
    ) -> Async[TwoResults[OrError[T1], OrError[T2]]]: ...
    @overload
    def gather(
        self, a: Awaitable[T1], b: Awaitable[T2], c: Awaitable[T3], /, *,
        limit: int | None = None, timeout: Time = None, task_timeout: Time = None,
        progress: Reports = None, return_exceptions: Literal[False] = False,
    ) -> Async[ThreeResults[T1, T2, T3]]: ...
    @overload
    def gather(
        self, a: Awaitable[T1], b: Awaitable[T2], c: Awaitable[T3], /, *,
        limit: int | None = None, timeout: Time = None, task_timeout: Time = None,
        progress: Reports = None, return_exceptions: Literal[True],
    ) -> Async[ThreeResults[OrError[T1], OrError[T2], OrError[T3]]]: ...
    @overload
    def gather(
        self, a: Awaitable[T1], b: Awaitable[T2], c: Awaitable[T3], d: Awaitable[T4], /, *,
        limit: int | None = None, timeout: Time = None, task_timeout: Time = None,
        progress: Reports = None, return_exceptions: Literal[False] = False,
    ) -> Async[FourResults[T1, T2, T3, T4]]: ...
    @overload
    def gather(
        self, a: Awaitable[T1], b: Awaitable[T2], c: Awaitable[T3], d: Awaitable[T4], /, *,
        limit: int | None = None, timeout: Time = None, task_timeout: Time = None,
        progress: Reports = None, return_exceptions: Literal[True],
    ) -> Async[FourResults[OrError[T1], OrError[T2], OrError[T3], OrError[T4]]]: ...
    @overload
    def gather(
        self, a: Awaitable[T1], b: Awaitable[T2], c: Awaitable[T3], d: Awaitable[T4],
        e: Awaitable[T5], /, *,
        limit: int | None = None, timeout: Time = None, task_timeout: Time = None,
        progress: Reports = None, return_exceptions: Literal[False] = False,
    ) -> Async[FiveResults[T1, T2, T3, T4, T5]]: ...
    @overload
    def gather(
        self, a: Awaitable[T1], b: Awaitable[T2], c: Awaitable[T3], d: Awaitable[T4],
        e: Awaitable[T5], /, *,
        limit: int | None = None, timeout: Time = None, task_timeout: Time = None,
        progress: Reports = None, return_exceptions: Literal[True],
    ) -> Async[FiveResults[OrError[T1], OrError[T2], OrError[T3], OrError[T4], OrError[T5]]]: ...
    @overload
    def gather(
        self, a: Awaitable[T1], b: Awaitable[T2], c: Awaitable[T3], d: Awaitable[T4],
        e: Awaitable[T5], f: Awaitable[T6], /, *,
        limit: int | None = None, timeout: Time = None, task_timeout: Time = None,
        progress: Reports = None, return_exceptions: Literal[False] = False,
    ) -> Async[SixResults[T1, T2, T3, T4, T5, T6]]: ...
    @overload
    def gather(
        self, a: Awaitable[T1], b: Awaitable[T2], c: Awaitable[T3], d: Awaitable[T4],
        e: Awaitable[T5], f: Awaitable[T6], /, *,
        limit: int | None = None, timeout: Time = None, task_timeout: Time = None,
        progress: Reports = None, return_exceptions: Literal[True],
    ) -> Async[
        SixResults[OrError[T1], OrError[T2], OrError[T3], OrError[T4], OrError[T5], OrError[T6]]
    ]: ...
    @overload
    def gather(
        self, *coroutines: Awaitable[T],
        limit: int | None = None, timeout: Time = None, task_timeout: Time = None,
        progress: Reports = None, return_exceptions: Literal[False] = False,
    ) -> Async[list[T]]: ...
    @overload
    def gather(
        self, *coroutines: Awaitable[T],
        limit: int | None = None, timeout: Time = None, task_timeout: Time = None,
        progress: Reports = None, return_exceptions: bool,
    ) -> Async[list[OrError[T]]]: ...

def map(
    executor: ExecutorBase,
    function: Callable[..., Any],
    where: Literal["loop", "thread", "lambda"],
    iterators: tuple[Any, ...],
    async_iterator: Any,
    options: dict[str, Any],
    /,
) -> Async[list[Any]]: ...
def parse_seconds(value: Time, call: str, name: str, /) -> float: ...
def async_method(function: F, /) -> F: ...
def raise_execution_error(
    what: str, failures: tuple[tuple[int, BaseException], ...], /
) -> NoReturn: ...
def close_unstarted(awaitable: object, /) -> None: ...
def warn_never_awaited(operation: object, /) -> None: ...
def is_awaitable(object: object, /) -> bool: ...
def finish_threads() -> None: ...
