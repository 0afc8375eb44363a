"""Task execution, queues and latches.

TaskExecutor runs coroutines with limits and timeouts, and functions in threads. AsyncQueue,
PriorityQueue and LIFOQueue pass items between coroutines, threads and event loops. Latch lets
coroutines wait until something has happened a number of times.
"""

try:
    from ._core import AsyncQueue, Latch, LIFOQueue, PriorityQueue, Progress
except ModuleNotFoundError as error:
    if error.name != "mtaio._core":
        raise
    from ._installation import why_core_is_missing

    raise ImportError(why_core_is_missing()) from None
from ._executor import TaskExecutor

__all__ = ["TaskExecutor", "AsyncQueue", "PriorityQueue", "LIFOQueue", "Latch", "Progress"]

TaskExecutor.__module__ = __name__
