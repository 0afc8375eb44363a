"""A blocking thread reads the output of another program and feeds an event loop through a queue.

The thread waits while the queue is full. If the loop ends first, it shuts the queue down, and the thread ends too.
"""

import asyncio
import subprocess
import sys
import threading

from mtaio.core import AsyncQueue
from mtaio.exceptions import QueueShutDown

MEASURE = "for i in range(1000): print(20 + i % 7)"


def read(lines: AsyncQueue[float]) -> None:
    with subprocess.Popen([sys.executable, "-c", MEASURE], stdout=subprocess.PIPE, text=True) as sensor:
        assert sensor.stdout is not None
        try:
            for line in sensor.stdout:
                lines.put_blocking(float(line))
        except QueueShutDown:
            sensor.terminate()
    lines.shutdown()  # after the last line


async def main() -> None:
    lines = AsyncQueue[float](maxsize=100)
    thread = threading.Thread(target=read, args=[lines])
    thread.start()
    count, total = 0, 0.0
    try:
        async for temperature in lines:
            count, total = count + 1, total + temperature
    finally:
        lines.shutdown(immediate=True)
        thread.join()
    print(f"{count} measurements, {total / count:.1f} degrees on average")


asyncio.run(main())
