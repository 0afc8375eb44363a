"""What TaskExecutor.map() has to know of functions and iterables."""

from __future__ import annotations

import inspect
from collections.abc import AsyncGenerator, Callable, Iterable
from typing import Any

from . import _core


def gives_awaitables(func: Callable[..., Any]) -> bool:
    """Whether what a function returns is to be awaited, rather than the function run in a thread."""
    if inspect.iscoroutinefunction(func):
        return True
    owner = getattr(func, "__self__", None)
    if isinstance(owner, (_core.AsyncQueue, _core.PriorityQueue, _core.LIFOQueue, _core.Latch)):
        return getattr(func, "__name__", "") in ("put", "get", "join", "wait", "count_down")
    if isinstance(owner, _core.ExecutorBase):
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
