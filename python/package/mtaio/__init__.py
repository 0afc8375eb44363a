"""Asynchronous tasks, queues and latches on a C++ core.

``mtaio.core`` has the classes, ``mtaio.exceptions`` what they raise.
"""

__version__ = "0.1.0"
