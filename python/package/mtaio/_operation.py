"""Awaitables that begin when they are awaited."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Generator
from types import TracebackType
from typing import Any, Generic, TypeVar, overload

from . import _core

T = TypeVar("T")


class Operation(Coroutine[Any, Any, T], Generic[T]):
    """A coroutine that makes and runs the coroutine of ``start()`` when it is awaited.

    Nothing happens before that, and there is no "was never awaited" warning of the inner coroutine.
    """

    _handed_over = False

    def __init__(self, name: str, start: Callable[[], Coroutine[Any, Any, T]]) -> None:
        self._name = self.__qualname__ = name  # asyncio shows it
        self.__name__ = name.rpartition(".")[2]
        self._start: Callable[[], Coroutine[Any, Any, T]] | None = start
        self._running: Coroutine[Any, Any, T] | None = None

    def __repr__(self) -> str:
        if self._start is not None:
            state = "not awaited yet"
        else:
            state = "started"
        return f"<{self._name}() {state}>"

    def _begin(self) -> Coroutine[Any, Any, T]:
        if self._running is None:
            start, self._start = self._start, None
            if start is None:
                raise RuntimeError(f"cannot reuse already awaited {self._name}()")
            self._running = start()
        return self._running

    def __await__(self) -> Generator[Any, None, T]:
        return self._begin().__await__()

    def send(self, value: Any) -> Any:
        return self._begin().send(value)

    @overload
    def throw(
        self,
        typ: type[BaseException],
        val: BaseException | object = None,
        tb: TracebackType | None = None,
    ) -> Any: ...

    @overload
    def throw(
        self, typ: BaseException, val: None = None, tb: TracebackType | None = None
    ) -> Any: ...

    def throw(self, typ: Any, val: Any = None, tb: TracebackType | None = None) -> Any:
        if self._running is not None:
            if val is None and tb is None:
                return self._running.throw(typ)
            return self._running.throw(typ, val, tb)
        self.close()
        if isinstance(typ, type):
            typ = typ() if val is None else val if isinstance(val, BaseException) else typ(val)
        raise typ.with_traceback(tb)

    def __del__(self, warn: Callable[[object], None] = _core.warn_never_awaited) -> None:
        if self._start is not None and not self._handed_over:
            warn(self)

    def _mtaio_hand_over(self) -> None:
        """It need not be awaited: another operation was to do that."""
        self._handed_over = True

    def close(self) -> None:
        self._start = None
        if self._running is not None:
            self._running.close()
