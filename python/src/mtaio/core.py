"""Tasks, queues and latches: see the classes."""

from ._core import AsyncQueue, Latch, LIFOQueue, PriorityQueue

__all__ = ["AsyncQueue", "PriorityQueue", "LIFOQueue", "Latch"]
