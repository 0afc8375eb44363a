#!/usr/bin/env python3
"""Measures mtaio against asyncio, interleaved in one run, in CPU time.

    python3 python/bench/figures.py [--loop uvloop] [--rounds 5] [--json FILE] [ROW...]

Each figure is the median of the rounds; in every round both sides run, one after the other, so that a busy machine
slows both. Rows with threads have one core: on several, the time depends on where the kernel puts the threads, and is
one of two figures. Needs mtaio; janus 2 and uvloop are used if they are installed. ROW is part of a row's name: only
those rows are run.
"""

import argparse
import asyncio
import gc
import json
import os
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
    # Not more: that would be the time of the memory, which others use as well.
    for i in range(10_000):
        priority = i * 7919 % 100_003
        queue.put_nowait(i, priority) if ours else queue.put_nowait((priority, i))
    queue.get_nowait()  # a pairing heap catches up on the work that it has put off
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


async def from_thread(ends, count):
    put, get, _, _ = ends
    thread = threading.Thread(target=lambda: [put(i) for i in range(count)])
    thread.start()
    for _ in range(count):
        await get()
    thread.join()


async def to_thread(ends, count):
    _, _, put, get = ends
    thread = threading.Thread(target=lambda: [get() for _ in range(count)])
    thread.start()
    for i in range(count):
        await put(i)
    await asyncio.to_thread(thread.join)


async def latency(call, count):
    took = []
    for _ in range(count):
        began = time.perf_counter()
        await call(int)
        took.append(time.perf_counter() - began)
    return statistics.median(took) * 1e9


async def with_janus(pass_on, maxsize, count):
    import janus

    if int(janus.__version__.split(".")[0]) < 2:
        raise ImportError("janus 2 is needed: until then it wrote to the loop for each item, which takes 50 us")
    queue = janus.Queue(maxsize)
    sync, coroutine = queue.sync_q, queue.async_q
    try:
        return await timed(count, pass_on((sync.put, coroutine.get, coroutine.put, sync.get), count))
    finally:
        await queue.aclose()


async def with_mtaio(pass_on, maxsize, count):
    queue = AsyncQueue(maxsize)
    return await timed(count, pass_on((queue.put_blocking, queue.get, queue.put, queue.get_blocking), count))


FIGURES = {
    "put and get, without waiting": (
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
    "PriorityQueue, 10,000 deep": (
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
    "functions in threads, one by one": (
        lambda: timed(2_000, one_by_one(asyncio.to_thread, 2_000)),
        lambda: timed(2_000, one_by_one(TaskExecutor().run_in_thread, 2_000)),
    ),
    "functions in threads, median latency": (
        lambda: latency(asyncio.to_thread, 2_000),
        lambda: latency(TaskExecutor().run_in_thread, 2_000),
    ),
    "functions in threads, 100 by 100": (
        lambda: timed(5_000, hundred_by_hundred(asyncio.to_thread, 5_000)),
        lambda: timed(5_000, hundred_by_hundred(TaskExecutor().run_in_thread, 5_000)),
    ),
    "functions in threads, gather, limit 100": (
        lambda: timed(5_000, with_semaphore(lambda _: asyncio.to_thread(int), 5_000)),
        lambda: timed(5_000, with_gather(lambda _: TaskExecutor().run_in_thread(int), 5_000)),
    ),
    "thread to coroutine, janus 2": (
        lambda: with_janus(from_thread, 0, 20_000),
        lambda: with_mtaio(from_thread, 0, 20_000),
    ),
    "thread to coroutine, maxsize 100, janus 2": (
        lambda: with_janus(from_thread, 100, 20_000),
        lambda: with_mtaio(from_thread, 100, 20_000),
    ),
    "coroutine to thread, maxsize 100, janus 2": (
        lambda: with_janus(to_thread, 100, 20_000),
        lambda: with_mtaio(to_thread, 100, 20_000),
    ),
}


def use_one_core():
    """From now on; threads that are started later, too."""
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})


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
    print(f"{'ns of CPU, on ' + arguments.loop:44}{'asyncio':>12}{'mtaio':>12}{'times':>8}")
    for name, sides in FIGURES.items():
        if not any(part in name for part in arguments.row):
            continue
        if "thread" in name:
            use_one_core()
        taken = ([], [])
        for _ in range(arguments.rounds):
            for side, figures in zip(sides, taken):
                with asyncio.Runner(loop_factory=factory) as runner:
                    try:
                        figures.append(runner.run(side_of(side)))
                    except ImportError as missing:
                        print(f"{name:44}{missing}")
                        break
        if not all(taken):
            continue
        theirs, ours = (statistics.median(figures) for figures in taken)
        results[name] = {"asyncio": theirs, "mtaio": ours}
        print(f"{name:44}{theirs:12,.0f}{ours:12,.0f}{theirs / ours:8.1f}", flush=True)
    if any(part in MEMORY for part in arguments.row):
        theirs, ours = peak_memory("asyncio"), peak_memory("mtaio")
        results[MEMORY] = {"asyncio": theirs, "mtaio": ours}
        print(f"{MEMORY:44}{theirs:12,.1f}{ours:12,.1f}{theirs / ours:8.1f}")
    if arguments.json:
        with open(arguments.json, "w") as file:
            json.dump({"loop": arguments.loop, "figures": results}, file, indent=1)


async def side_of(side):
    return await side()


if __name__ == "__main__":
    main()
