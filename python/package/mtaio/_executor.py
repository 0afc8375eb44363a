"""The class TaskExecutor."""

from __future__ import annotations

import asyncio
import atexit
import builtins
import concurrent.futures
import contextlib
import contextvars
import datetime
import functools
import math
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from types import TracebackType
from typing import Any, Self, TypeVar

from . import _core
from ._task_waiting import (
    Watch,
    cancel_elsewhere,
    failed_unseen,
    set_from_anywhere,
    wait_for_all,
)
from ._mapping import AsyncSource, where_to_call
from ._operation import Operation
from .exceptions import TimeoutError

T = TypeVar("T")

atexit.register(_core.finish_threads)


def _iterator(iterable: Any) -> Iterator[Any] | AsyncIterator[Any]:
    try:
        if hasattr(type(iterable), "__aiter__"):
            items: AsyncIterator[Any] = aiter(iterable)
            return items
        plain: Iterator[Any] = iter(iterable)
        return plain
    except TypeError as error:
        raise TypeError(f"TaskExecutor.map(): {error}.") from None


class TaskExecutor(_core.ExecutorBase):
    """Runs coroutines, with limits and timeouts, and functions in threads.

        async with TaskExecutor() as executor:
            result = await executor.run(process_item("data"), timeout=5)
            results = await executor.gather(*(process_item(i) for i in items), limit=2)

    Leaving ``async with`` asks what ``create_task()`` left running to stop, and waits for that and
    for functions in threads. With ``wait=True`` it waits for the tasks instead, those included that
    they create meanwhile, and raises the first failure that was not looked at; if the block raises
    or is cancelled, they are cancelled as well. Nothing is ever left running behind the caller's
    back: ``run``, ``gather`` and ``map`` return, or raise, when everything that they started has
    ended.

    Functions run in the library's own threads, or in ``thread_pool``, which is used and left alone.
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
        self._watch = Watch() if wait else None
        self._tasks: set[asyncio.Task[Any]] = set()
        self._created = 0
        self._watches: list[Watch] = []  # of the calls of wait(),
        self._waiting: list[asyncio.Task[Any]] = []  # and those of our tasks that make them
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
        when a call may start, so that an endless iterable is fine; an asynchronous one is too.
        Several iterables are zipped, as long as the shortest.

        An async function is awaited. A plain one runs in a thread, and if it returns something that
        can be awaited, that is. A lambda that calls an async function is called in the loop, and so
        is one that has turned out to return something to await.

        Failures, ``timeout``, ``task_timeout`` and ``progress`` are as with ``gather()``; a failure
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
        iterators = tuple(_iterator(each) for each in iterables)
        if not any(isinstance(each, AsyncIterator) for each in iterators):
            return _core.map(self, func, where, iterators, None, options)
        source = AsyncSource(list(iterators))
        mapping = _core.map(self, func, where, (), source, options)
        _core.close_unstarted(mapping)  # it is run() that has to be awaited

        async def run() -> list[Any]:
            try:
                results = await mapping
            except GeneratorExit:  # closed by hand: nothing can be waited for
                source.cancel()
                raise
            except BaseException:
                with contextlib.suppress(Exception):  # the first one counts
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

        What is still running when the executor is closed is cancelled and waited for; with
        ``TaskExecutor(wait=True)``, leaving ``async with`` waits for it instead.
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
        index, self._created = self._created, self._created + 1
        if task.done():
            self._task_ended(index, task)
        else:
            self._tasks.add(task)
            task.add_done_callback(functools.partial(self._task_ended, index))
        return task

    def _task_ended(self, index: int, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        failed = failed_unseen(task)
        if failed and self._watch is not None:
            self._watch.note(index, task)
        for watch in self._watches if failed else ():
            if watch is not self._watch:
                watch.note(index, task)
        if failed or len(self._tasks) <= len(self._waiting):
            self._wake_watches()

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
        """Calls a function in the pool; gives what it returned, and what it raised."""
        assert self._pool is not None
        context = contextvars.copy_context()

        def run() -> tuple[Any, BaseException | None]:
            # Not every exception can be set on a future.
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
        """Wait until what ``create_task()`` has started has ended, without stopping any of it.

        To be awaited. Tasks that are created meanwhile are waited for too, but not those that wait
        here themselves. Once all have ended, raises ExecutionError of the first that failed
        meanwhile (with ``TaskExecutor(wait=True)``: at any time before), unless the program has
        looked at that failure itself, by awaiting the task for example; ``index`` is the number of
        the task, in the order of creation. Raises TimeoutError after ``timeout`` seconds; the tasks
        go on.
        """
        seconds = _core.parse_seconds(timeout, "TaskExecutor.wait", "timeout")

        async def wait() -> None:
            watch = self._watch or Watch()
            try:
                async with asyncio.timeout(None if seconds == math.inf else seconds):
                    await self._wait_for_tasks(watch, stop_at_failure=False)
            except builtins.TimeoutError as error:
                raise TimeoutError(
                    f"TaskExecutor.wait(timeout={seconds:g}): the time ran out."
                ) from error
            watch.raise_failures()

        return Operation("TaskExecutor.wait", wait)

    @_core.async_method
    def cancel_all(self) -> Coroutine[Any, Any, None]:
        """Cancel what ``create_task()`` has started, and wait until it has ended. To be awaited."""
        return Operation("TaskExecutor.cancel_all", self._cancel_all)

    @_core.async_method
    def close(self) -> Coroutine[Any, Any, None]:
        """Cancel what was started, and wait for that and for functions in threads.

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
                await self._wait_for_tasks(self._watch, stop_at_failure=True)
        finally:
            await self._close()
        if self._watch is not None and exc_type is None:
            self._watch.raise_failures()

    async def _wait_for_tasks(self, watch: Watch, stop_at_failure: bool) -> None:
        """Waits until all have ended, or one has failed."""
        loop, current = asyncio.get_running_loop(), asyncio.current_task()
        self._watches.append(watch)
        if current in self._tasks:
            self._waiting.append(current)
            self._wake_watches()
        try:
            while not (stop_at_failure and watch.failures()):
                if all(
                    each in self._waiting or each.get_loop().is_closed()
                    for each in list(self._tasks)
                ):
                    return
                await watch.news(loop)
        finally:
            self._watches.remove(watch)
            if current in self._waiting:
                self._waiting.remove(current)

    def _wake_watches(self) -> None:
        for watch in self._watches:
            watch.wake()

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
