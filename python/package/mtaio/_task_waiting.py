"""Waiting for tasks to end, also for tasks of other event loops."""

from __future__ import annotations

import asyncio
from typing import Any

from . import _core


def set_from_anywhere(future: asyncio.Future[None]) -> None:
    """Sets the result of a future in its own loop, from any thread."""

    def set_it() -> None:
        if not future.done():
            future.set_result(None)

    try:
        future.get_loop().call_soon_threadsafe(set_it)
    except RuntimeError:
        pass  # the loop was closed, so nothing waits any more


def cancel_elsewhere(
    task: asyncio.Task[Any], loop: asyncio.AbstractEventLoop
) -> asyncio.Future[None]:
    """Cancels a task of another loop; returns a future of `loop` that is done when it has ended."""
    ended: asyncio.Future[None] = loop.create_future()

    def cancel() -> None:
        task.add_done_callback(lambda _: set_from_anywhere(ended))
        task.cancel()

    try:
        task.get_loop().call_soon_threadsafe(cancel)
    except RuntimeError:
        ended.set_result(None)  # its loop was closed: the task will never continue
    return ended


def failed_unseen(task: asyncio.Task[Any]) -> bool:
    """Whether a task has failed and nothing has retrieved its exception yet."""
    return bool(getattr(task, "_log_traceback", False))


async def wait_for_all(futures: set[asyncio.Future[Any]]) -> None:
    """Waits until all are done, even if it is cancelled meanwhile."""
    stop: asyncio.CancelledError | None = None
    while futures:
        try:
            _, futures = await asyncio.wait(futures)
        except asyncio.CancelledError as error:
            stop = error
            futures = {each for each in futures if not each.done()}
    if stop is not None:
        raise stop


class FailureWatch:
    """Waits for tasks to end, and collects the failures that nothing else has retrieved."""

    def __init__(self) -> None:
        self._failed: list[tuple[int, asyncio.Task[Any]]] = []
        self._prune_at = 16
        self._waiters: list[asyncio.Future[None]] = []

    def add(self, index: int, task: asyncio.Task[Any]) -> None:
        """Adds a task that has failed."""
        self._failed.append((index, task))
        if len(self._failed) >= self._prune_at:
            self._prune_at = 16 + 2 * len(self.failures())

    def failures(self) -> list[tuple[int, asyncio.Task[Any]]]:
        self._failed = [(index, task) for index, task in self._failed if failed_unseen(task)]
        return self._failed

    async def wait(self, loop: asyncio.AbstractEventLoop) -> None:
        """Waits for the next wake()."""
        waiter: asyncio.Future[None] = loop.create_future()
        self._waiters.append(waiter)
        try:
            await waiter
        finally:
            if waiter in self._waiters:
                self._waiters.remove(waiter)

    def wake(self) -> None:
        woken, self._waiters = self._waiters, []
        for each in woken:
            set_from_anywhere(each)

    def raise_failures(self) -> None:
        """Raises an ExecutionError of the collected failures, by time, if there are any."""
        failed, self._failed = self.failures(), []
        failures = tuple((index, error) for index, task in failed if (error := task.exception()))
        for _, error in failures:
            if not isinstance(error, Exception):
                raise error
        if failures:
            _core.raise_execution_error(f"task {failures[0][0]}", failures)
