"""How TaskExecutor.map() calls functions, and pulls asynchronous iterables."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from functools import partial
from types import FunctionType
from typing import Any, Literal

from . import _core
from ._task_waiting import wait_for_all
from ._lambdas import returned_call

# Plain functions and methods that have to be called in a loop and return awaitables.
_IN_LOOP = (
    asyncio.create_task,
    asyncio.ensure_future,
    asyncio.gather,
    asyncio.shield,
    asyncio.wrap_future,
)
_METHODS_IN_LOOP = ("create_task", "run_in_executor")
_OWNERS = (asyncio.AbstractEventLoop, asyncio.TaskGroup)


def iterator_of(iterable: Any) -> Iterator[Any] | AsyncIterator[Any]:
    try:
        if hasattr(type(iterable), "__aiter__"):
            items: AsyncIterator[Any] = aiter(iterable)
            return items
        plain: Iterator[Any] = iter(iterable)
        return plain
    except TypeError as error:
        raise TypeError(f"TaskExecutor.map(): {error}.") from None


def where_to_call(func: Callable[..., Any]) -> Literal["loop", "thread", "lambda"]:
    """Where map() calls a function; "lambda" means in a thread until it returns an awaitable.

    An async function is called in the loop. So is a lambda that returns the result of calling one,
    such as ``lambda url: fetch(session, url)``. Other functions may block.
    """
    if gives_awaitables(func):
        return "loop"
    while isinstance(func, partial):
        func = func.func
    if not isinstance(func, FunctionType) or func.__name__ != "<lambda>":
        return "thread"
    return "loop" if gives_awaitables(returned_call(func)) else "lambda"


def gives_awaitables(func: Any) -> bool:
    """Whether a function is known to return awaitables."""
    if inspect.iscoroutinefunction(func) or any(func is each for each in _IN_LOOP):
        return True
    owner, name = getattr(func, "__self__", None), getattr(func, "__name__", "")
    if isinstance(owner, _OWNERS) and name in _METHODS_IN_LOOP:
        return True
    if isinstance(owner, _core.Latch) and name == "count_down":
        return True
    called = None if isinstance(func, type) else getattr(type(func), "__call__", None)
    return inspect.iscoroutinefunction(called)


class AsyncSource:
    """The zipped items of iterators, some of which are asynchronous.

    One task pulls all of them, in one context: a timeout or a task group that an asynchronous
    generator has around its ``yield`` belongs to that task.
    """

    def __init__(self, iterators: list[Iterator[Any] | AsyncIterator[Any]]) -> None:
        self._items = _zip(iterators)
        self._task: asyncio.Task[None] | None = None
        self._wanted: asyncio.Future[None] | None = None
        self._reply: asyncio.Future[tuple[Any, ...]] | None = None
        self._error: BaseException | None = None  # not raised yet

    def __aiter__(self) -> AsyncSource:
        return self

    async def __anext__(self) -> tuple[Any, ...]:
        loop = asyncio.get_running_loop()
        reply: asyncio.Future[tuple[Any, ...]] = loop.create_future()
        self._reply = reply
        if self._task is None:
            self._task = loop.create_task(self._give(loop))
        elif self._wanted is not None and not self._wanted.done():
            self._wanted.set_result(None)
        else:
            error, self._error = self._error or StopAsyncIteration(), None
            raise error
        return await reply

    async def _give(self, loop: asyncio.AbstractEventLoop) -> None:
        error: BaseException = StopAsyncIteration()
        try:
            async for item in self._items:
                self._wanted = loop.create_future()
                if self._reply is not None and not self._reply.done():
                    self._reply.set_result(item)
                try:
                    await self._wanted
                except asyncio.CancelledError as stop:  # of a timeout around the yield, perhaps
                    await self._items.athrow(stop)
        except BaseException as raised:
            error = raised
        try:
            await self._items.aclose()
        except BaseException as raised:
            error = raised
        self._wanted = None
        if self._reply is not None and not self._reply.done():
            self._reply.set_exception(error)
        elif not isinstance(error, StopAsyncIteration):
            self._error = error

    def cancel(self) -> None:
        if self._task is not None:
            self._task.cancel()

    async def aclose(self) -> None:
        """Ends the task, and waits for it."""
        if self._task is None:
            return
        if not self._task.done():
            self._task.cancel()
            await wait_for_all({self._task})
        if self._error is not None and not isinstance(self._error, asyncio.CancelledError):
            raise self._error


async def _zip(
    iterators: list[Iterator[Any] | AsyncIterator[Any]],
) -> AsyncGenerator[tuple[Any, ...], None]:
    try:
        while True:
            items = []
            for each in iterators:
                try:
                    items.append(
                        await anext(each) if isinstance(each, AsyncIterator) else next(each)
                    )
                except (StopIteration, StopAsyncIteration):
                    return
            try:
                yield tuple(items)
            except asyncio.CancelledError as stop:
                for each in iterators:
                    if isinstance(each, AsyncGenerator):
                        await each.athrow(stop)
                raise
    finally:
        for each in iterators:
            if isinstance(each, AsyncGenerator):
                await each.aclose()
