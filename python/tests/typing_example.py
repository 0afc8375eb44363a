"""What a type checker has to accept, and the types it has to find; read by test_typing.py."""

from collections.abc import Awaitable

from mtaio.core import AsyncQueue, Latch, LIFOQueue, PriorityQueue, TaskExecutor
from mtaio.exceptions import ExecutionError, MTAIOError, QueueShutDown, TimeoutError


async def process(item: str) -> int:
    return len(item)


async def main() -> None:
    queue: AsyncQueue[str] = AsyncQueue(maxsize=10)
    await queue.put("item")
    item: str = await queue.get()
    async for item in queue:
        print(item.upper())
    priorities = PriorityQueue[str]()
    await priorities.put("item", priority=1.5)
    stack: LIFOQueue[int] = LIFOQueue()
    stack.put_nowait(3)
    latch = Latch(3)
    await latch.count_down()
    opened: bool = await latch.wait(timeout=5.0)
    async with TaskExecutor() as executor:
        one: int = await executor.run(process("a"), timeout=5)
        many: list[int] = await executor.gather(process("a"), process("b"), limit=2)
        mapped: list[int] = await executor.map(process, ["a", "b"])
        size: int = await executor.run_in_thread(len, "text")
        task = executor.create_task(process("x"), name="x")
        print(opened, one, many, mapped, size, await task)


def fails() -> Awaitable[None]:
    queue: AsyncQueue[str] = AsyncQueue()
    return queue.put(3)  # type: ignore[arg-type]


errors: list[type[MTAIOError]] = [ExecutionError, TimeoutError, QueueShutDown]
