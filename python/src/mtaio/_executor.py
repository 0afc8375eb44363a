"""The class TaskExecutor."""

from __future__ import annotations

import asyncio
import atexit
import concurrent.futures
import contextvars
import functools
from collections.abc import Callable, Coroutine
from types import TracebackType
from typing import Any, TypeVar

from . import _core
from ._endings import cancel_elsewhere, set_from_anywhere, wait_for_all
from ._mapping import gives_awaitables, zip_asynchronous
from ._operation import Operation
from .exceptions import ExecutionError

T = TypeVar("T")

atexit.register(_core.finish_threads)


class TaskExecutor(_core.ExecutorBase):
    """Runs coroutines, with limits and timeouts, and functions in threads.

        async with TaskExecutor() as executor:
            result = await executor.run(process_item("data"), timeout=5)
            results = await executor.gather(*(process_item(i) for i in items), limit=2)

    Leaving ``async with`` asks what ``create_task()`` left running to stop, and waits for that and
    for functions in threads. Nothing is ever left running behind the caller's back: ``run``,
    ``gather`` and ``map`` return, or raise, when everything that they started has ended.

    Functions run in the library's own threads, or in ``thread_pool``, which is used and left alone.
    """

    def __init__(self, thread_pool: concurrent.futures.ThreadPoolExecutor | None = None) -> None:
        if thread_pool is not None and not isinstance(thread_pool, concurrent.futures.Executor):
            raise TypeError(
                f"TaskExecutor(thread_pool={thread_pool!r}): the pool must be a "
                "concurrent.futures.ThreadPoolExecutor, or None."
            )
        self._pool = thread_pool
        self._tasks: set[asyncio.Task[Any]] = set()
        self._idle_waiters: list[asyncio.Future[None]] = []
        self._pool_calls = 0

    def __repr__(self) -> str:
        state = " closed" if self._closed else ""
        calls = self._calls + self._pool_calls
        return f"<TaskExecutor at {id(self):#x}{state} tasks={len(self._tasks)} threads={calls}>"

    def _check_open(self, member: str) -> None:
        if self._closed:
            raise RuntimeError(
                f"TaskExecutor.{member}(): the executor was closed; make another one."
            )

    # Coroutines.

    def map(
        self,
        func: Callable[..., Any],
        *iterables: Any,
        limit: int | None = None,
        return_exceptions: bool = False,
    ) -> Coroutine[Any, Any, list[Any]]:
        """Apply a function to every item of the iterables, at most ``limit`` at a time.

        To be awaited; gives a list of the results, in order. An async function is awaited; a plain
        one runs in a thread, and if it returns something that can be awaited, that is. Items are
        pulled one at a time, only when a call may start, so that an endless iterable is fine; an
        asynchronous one is too. Several iterables are zipped, as long as the shortest. Failures are
        as with ``gather()``, those of the iterables included.
        """
        self._check_open("map")
        if not callable(func):
            raise TypeError(f"TaskExecutor.map(): a {type(func).__name__} cannot be called.")
        if not iterables:
            raise TypeError("TaskExecutor.map(): needs an iterable to apply the function to.")
        call: Callable[..., Any] = func
        if not gives_awaitables(func):
            call = functools.partial(self._call_then_await, func)
        if any(hasattr(type(each), "__aiter__") for each in iterables):
            for each in iterables:
                if not hasattr(type(each), "__aiter__"):
                    iter(each)
            return _core.map(self, call, (), zip_asynchronous(iterables), limit, return_exceptions)
        iterators = tuple(iter(each) for each in iterables)
        return _core.map(self, call, iterators, None, limit, return_exceptions)

    def create_task(
        self,
        coro: Coroutine[Any, Any, T],
        *,
        name: str | None = None,
        context: contextvars.Context | None = None,
    ) -> asyncio.Task[T]:
        """Start a coroutine in the background and return its task.

        What is still running when the executor is closed is cancelled and waited for.
        """
        try:
            self._check_open("create_task")
            loop = asyncio.get_running_loop()
            if context is None:
                task = loop.create_task(coro, name=name)
            else:
                task = loop.create_task(coro, name=name, context=context)
        except BaseException:
            _core.close_unstarted(coro)
            raise
        if not task.done():
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return task

    # Threads.

    def _run_in_pool(
        self, func: Callable[..., T], args: tuple[Any, ...], kwargs: dict[str, Any] | None
    ) -> Coroutine[Any, Any, T]:
        def start() -> Coroutine[Any, Any, T]:
            return self._call_in_pool(func, args, kwargs or {}, True)

        return Operation("TaskExecutor.run_in_thread", start)

    async def _call_then_await(self, func: Callable[..., Any], *args: Any) -> Any:
        if self._pool is None:
            result = await _core.call_in_thread(self, func, args)
        else:
            result = await self._call_in_pool(func, args, {}, False)
        return await result if _core.is_awaitable(result) else result

    async def _call_in_pool(
        self,
        func: Callable[..., T],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        wrap_errors: bool,
    ) -> T:
        assert self._pool is not None
        context = contextvars.copy_context()
        call: concurrent.futures.Future[T] = self._pool.submit(
            lambda: context.run(func, *args, **kwargs)
        )
        self._pool_calls += 1
        returned = asyncio.wrap_future(call)
        stop: BaseException | None = None
        try:
            while not returned.done():
                try:
                    await asyncio.wait([returned])
                except asyncio.CancelledError as error:
                    if call.cancel():
                        raise
                    stop = stop or error
            if stop is not None:
                returned.cancelled() or returned.exception()  # seen, so that nobody reports it
                raise stop
            try:
                return returned.result()
            except Exception as error:
                if not wrap_errors:
                    raise
                raise ExecutionError(
                    f"function in a thread failed: {error}", failures=((0, error),)
                ) from error
        finally:
            self._pool_calls -= 1
            self._calls_ended()

    # The end.

    def cancel_all(self) -> Coroutine[Any, Any, None]:
        """Cancel what ``create_task()`` has started, and wait until it has ended. To be awaited."""
        return Operation("TaskExecutor.cancel_all", self._cancel_all)

    def close(self) -> Coroutine[Any, Any, None]:
        """Cancel what was started, and wait for that and for functions in threads.

        To be awaited; ``async with`` does it. The executor cannot be used afterwards.
        """
        return Operation("TaskExecutor.close", self._close)

    async def __aenter__(self) -> TaskExecutor:
        self._check_open("__aenter__")
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._close()

    async def _cancel_all(self) -> None:
        loop = asyncio.get_running_loop()
        current = asyncio.current_task()
        ends: set[asyncio.Future[Any]] = set()
        for task in list(self._tasks):
            if task is current:
                continue
            if task.get_loop() is loop:
                task.cancel()
                ends.add(task)
            else:
                ends.add(cancel_elsewhere(task, loop))
        await wait_for_all(ends)

    async def _close(self) -> None:
        self._closed = True
        stop: asyncio.CancelledError | None = None
        while True:
            try:
                await self._cancel_all()
                await self._no_calls()
                break
            except asyncio.CancelledError as error:
                stop = error
        if stop is not None:
            raise stop

    async def _no_calls(self) -> None:
        while self._calls + self._pool_calls > 0:
            self._watched = True
            idle = asyncio.get_running_loop().create_future()
            self._idle_waiters.append(idle)
            await idle

    def _calls_ended(self) -> None:
        """Functions in threads have returned; also called by the core."""
        if self._calls + self._pool_calls > 0:
            return
        self._watched = False
        waiters, self._idle_waiters = self._idle_waiters, []
        for idle in waiters:
            set_from_anywhere(idle)
