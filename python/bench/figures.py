#!/usr/bin/env python3
"""Measures mtaio against asyncio, interleaved in one run, in CPU time.

    python3 python/bench/figures.py [--loop uvloop] [--rounds 5] [--json FILE] [ROW...]

Each figure is the median of the rounds; in every round both sides run, one after the other, so that a busy machine
slows both. Needs mtaio; janus and uvloop are used if they are there. ROW is part of a row's name: only those are run.
"""

import argparse
import asyncio
import gc
import json
import statistics
import subprocess
import sys
import threading
import time

import many
from many import trivial, with_gather, with_semaphore
from mtaio.core import AsyncQueue, PriorityQueue, TaskExecutor

clock = time.process_time


async def timed(count, run):
    gc.collect()
    began = clock()
    await run
    return (clock() - began) / count * 1e9


async def put_and_get(queue, count):
    for i in range(count):
        await queue.put(i)
        await queue.get()


async def pass_on(queue, count):
    async def put():
        for i in range(count):
            await queue.put(i)

    async def get():
        for _ in range(count):
            await queue.get()

    await asyncio.gather(put(), get())


async def deep(queue, count, ours):
    for i in range(100_000):
        priority = i * 7919 % 100_003
        queue.put_nowait(i, priority) if ours else queue.put_nowait((priority, i))
    queue.get_nowait()  # a pairing heap does what it has put off until now
    began = clock()
    for i in range(count):
        priority = i * 104_729 % 100_003
        if ours:
            await queue.put(i, priority)
        else:
            await queue.put((priority, i))
        await queue.get()
    return (clock() - began) / count * 1e9


async def suspending(i):
    await asyncio.sleep(0)
    return i


async def one_by_one(call, count):
    for _ in range(count):
        await call(int)


async def hundred_by_hundred(call, count):
    for _ in range(count // 100):
        await asyncio.gather(*(call(int) for _ in range(100)))


async def from_thread(put, get, count):
    thread = threading.Thread(target=lambda: [put(i) for i in range(count)])
    thread.start()
    for _ in range(count):
        await get()
    thread.join()


async def latency(call, count):
    took = []
    for _ in range(count):
        began = time.perf_counter()
        await call(int)
        took.append(time.perf_counter() - began)
    return statistics.median(took) * 1e9


async def from_thread_with_janus(count):
    import janus

    queue = janus.Queue()
    try:
        return await timed(count, from_thread(queue.sync_q.put, queue.async_q.get, count))
    finally:
        queue.close()
        await queue.wait_closed()


async def from_thread_with_mtaio(count):
    queue = AsyncQueue()
    return await timed(count, from_thread(queue.put_nowait, queue.get, count))


FIGURES = {
    "put and get, nobody waits": (
        lambda: timed(50_000, put_and_get(asyncio.Queue(), 50_000)),
        lambda: timed(50_000, put_and_get(AsyncQueue(), 50_000)),
    ),
    "an item, maxsize 100": (
        lambda: timed(50_000, pass_on(asyncio.Queue(100), 50_000)),
        lambda: timed(50_000, pass_on(AsyncQueue(100), 50_000)),
    ),
    "an item, maxsize 1": (
        lambda: timed(10_000, pass_on(asyncio.Queue(1), 10_000)),
        lambda: timed(10_000, pass_on(AsyncQueue(1), 10_000)),
    ),
    "PriorityQueue, 100,000 deep": (
        lambda: deep(asyncio.PriorityQueue(), 20_000, False),
        lambda: deep(PriorityQueue(), 20_000, True),
    ),
    "gather of 100,000, limit 100": (
        lambda: timed(100_000, with_semaphore(trivial, 100_000)),
        lambda: timed(100_000, with_gather(trivial, 100_000)),
    ),
    "the same, each suspends once": (
        lambda: timed(100_000, with_semaphore(suspending, 100_000)),
        lambda: timed(100_000, with_gather(suspending, 100_000)),
    ),
    "function in a thread, one by one": (
        lambda: timed(2_000, one_by_one(asyncio.to_thread, 2_000)),
        lambda: timed(2_000, one_by_one(TaskExecutor().run_in_thread, 2_000)),
    ),
    "the same, median latency": (
        lambda: latency(asyncio.to_thread, 2_000),
        lambda: latency(TaskExecutor().run_in_thread, 2_000),
    ),
    "the same, 100 by 100": (
        lambda: timed(5_000, hundred_by_hundred(asyncio.to_thread, 5_000)),
        lambda: timed(5_000, hundred_by_hundred(TaskExecutor().run_in_thread, 5_000)),
    ),
    "the same, gather with limit 100": (
        lambda: timed(5_000, with_semaphore(lambda _: asyncio.to_thread(int), 5_000)),
        lambda: timed(5_000, with_gather(lambda _: TaskExecutor().run_in_thread(int), 5_000)),
    ),
    "thread to coroutine (janus)": (
        lambda: from_thread_with_janus(20_000),
        lambda: from_thread_with_mtaio(20_000),
    ),
}


MEMORY = "peak memory of the gather, MB"


def peak_memory(side):
    """Of a process that does nothing else, in MB."""
    measured = subprocess.run([sys.executable, many.__file__, side], stdout=subprocess.PIPE, check=True)
    return float(measured.stdout)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--loop", choices=["asyncio", "uvloop"], default="asyncio")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json")
    parser.add_argument("row", nargs="*", default=[""])
    arguments = parser.parse_args()
    factory = None
    if arguments.loop == "uvloop":
        import uvloop

        factory = uvloop.new_event_loop

    results = {}
    print(f"{'ns of CPU, on ' + arguments.loop:36}{'asyncio':>12}{'mtaio':>12}{'times':>8}")
    for name, sides in FIGURES.items():
        if not any(part in name for part in arguments.row):
            continue
        taken = ([], [])
        for _ in range(arguments.rounds):
            for side, figures in zip(sides, taken):
                with asyncio.Runner(loop_factory=factory) as runner:
                    try:
                        figures.append(runner.run(side_of(side)))
                    except ImportError as missing:
                        print(f"{name:36}{missing}")
                        break
        if not all(taken):
            continue
        theirs, ours = (statistics.median(figures) for figures in taken)
        results[name] = {"asyncio": theirs, "mtaio": ours}
        print(f"{name:36}{theirs:12,.0f}{ours:12,.0f}{theirs / ours:8.1f}", flush=True)
    if any(part in MEMORY for part in arguments.row):
        theirs, ours = peak_memory("asyncio"), peak_memory("mtaio")
        results[MEMORY] = {"asyncio": theirs, "mtaio": ours}
        print(f"{MEMORY:36}{theirs:12,.1f}{ours:12,.1f}{theirs / ours:8.1f}")
    if arguments.json:
        with open(arguments.json, "w") as file:
            json.dump({"loop": arguments.loop, "figures": results}, file, indent=1)


async def side_of(side):
    return await side()


if __name__ == "__main__":
    main()
