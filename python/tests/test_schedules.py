"""Random schedules: no item is lost or doubled, no queue too full. A seed that fails will fail again."""

import asyncio
import collections
import os
import random

import pytest

from mtaio.core import AsyncQueue, LIFOQueue, PriorityQueue

SCHEDULES = int(os.environ.get("MTAIO_SCHEDULES", "300"))


async def play(seed):
    chance = random.Random(seed)
    maxsize = chance.choice([0, 1, 1, 2, 3])
    queue = chance.choice([AsyncQueue, PriorityQueue, LIFOQueue])(maxsize)
    put, got, tasks, numbers = collections.Counter(), collections.Counter(), set(), iter(range(10**6))

    def check():
        assert maxsize == 0 or queue.qsize() <= maxsize, f"seed {seed}: too full"

    async def putting(item, timeout):
        if timeout is None:
            await queue.put(item)
        else:
            await asyncio.wait_for(queue.put(item), timeout)
        put[item] += 1

    async def getting(timeout):
        item = await (queue.get() if timeout is None else asyncio.wait_for(queue.get(), timeout))
        got[item] += 1

    for _ in range(chance.randrange(10, 60)):
        what = chance.randrange(10)
        timeout = chance.choice([None, None, 0.00001, 0.0001])
        if what < 3:
            tasks.add(asyncio.create_task(putting(next(numbers), timeout)))
        elif what < 6:
            tasks.add(asyncio.create_task(getting(timeout)))
        elif what == 6 and tasks:
            chance.choice(sorted(tasks, key=lambda task: task.get_name())).cancel()
        elif what == 7:
            try:
                item = next(numbers)
                queue.put_nowait(item)
                put[item] += 1
            except asyncio.QueueFull:
                pass
        elif what == 8:
            try:
                got[queue.get_nowait()] += 1
            except asyncio.QueueEmpty:
                pass
        for _ in range(chance.randrange(3)):
            await asyncio.sleep(0)
        check()
    await asyncio.sleep(0.0002)
    for task in tasks:
        task.cancel()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    for result in results:
        assert result is None or isinstance(result, (asyncio.CancelledError, asyncio.TimeoutError)), (seed, result)
    while not queue.empty():
        got[queue.get_nowait()] += 1
    # wait_for() of Python 3.11 may put or get and be cancelled in the same turn, and then only raises
    # CancelledError. So an item may have been put or got that the caller has not counted.
    assert max(got.values(), default=0) <= 1, f"seed {seed}: doubled"
    return put, got, queue


@pytest.mark.parametrize("part", range(4))
def test_random_schedules(part):
    async def main():
        for seed in range(part * SCHEDULES, (part + 1) * SCHEDULES):
            await play(seed)

    asyncio.run(main())


async def step_by_step(seed):
    """Without wait_for(): every outcome is known, so the sums must match exactly."""
    chance = random.Random(seed)
    maxsize = chance.choice([0, 1, 2])
    queue = chance.choice([AsyncQueue, PriorityQueue, LIFOQueue])(maxsize)
    put, got, tasks = set(), [], []

    async def putting(item):
        await queue.put(item)
        put.add(item)

    async def getting():
        got.append(await queue.get())

    for item in range(chance.randrange(5, 40)):
        tasks.append(asyncio.create_task(putting(item) if chance.random() < 0.5 else getting()))
        for _ in range(chance.randrange(3)):
            await asyncio.sleep(0)
        if chance.random() < 0.3:
            chance.choice(tasks).cancel()
        assert maxsize == 0 or queue.qsize() <= maxsize
    for task in tasks:
        if chance.random() < 0.5:
            task.cancel()
    await asyncio.sleep(0)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    while not queue.empty():
        got.append(queue.get_nowait())
    assert sorted(got) == sorted(put), f"seed {seed}"


def test_cancelled_at_every_step_nothing_is_lost_or_doubled():
    async def main():
        for seed in range(10 * SCHEDULES):
            await step_by_step(seed)

    asyncio.run(main())
