"""Async functions that stand for methods which return awaitables, for inspect and asyncio."""

from __future__ import annotations

import functools
import inspect
import types
from typing import Any


def async_stub(method: Any) -> types.FunctionType:
    """An async function, never called, with the parameters and the documentation of a method."""
    if isinstance(method, types.FunctionType):
        code = method.__code__.replace(co_flags=method.__code__.co_flags | inspect.CO_COROUTINE)
        made = types.FunctionType(
            code, method.__globals__, method.__name__, method.__defaults__, method.__closure__
        )
        made.__kwdefaults__ = method.__kwdefaults__
        functools.update_wrapper(made, method)
        del made.__dict__["__wrapped__"]  # inspect would follow it to the method
        return made
    scope: dict[str, Any] = {"__name__": method.__objclass__.__module__}
    exec(f"async def {method.__name__}{inspect.signature(method)}: ...", scope)
    made = scope[method.__name__]
    for name in ("__doc__", "__qualname__", "__objclass__", "__text_signature__"):
        setattr(made, name, getattr(method, name))
    return made
