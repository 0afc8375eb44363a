"""The tasks that TaskExecutor.create_task() has started."""

from __future__ import annotations

import asyncio
import functools
from typing import Any

from ._task_waiting import FailureWatch, cancel_elsewhere, failed_unseen, wait_for_all


class SpawnedTasks:
    """The spawned tasks that have not ended; they may run in several event loops.

    `watch`, if it is given, collects all failures. Each call of wait() has a watch as well.
    """

    def __init__(self, watch: FailureWatch | None) -> None:
        self._watch = watch
        self._tasks: set[asyncio.Task[Any]] = set()
        self._spawned = 0
        # The watches of the calls of wait(), and the spawned tasks that make such calls.
        self._watches: list[FailureWatch] = []
        self._waiting: list[asyncio.Task[Any]] = []

    def __len__(self) -> int:
        return len(self._tasks)

    def add(self, task: asyncio.Task[Any]) -> None:
        index, self._spawned = self._spawned, self._spawned + 1
        if task.done():
            self._task_ended(index, task)
        else:
            self._tasks.add(task)
            task.add_done_callback(functools.partial(self._task_ended, index))

    async def wait(self, watch: FailureWatch, stop_at_failure: bool) -> None:
        """Waits until all have ended that do not call this themselves, or until one has failed."""
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
                await watch.wait(loop)
        finally:
            self._watches.remove(watch)
            if current in self._waiting:
                self._waiting.remove(current)

    async def cancel_all(self) -> None:
        """Cancels all but the current task, and waits until they have ended."""
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

    def _task_ended(self, index: int, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        failed = failed_unseen(task)
        if failed and self._watch is not None:
            self._watch.add(index, task)
        for watch in self._watches if failed else ():
            if watch is not self._watch:
                watch.add(index, task)
        if failed or len(self._tasks) <= len(self._waiting):
            self._wake_watches()

    def _wake_watches(self) -> None:
        for watch in self._watches:
            watch.wake()
