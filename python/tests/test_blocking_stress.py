"""Threads and coroutines with timeouts and cancellations: every item is counted."""

import asyncio
import collections
import contextlib
import os
import random
import time

import pytest
from test_blocking import Thread

from mtaio.core import AsyncQueue, LIFOQueue, PriorityQueue
from mtaio.exceptions import QueueEmpty, QueueFull, QueueShutDown

SECONDS = float(os.environ.get("MTAIO_BLOCKING_SECONDS", "1"))  # altogether, about


@pytest.mark.parametrize("Queue", [AsyncQueue, PriorityQueue, LIFOQueue])
@pytest.mark.parametrize("maxsize", [0, 1, 3])
def test_every_item_is_got_once(Queue, maxsize):
    queue, over_at = Queue(maxsize), time.monotonic() + SECONDS / 9
    put, got = collections.Counter(), collections.Counter()

    def items(who):
        i = 0
        while i < 20 or time.monotonic() < over_at:  # on a busy machine the time runs out early
            yield (who, i)
            i += 1

    def timeout(chance):
        return chance.choice([None, 0, 0.00001, 0.0001, 0.001])

    def put_in_thread(who):
        chance = random.Random(who)
        for item in items(who):
            with contextlib.suppress(QueueFull):
                queue.put_blocking(item, timeout=timeout(chance))
                put[item] += 1

    def get_in_thread(who):
        chance = random.Random(who)
        while True:
            try:
                got[queue.get_blocking(timeout(chance))] += 1
            except QueueEmpty:
                pass
            except QueueShutDown:
                return

    async def put_in_task(who):
        chance = random.Random(who)
        for item in items(who):
            task = asyncio.create_task(queue.put(item))
            if chance.random() < 0.3:
                await asyncio.sleep(0)
                task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
                put[item] += 1

    async def get_in_task(who):
        chance = random.Random(who)
        while True:
            task = asyncio.create_task(queue.get())
            if chance.random() < 0.3:
                await asyncio.sleep(0)
                task.cancel()
            try:
                got[await task] += 1
            except asyncio.CancelledError:
                pass
            except QueueShutDown:
                return

    def loop(work, first):
        async def main():
            await asyncio.gather(*(work(first + i) for i in range(3)))

        asyncio.run(main())

    putting = [Thread(put_in_thread, i) for i in range(3)] + [Thread(loop, put_in_task, 10)]
    getting = [Thread(get_in_thread, i) for i in range(3)] + [Thread(loop, get_in_task, 20)]
    for thread in putting:
        thread.join(60 + SECONDS)
    queue.shutdown()
    for thread in getting:
        thread.join(60 + SECONDS)
    assert put == got and set(put.values()) <= {1}
    assert len(put) > 10 and queue.empty()
