"""Asynchronous tasks, queues and latches on a C++ core.

``mtaio.core`` has the classes, ``mtaio.exceptions`` their exceptions.
"""

__version__ = "0.1.0"
