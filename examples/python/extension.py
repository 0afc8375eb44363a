"""Awaits tasks written in C++, and shares a queue with them.

It uses the extension module of python/example; docs/python.md says how to build that.
"""

import asyncio

import bridge_example

from mtaio.core import TaskExecutor


async def number() -> int:
    await asyncio.sleep(0.01)
    return 21


async def main() -> None:
    async with TaskExecutor() as executor:
        sums = await executor.gather(*(bridge_example.add_slowly(i, i, 0.01) for i in range(10)), limit=4)
        print("added by workers of C++:", sums)
        print("a coroutine of Python awaited in C++:", await bridge_example.twice(number()))

        numbers = bridge_example.make_queue(10)  # an AsyncQueue here, and one in C++
        total, _ = await executor.gather(
            bridge_example.consume(numbers, 1000), bridge_example.produce(numbers, 0, 1000)
        )
        print("passed from one task of C++ to another:", total)
        try:
            await executor.run(bridge_example.add_slowly(1, 2, 3600), timeout=0.01)
        except TimeoutError as error:
            print("stopped:", error)


asyncio.run(main())
