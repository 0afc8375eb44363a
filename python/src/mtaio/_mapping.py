"""What TaskExecutor.map() has to know of functions and iterables."""

from __future__ import annotations

import inspect
from collections.abc import AsyncGenerator, Callable, Iterable
from functools import partial
from types import FunctionType
from typing import Any, Literal

from . import _core
from ._lambdas import returned_call

# Plain functions of asyncio, and methods of loops and task groups, that have to be called in a loop
# and give something to await.
_IN_LOOP = ("create_task", "ensure_future", "run_in_executor")
_IN_ASYNCIO = ("gather", "shield", "wrap_future")


def where_to_call(func: Callable[..., Any]) -> Literal["loop", "thread", "lambda"]:
    """Where map() calls a function; "lambda" means in a thread until that gives an awaitable.

    An async function is called in the loop. So is a lambda that calls one to return what it gives,
    as ``lambda url: fetch(session, url)`` does. Other functions may block.
    """
    if gives_awaitables(func):
        return "loop"
    while isinstance(func, partial):
        func = func.func
    if not isinstance(func, FunctionType) or func.__name__ != "<lambda>":
        return "thread"
    return "loop" if gives_awaitables(returned_call(func)) else "lambda"


def gives_awaitables(func: Any) -> bool:
    """Whether it is known that what a function returns is to be awaited."""
    if inspect.iscoroutinefunction(func):
        return True
    owner, name = getattr(func, "__self__", None), getattr(func, "__name__", "")
    if isinstance(owner, (_core.AsyncQueue, _core.PriorityQueue, _core.LIFOQueue, _core.Latch)):
        return name in ("put", "get", "join", "wait", "count_down")
    if isinstance(owner, _core.ExecutorBase) or name in _IN_LOOP:
        return True
    if name in _IN_ASYNCIO and getattr(func, "__module__", "").startswith("asyncio."):
        return True
    return inspect.iscoroutinefunction(getattr(func, "__call__", None))


async def zip_asynchronous(iterables: Iterable[Any]) -> AsyncGenerator[tuple[Any, ...], None]:
    """Zips iterables of which some are asynchronous."""
    sources = [
        (aiter(each), True) if hasattr(type(each), "__aiter__") else (iter(each), False)
        for each in iterables
    ]
    while True:
        items = []
        for source, is_async in sources:
            try:
                items.append(await anext(source) if is_async else next(source))
            except (StopIteration, StopAsyncIteration):
                return
        yield tuple(items)
