"""Objects and references, counted over many operations."""

import asyncio
import gc
import os
import sys

from mtaio.core import AsyncQueue, Latch, PriorityQueue, TaskExecutor

MANY = int(os.environ.get("MTAIO_OPERATIONS", "100000"))


class Item:
    pass


def counts():
    gc.collect()
    return len(gc.get_objects()), sys.getallocatedblocks()


async def unblocked(times, item):
    queue, priorities = AsyncQueue(), PriorityQueue()
    for i in range(times // 2):
        await queue.put(item)
        await queue.get()
        await priorities.put(item, priority=-i)
        priorities.get_nowait()


async def blocked(times, item):
    queue = AsyncQueue(1)

    async def put():
        for _ in range(times // 10):
            await queue.put(item)

    async def get():
        for _ in range(times // 10):
            assert await queue.get() is item

    await asyncio.gather(put(), get())


async def cancelled(times, item):
    queue = AsyncQueue()
    for i in range(times // 20):
        task = asyncio.create_task(queue.get())
        await asyncio.sleep(0)
        if i % 2:
            queue.put_nowait(item)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        if i % 2:
            assert queue.get_nowait() is item


async def latches(times, item):
    for _ in range(times // 20):
        latch = Latch(1)
        waiting = asyncio.create_task(latch.wait(timeout=60))
        await asyncio.sleep(0)
        latch.count_down()
        assert await waiting


async def gathered(times, item):
    async def give(later):
        if later:
            await asyncio.sleep(0)
        return item

    async def fail():
        raise ValueError(item)

    executor = TaskExecutor()
    await executor.gather(*(give(i % 3 == 0) for i in range(times // 10)), limit=10)
    await executor.map(give, range(times // 10), limit=10)
    for _ in range(times // 1000):
        await executor.gather(fail(), give(True), fail(), give(True), return_exceptions=True)
        try:
            await executor.gather(fail(), give(True), fail(), give(True), limit=2)
        except Exception:
            pass


async def threads(times, item):
    executor = TaskExecutor()
    for _ in range(times // 1000):
        await asyncio.gather(*(executor.run_in_thread(id, item) for _ in range(10)))


async def refused(times, item):
    """Calls with wrong arguments, and with timeouts that have run out."""

    async def give():
        return item

    executor, queue = TaskExecutor(), PriorityQueue()
    done = asyncio.get_running_loop().create_future()
    done.set_result(item)
    for _ in range(times // 100):
        for wrong in [
            lambda: executor.run(give(), timeout=item),
            lambda: executor.run(give(), item=item),
            lambda: executor.gather(give(), item, limit=item),
            lambda: queue.put(item, priority=item),
            lambda: queue.put(item, item=item),
            lambda: Latch(item),
            lambda: AsyncQueue(item),
        ]:
            try:
                wrong()
            except TypeError:
                pass
        assert await executor.run(done, timeout=0) is item
        for late in (give(), asyncio.create_task(give())):
            try:
                await executor.run(late, timeout=0)
            except TimeoutError:
                pass
            del late


async def bound(times, item):
    """Methods that are bound and called later."""
    executor, queue = TaskExecutor(), AsyncQueue()
    for _ in range(times // 20):
        put, get, gather = queue.put, queue.get, executor.gather
        await put(item)
        assert await gather(get()) == [item]
        assert put.__name__ == "put" and gather == executor.gather and hash(gather)
        assert AsyncQueue.put.__get__(queue) == put and repr(gather)


def test_nothing_leaks():
    for operations in (unblocked, blocked, cancelled, latches, gathered, threads, refused, bound):
        item = Item()

        def run(times):
            asyncio.run(operations(times, item))

        run(MANY // 10)
        run(MANY // 10)
        references, (objects, blocks) = sys.getrefcount(item), counts()
        run(MANY)
        assert sys.getrefcount(item) == references, operations.__name__
        after_objects, after_blocks = counts()
        # The number of objects that the interpreter itself keeps varies slightly.
        assert after_objects - objects < 50, operations.__name__
        assert after_blocks - blocks < 500, operations.__name__
