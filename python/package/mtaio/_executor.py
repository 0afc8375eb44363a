"""The class TaskExecutor."""

from __future__ import annotations

import asyncio
import atexit
import builtins
import concurrent.futures
import contextlib
import contextvars
import datetime
import math
from collections.abc import AsyncIterator, Callable, Coroutine
from types import TracebackType
from typing import Any, Self, TypeVar

from . import _core
from ._mapping import AsyncSource, iterator_of, where_to_call
from ._operation import Operation
from ._spawned_tasks import SpawnedTasks
from ._task_waiting import FailureWatch, set_from_anywhere
from .exceptions import TimeoutError

T = TypeVar("T")

atexit.register(_core.finish_threads)


class TaskExecutor(_core.ExecutorBase):
    """Runs coroutines, with limits and timeouts, and functions in threads.

        async with TaskExecutor() as executor:
            result = await executor.run(process_item("data"), timeout=5)
            results = await executor.gather(*(process_item(i) for i in items), limit=2)

    Leaving ``async with`` cancels the tasks of ``create_task()`` that still run, and waits for them
    and for functions in threads. With ``wait=True`` it waits for the tasks instead of cancelling
    them, including tasks that they create meanwhile. Then it raises the first failure that was not
    retrieved. If the block raises or is cancelled, the tasks are cancelled. Nothing is left
    running: ``run``, ``gather`` and ``map`` return, or raise, when everything that they started
    has ended.

    Functions run in the library's own threads, or in ``thread_pool``, which is never shut down.
    """

    def __init__(
        self,
        thread_pool: concurrent.futures.Executor | None = None,
        *,
        wait: bool = False,
    ) -> None:
        if thread_pool is not None and not isinstance(thread_pool, concurrent.futures.Executor):
            raise TypeError(
                f"TaskExecutor(thread_pool={thread_pool!r}): the pool must be a "
                "concurrent.futures.ThreadPoolExecutor, or None."
            )
        self._pool = thread_pool
        self._watch = FailureWatch() if wait else None
        self._spawned = SpawnedTasks(self._watch)
        self._idle_waiters: list[asyncio.Future[None]] = []
        self._pool_calls = 0

    def __repr__(self) -> str:
        state = " closed" if self._closed else ""
        calls = self._calls + self._pool_calls
        return f"<TaskExecutor at {id(self):#x}{state} tasks={len(self._spawned)} threads={calls}>"

    def _check_open(self, member: str) -> None:
        if self._closed:
            raise RuntimeError(
                f"TaskExecutor.{member}(): the executor was closed; make another one."
            )

    # Coroutines.

    @_core.async_method
    def map(
        self,
        func: Callable[..., Any],
        *iterables: Any,
        limit: int | None = None,
        timeout: float | datetime.timedelta | None = None,
        task_timeout: float | datetime.timedelta | None = None,
        progress: _core.Progress | Callable[[int], object] | None = None,
        return_exceptions: bool = False,
    ) -> Coroutine[Any, Any, list[Any]]:
        """Apply a function to every item of the iterables, at most ``limit`` at a time.

        To be awaited; gives a list of the results, in order. Items are pulled one at a time, only
        when a call may start, so that an iterable may be endless. It may also be asynchronous.
        Several iterables are zipped and end with the shortest.

        An async function is awaited. A plain function runs in a thread; if it returns an awaitable,
        that is awaited. A lambda that calls an async function is called in the loop, and so is a
        lambda that has returned an awaitable before.

        Failures, ``timeout``, ``task_timeout`` and ``progress`` work as in ``gather()``; a failure
        of an iterable counts like one of the function.
        """
        self._check_open("map")
        if not callable(func):
            raise TypeError(f"TaskExecutor.map(): {func!r} cannot be called.")
        if not iterables:
            raise TypeError("TaskExecutor.map(): needs an iterable to apply the function to.")
        options = {
            "limit": limit,
            "timeout": timeout,
            "task_timeout": task_timeout,
            "progress": progress,
            "return_exceptions": return_exceptions,
        }
        where = where_to_call(func)
        iterators = tuple(iterator_of(each) for each in iterables)
        if not any(isinstance(each, AsyncIterator) for each in iterators):
            return _core.map(self, func, where, iterators, None, options)
        source = AsyncSource(list(iterators))
        mapping = _core.map(self, func, where, (), source, options)
        _core.close_unstarted(mapping)  # no warning of it: run() is what has to be awaited

        async def run() -> list[Any]:
            try:
                results = await mapping
            except GeneratorExit:  # closed explicitly: close() cannot wait
                source.cancel()
                raise
            except BaseException:
                with contextlib.suppress(Exception):  # the first exception counts
                    await source.aclose()
                raise
            await source.aclose()
            return results

        return Operation("TaskExecutor.map", run)

    def create_task(
        self,
        coro: Coroutine[Any, Any, T],
        *,
        name: str | None = None,
        context: contextvars.Context | None = None,
    ) -> asyncio.Task[T]:
        """Start a coroutine in the background and return its task.

        A task that still runs when the executor is closed is cancelled and waited for. With
        ``TaskExecutor(wait=True)``, leaving ``async with`` waits for it instead of cancelling it.
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
        self._spawned.add(task)
        return task

    # Threads.

    def _run_in_pool(
        self, func: Callable[..., T], args: tuple[Any, ...], kwargs: dict[str, Any] | None
    ) -> Coroutine[Any, Any, T]:
        async def call() -> T:
            result: T
            result, error = await self._call_in_pool(func, args, kwargs)
            if error is None:
                return result
            if not isinstance(error, Exception):
                raise error
            _core.raise_execution_error("function in a thread", ((0, error),))

        return Operation("TaskExecutor.run_in_thread", call)

    async def _call_in_pool(
        self, func: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any] | None = None
    ) -> tuple[Any, BaseException | None]:
        """Calls a function in the pool; returns the pair of what it returned and raised."""
        assert self._pool is not None
        context = contextvars.copy_context()

        def run() -> tuple[Any, BaseException | None]:
            # Some exceptions cannot be set on a future.
            try:
                return context.run(func, *args, **(kwargs or {})), None
            except BaseException as error:
                return None, error

        call = self._pool.submit(run)
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
                raise stop
            return returned.result()
        finally:
            self._pool_calls -= 1
            self._calls_ended()

    # The end.

    @_core.async_method
    def wait(
        self, timeout: float | datetime.timedelta | None = None
    ) -> Coroutine[Any, Any, None]:
        """Wait until the tasks of ``create_task()`` have ended, without cancelling them.

        To be awaited. It waits for tasks that are created meanwhile too, but not for tasks that
        call it themselves. Once all have ended, it raises ExecutionError of the first task that
        failed meanwhile (with ``TaskExecutor(wait=True)``: at any time before), unless the program
        has retrieved that failure, by awaiting the task for example. ``index`` is the number of the
        task, in the order of creation. After ``timeout`` seconds it raises TimeoutError; the tasks
        continue.
        """
        seconds = _core.parse_seconds(timeout, "TaskExecutor.wait", "timeout")

        async def wait() -> None:
            watch = self._watch or FailureWatch()
            try:
                async with asyncio.timeout(None if seconds == math.inf else seconds):
                    await self._spawned.wait(watch, stop_at_failure=False)
            except builtins.TimeoutError as error:
                raise TimeoutError(
                    f"TaskExecutor.wait(timeout={seconds:g}): the time ran out."
                ) from error
            watch.raise_failures()

        return Operation("TaskExecutor.wait", wait)

    @_core.async_method
    def cancel_all(self) -> Coroutine[Any, Any, None]:
        """Cancel the tasks of ``create_task()``, and wait until they have ended. To be awaited."""
        return Operation("TaskExecutor.cancel_all", self._spawned.cancel_all)

    @_core.async_method
    def close(self) -> Coroutine[Any, Any, None]:
        """Cancel the tasks of ``create_task()``; wait for them and for functions in threads.

        To be awaited; ``async with`` does it. The executor cannot be used afterwards.
        """
        return Operation("TaskExecutor.close", self._close)

    async def __aenter__(self) -> Self:
        self._check_open("__aenter__")
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            if self._watch is not None and exc_type is None:
                await self._spawned.wait(self._watch, stop_at_failure=True)
        finally:
            await self._close()
        if self._watch is not None and exc_type is None:
            self._watch.raise_failures()

    async def _close(self) -> None:
        self._closed = True
        stop: asyncio.CancelledError | None = None
        while True:
            try:
                await self._spawned.cancel_all()
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
        """To be called when functions in threads have returned; the core calls it too."""
        if self._calls + self._pool_calls > 0:
            return
        self._watched = False
        waiters, self._idle_waiters = self._idle_waiters, []
        for idle in waiters:
            set_from_anywhere(idle)
