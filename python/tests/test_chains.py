"""Chains of hundreds of thousands of objects of mtaio, each of which refers to the next."""

import asyncio
import itertools
import os

import pytest
from mtaio.core import AsyncQueue, Latch, LIFOQueue, PriorityQueue, TaskExecutor
from mtaio.exceptions import ExecutionError

MANY = 3 * int(os.environ.get("MTAIO_OPERATIONS", "100000"))

executor = TaskExecutor()


class LatchWithData(Latch):
    data = None


def in_a_queue(kind):
    def link(last):
        queue = kind()
        queue.put_nowait(last)
        return queue

    return link


def in_a_latch(last):
    latch = LatchWithData(1)
    latch.data = last
    return latch.wait()


async def give(value):
    return value


LINKS = {
    "queue": in_a_queue(AsyncQueue),
    "priority queue": in_a_queue(PriorityQueue),
    "LIFO queue": in_a_queue(LIFOQueue),
    "put": lambda last: AsyncQueue().put(last),
    "join": lambda last: in_a_queue(AsyncQueue)(last).join(),
    "latch": in_a_latch,
    "run": executor.run,
    "gather": executor.gather,
    "map": lambda last: executor.map(give, [last]),
    "thread": lambda last: executor.run_in_thread(id, last),
    "keyword": lambda last: executor.run_in_thread(id, key=last),
}
# run() and gather() take only awaitables.
MIXED = ["put", "run", "queue", "map", "gather", "latch", "priority queue", "thread", "LIFO queue", "keyword"]


@pytest.mark.parametrize("names", [*([each] for each in LINKS), MIXED], ids="-".join)
def test_a_long_chain_is_destroyed_without_overflowing_the_stack(names):
    last = AsyncQueue().get()
    for name in itertools.islice(itertools.cycle(names), MANY):
        last = LINKS[name](last)
    del last


@pytest.mark.forgets  # those too deep to be begun
async def test_a_chain_that_is_too_long_to_be_awaited_is_a_recursion_error():
    chain = give(1)
    for _ in range(20_000):
        chain = executor.run(chain)
    with pytest.raises(ExecutionError) as raised:
        await chain
    error = raised.value
    while isinstance(error, ExecutionError):
        error = error.__cause__
    assert isinstance(error, RecursionError)


async def test_operations_may_be_nested_as_deep_as_coroutines():
    chain = give(1)
    for _ in range(400):
        chain = executor.run(chain)
    assert await asyncio.create_task(chain) == 1
