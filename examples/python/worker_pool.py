"""Four workers share a bounded queue of orders. The producer waits while it is full, and shuts it down at the end."""

import asyncio
from collections import Counter

from mtaio.core import AsyncQueue, TaskExecutor


async def work(orders: AsyncQueue[int], done: Counter[str]) -> None:
    async for order in orders:  # until the queue is shut down and empty
        try:
            if order % 40 == 39:
                raise ValueError(f"order {order} makes no sense")
            await asyncio.sleep(0.001)
            done["finished"] += 1
        except ValueError as error:
            done["refused"] += 1
            print("refused:", error)


async def take_orders(orders: AsyncQueue[int]) -> None:
    for order in range(100):
        await orders.put(order)  # waits while the queue holds ten
    orders.shutdown()


async def main() -> None:
    orders, done = AsyncQueue[int](maxsize=10), Counter[str]()
    async with TaskExecutor() as executor:
        await executor.gather(take_orders(orders), *(work(orders, done) for _ in range(4)))
    print(f"{done['finished']} finished, {done['refused']} refused, {orders.qsize()} left")


asyncio.run(main())
