"""Many coroutines, a hundred at a time. As a program: the peak memory of 100,000 of them, in MB.

    python3 python/bench/many.py asyncio|mtaio
"""

import asyncio
import sys


async def trivial(i):
    return i


async def with_semaphore(function, count):
    semaphore = asyncio.Semaphore(100)

    async def one(coroutine):
        async with semaphore:
            return await coroutine

    return await asyncio.gather(*(one(function(i)) for i in range(count)))


async def with_gather(function, count):
    from mtaio.core import TaskExecutor  # here, so that asyncio's figure does not include it

    return await TaskExecutor().gather(*(function(i) for i in range(count)), limit=100)


def main():
    side = with_gather if sys.argv[1] == "mtaio" else with_semaphore
    asyncio.run(side(trivial, 100_000))
    with open("/proc/self/status") as status:
        (peak,) = (line for line in status if line.startswith("VmHWM"))
    print(int(peak.split()[1]) / 1024)


if __name__ == "__main__":
    main()
