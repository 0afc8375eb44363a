"""Blocked threads that signal handlers interrupt or serve."""

import contextlib
import signal
import threading
import time

import pytest
from test_blocking import Thread, until_waiting
from test_threads_and_loops import run_python

from mtaio.core import AsyncQueue
from mtaio.exceptions import QueueEmpty, QueueShutDown


@contextlib.contextmanager
def signalled(queue, handler):
    """Has the main thread call the handler once it waits in the queue."""
    called = threading.Event()

    def call(*_):
        if not called.is_set():
            called.set()
            handler()

    def send():
        until_waiting(queue, 1)
        while not called.wait(0.01):  # again, because the first may come just before the thread sleeps
            signal.pthread_kill(threading.main_thread().ident, signal.SIGUSR1)

    before = signal.signal(signal.SIGUSR1, call)
    sender = Thread(send)
    try:
        yield
    finally:
        sender.join()
        signal.signal(signal.SIGUSR1, before)


def interrupt():
    raise KeyboardInterrupt


def full_queue():
    queue = AsyncQueue(1)
    queue.put_nowait("first")
    return queue


def test_an_interrupted_get_has_not_got():
    queue = AsyncQueue()
    with signalled(queue, interrupt), pytest.raises(KeyboardInterrupt):
        queue.get_blocking()
    queue.put_nowait(1)
    assert queue.get_blocking(timeout=0) == 1


def test_an_interrupted_put_has_not_put():
    queue = full_queue()
    with signalled(queue, interrupt), pytest.raises(KeyboardInterrupt):
        queue.put_blocking("lost", timeout=30)
    assert queue.get_nowait() == "first" and queue.empty()
    queue.put_blocking("second", timeout=0)


def test_the_item_of_a_get_is_put_back_when_it_is_interrupted():
    queue = AsyncQueue(1)

    def give_and_interrupt():
        queue.put_nowait("x")  # the thread that waits is given it
        assert queue.empty()
        raise KeyboardInterrupt

    with signalled(queue, give_and_interrupt), pytest.raises(KeyboardInterrupt):
        queue.get_blocking()
    assert queue.get_blocking(timeout=0) == "x"


def test_the_permit_of_a_put_is_given_back_when_it_is_interrupted():
    queue = full_queue()

    def give_and_interrupt():
        assert queue.get_nowait() == "first"
        assert queue.full()  # the thread that waits is given the room
        raise KeyboardInterrupt

    with signalled(queue, give_and_interrupt), pytest.raises(KeyboardInterrupt):
        queue.put_blocking("lost")
    assert queue.empty() and not queue.full()


def test_a_wait_continues_after_a_signal():
    queue = AsyncQueue()
    began = time.monotonic()
    with signalled(queue, lambda: None), pytest.raises(QueueEmpty):
        queue.get_blocking(timeout=0.1)
    assert time.monotonic() - began >= 0.1


def test_a_signal_handler_may_end_the_wait():
    queue = AsyncQueue()
    with signalled(queue, lambda: queue.put_nowait("x")):
        assert queue.get_blocking() == "x"
    queue = full_queue()
    with signalled(queue, queue.get_nowait):
        queue.put_blocking("second")
    assert queue.get_nowait() == "second"
    with signalled(queue, queue.shutdown), pytest.raises(QueueShutDown):
        queue.get_blocking()


def test_a_signal_handler_may_block_in_the_same_queue():
    queue, got = AsyncQueue(), []

    def get():
        Thread(lambda: [until_waiting(queue, 2), queue.put_blocking(1), queue.put_blocking(2)])
        got.append(queue.get_blocking(timeout=30))

    with signalled(queue, get):
        got.append(queue.get_blocking(timeout=30))
    assert got == [2, 1]  # the handler came second


def test_ctrl_c_ends_a_wait():
    run_python(
        """
        import os, signal, threading
        from mtaio.core import AsyncQueue
        signal.signal(signal.SIGINT, signal.default_int_handler)  # it is ignored in the background
        queue, over = AsyncQueue(), threading.Event()

        def press():
            while "getters=1" not in repr(queue): pass
            while not over.wait(0.1):
                os.kill(os.getpid(), signal.SIGINT)

        presser = threading.Thread(target=press)
        presser.start()
        try:
            queue.get_blocking()
        except KeyboardInterrupt:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            over.set()
            presser.join()
        else:
            raise AssertionError
        """,
        count=5,
    )
