"""Code that a type checker must accept, types it must find, and mistakes it must report; read by test_typing.py.

`assert_type` compares exactly. A line with `type: ignore` has a mistake, which must be reported.
"""

import asyncio
import datetime
import functools
from collections.abc import AsyncIterator, Awaitable, Coroutine
from typing import Any, assert_type

from mtaio.core import AsyncQueue, Latch, LIFOQueue, PriorityQueue, Progress, TaskExecutor
from mtaio.exceptions import ExecutionError, MTAIOError, QueueEmpty, QueueShutDown, TimeoutError


async def process(item: str) -> int:
    return len(item)


async def fetch(number: int) -> str:
    return str(number)


async def add(a: int, b: int, c: int = 0) -> int:
    return a + b + c


async def numbers() -> AsyncIterator[int]:
    yield 1


def shout(text: str, *, times: int = 1) -> str:
    return text.upper() * times


async def join(*numbers: int) -> str:
    return str(numbers)


class Fetcher:
    async def __call__(self, number: int) -> str:
        return str(number)

    async def fetch(self, number: int) -> str:
        return str(number)


async def queues() -> None:
    queue: AsyncQueue[str] = AsyncQueue(maxsize=10)
    await queue.put("item")
    assert_type(await queue.get(), str)
    async for item in queue:
        print(item.upper())
    priorities = PriorityQueue[str]()
    await priorities.put("item", priority=1.5)
    stack: LIFOQueue[int] = LIFOQueue()
    stack.put_nowait(3)
    queue.put_blocking("item", timeout=1)
    assert_type(stack.get_blocking(timeout=datetime.timedelta(seconds=1)), int)
    priorities.put_blocking("item", priority=1.5, timeout=None)
    queue.put_blocking("item", priority=1)  # type: ignore[call-arg]
    await queue.put(3)  # type: ignore[arg-type]
    stack.put_nowait("text")  # type: ignore[arg-type]
    latch = Latch(3)
    await latch.count_down()
    assert_type(await latch.wait(timeout=5.0), bool)
    await latch.wait(datetime.timedelta(minutes=1))
    await latch.wait("5")  # type: ignore[arg-type]


async def run(executor: TaskExecutor) -> None:
    assert_type(await executor.run(process("a"), timeout=5), int)
    assert_type(await executor.run(process("a"), timeout=datetime.timedelta(seconds=5)), int)
    assert_type(await executor.create_task(process("x"), name="x"), int)
    task: asyncio.Task[int] = asyncio.create_task(executor.run(process("a")))
    await task
    await executor.run(process("a"), 5)  # type: ignore[misc]
    await executor.run(process("a"), timeout="5")  # type: ignore[arg-type]
    await executor.run(process)  # type: ignore[arg-type]


async def gather(executor: TaskExecutor, flag: bool) -> None:
    many: list[int] = await executor.gather(process("a"), process("b"), limit=2)
    many = await executor.gather(process("a"), process("b"), timeout=1, task_timeout=datetime.timedelta(1))
    many = await executor.gather(*[process("a"), process("b")])
    many = await executor.gather(*(process(each) for each in "ab"), limit=2, progress=Progress())
    many = await executor.gather(process("a"))
    many.append(3)
    print(sorted(await executor.gather(process("a"), process("b"))))
    size, text = await executor.gather(process("a"), fetch(1))
    assert_type(size, int)
    assert_type(text, str)
    a, b, c, d, e, f = await executor.gather(
        fetch(1), process("b"), fetch(3), process("d"), executor.run_in_thread(float, 1), asyncio.sleep(1, b""), limit=3
    )
    assert_type((a, b, c, d, e, f), tuple[str, int, str, int, float, bytes])
    one, two = await executor.gather(process("a"), fetch(1), return_exceptions=True)
    assert_type(one, int | BaseException)
    assert_type(two, str | BaseException)
    assert_type(await executor.gather(*[process("a")], return_exceptions=True), list[int | BaseException])
    assert_type(await executor.gather(*[process("a")], return_exceptions=flag), list[int | BaseException])
    assert_type(await executor.gather(*[process("a")], return_exceptions=False), list[int])
    wrong: list[str] = []
    wrong = await executor.gather(process("a"), process("b"))  # type: ignore[assignment]
    wrong = await executor.gather(*[process("a")])  # type: ignore[assignment]
    size, text = await executor.gather(process("a"), fetch(1), fetch(2))  # type: ignore[misc]
    await executor.gather(process, process)  # type: ignore[call-overload]
    await executor.gather(process("a"), limits=2)  # type: ignore[call-overload]
    await executor.gather(process("a"), timeout="5")  # type: ignore[call-overload]
    await executor.gather(process("a"), progress=3)  # type: ignore[call-overload]
    print(wrong)


async def map_(executor: TaskExecutor, flag: bool) -> None:
    assert_type(await executor.map(process, ["a", "b"]), list[int])
    assert_type(await executor.map(fetch, range(3), limit=2), list[str])
    assert_type(await executor.map(fetch, numbers(), timeout=3, task_timeout=1.5), list[str])
    assert_type(await executor.map(add, [1], numbers()), list[int])
    assert_type(await executor.map(add, [1], [2], [3], progress=print), list[int])
    assert_type(await executor.map(join, [1], [2], [3], [4]), list[str])
    assert_type(await executor.map(shout, ["a"]), list[str])
    assert_type(await executor.map(len, ["a"], progress=Progress()), list[int])
    assert_type(await executor.map(int, ["1"]), list[int])
    assert_type(await executor.map(Fetcher().fetch, [1]), list[str])
    assert_type(await executor.map(Fetcher(), [1]), list[str])
    assert_type(await executor.map(functools.partial(add, 1), [2]), list[int])
    strings: list[str] = await executor.map(lambda i: fetch(i), [1])
    assert_type(await executor.map(lambda text: text.upper(), ["a"]), list[str])
    assert_type(await executor.map(fetch, [1], return_exceptions=True), list[str | BaseException])
    assert_type(await executor.map(fetch, [1], return_exceptions=flag), list[str | BaseException])
    assert_type(await executor.map(shout, [""], return_exceptions=flag), list[str | BaseException])
    assert_type(await executor.map(fetch, [1], return_exceptions=False), list[str])
    await executor.map(fetch, ["a"])  # type: ignore[arg-type]
    await executor.map(len, [1])  # type: ignore[arg-type]
    await executor.map(fetch, [1], [2])  # type: ignore[arg-type]
    await executor.map(add, [1])  # type: ignore[arg-type]
    await executor.map(fetch)  # type: ignore[call-overload]
    await executor.map(fetch, 3)  # type: ignore[call-overload]
    await executor.map(fetch, [1], limits=2)  # type: ignore[call-overload]
    await executor.map(fetch, [1], limit="2")  # type: ignore[call-overload]
    wrong: list[int] = await executor.map(fetch, [1])  # type: ignore[arg-type]
    print(strings, wrong)


async def threads(executor: TaskExecutor) -> None:
    assert_type(await executor.run_in_thread(len, "text"), int)
    assert_type(await executor.run_in_thread(shout, "text", times=2), str)
    await executor.run_in_thread(len)  # type: ignore[call-arg]
    await executor.run_in_thread(shout, "text", time=2)  # type: ignore[call-arg]
    await executor.run_in_thread(shout, 3)  # type: ignore[arg-type]


async def main() -> None:
    async with TaskExecutor(wait=True) as executor:
        assert_type(executor, TaskExecutor)
        await run(executor)
        await gather(executor, True)
        await map_(executor, False)
        await threads(executor)
        await executor.cancel_all()
    await executor.wait(timeout=3)
    await executor.close()
    TaskExecutor(3)  # type: ignore[arg-type]


def is_lazy() -> Awaitable[None]:
    queue: AsyncQueue[str] = AsyncQueue()
    return queue.put(3)  # type: ignore[arg-type]


def is_a_coroutine() -> Coroutine[Any, Any, list[int]]:
    return TaskExecutor().gather(process("a"), process("b"))


errors: list[type[MTAIOError]] = [ExecutionError, TimeoutError, QueueEmpty, QueueShutDown]
