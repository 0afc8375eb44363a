"""Waiting for the ends of tasks, those of other event loops too."""

from __future__ import annotations

import asyncio
from typing import Any

from . import _core


def set_from_anywhere(future: asyncio.Future[None]) -> None:
    """Has a future done in its own loop, from any thread."""

    def set_it() -> None:
        if not future.done():
            future.set_result(None)

    try:
        future.get_loop().call_soon_threadsafe(set_it)
    except RuntimeError:
        pass  # its loop was closed: nobody waits any more


def cancel_elsewhere(
    task: asyncio.Task[Any], loop: asyncio.AbstractEventLoop
) -> asyncio.Future[None]:
    """Cancels a task of another loop; the future of ours is done when it has ended."""
    ended: asyncio.Future[None] = loop.create_future()

    def cancel() -> None:
        task.add_done_callback(lambda _: set_from_anywhere(ended))
        task.cancel()

    try:
        task.get_loop().call_soon_threadsafe(cancel)
    except RuntimeError:
        ended.set_result(None)  # closed: it will never go on
    return ended


def failed_unseen(task: asyncio.Task[Any]) -> bool:
    """Whether a task has failed and nothing has asked for its exception yet."""
    return bool(getattr(task, "_log_traceback", False))


class Watch:
    """Waits for tasks to end, and knows those that have failed and were not looked at."""

    def __init__(self) -> None:
        self._failed: list[tuple[int, asyncio.Task[Any]]] = []
        self._prune_at = 16
        self._news: list[asyncio.Future[None]] = []

    def note(self, index: int, task: asyncio.Task[Any]) -> None:
        self._failed.append((index, task))
        if len(self._failed) >= self._prune_at:
            self._prune_at = 16 + 2 * len(self.failures())

    def failures(self) -> list[tuple[int, asyncio.Task[Any]]]:
        self._failed = [(index, task) for index, task in self._failed if failed_unseen(task)]
        return self._failed

    async def news(self, loop: asyncio.AbstractEventLoop) -> None:
        """Until the next wake()."""
        news: asyncio.Future[None] = loop.create_future()
        self._news.append(news)
        try:
            await news
        finally:
            if news in self._news:
                self._news.remove(news)

    def wake(self) -> None:
        woken, self._news = self._news, []
        for each in woken:
            set_from_anywhere(each)

    def raise_failures(self) -> None:
        """Raises what they have failed with, by time, if there are any."""
        failed, self._failed = self.failures(), []
        failures = tuple((index, error) for index, task in failed if (error := task.exception()))
        for _, error in failures:
            if not isinstance(error, Exception):
                raise error
        if failures:
            _core.raise_execution_error(f"task {failures[0][0]}", failures)


async def wait_for_all(futures: set[asyncio.Future[Any]]) -> None:
    """Waits until all have ended, even if it is cancelled meanwhile."""
    stop: asyncio.CancelledError | None = None
    while futures:
        try:
            _, futures = await asyncio.wait(futures)
        except asyncio.CancelledError as error:
            stop = error
            futures = {each for each in futures if not each.done()}
    if stop is not None:
        raise stop
