"""Blocked threads when their process forks, and when the interpreter exits."""

import os

import pytest
from test_threads_and_loops import run_python

FORK_FLAGS = ("-W", "ignore::DeprecationWarning")  # Python 3.12 warns of forks while there are threads


def test_a_forked_child_does_not_serve_threads_of_its_parent():
    run_python(
        """
        import os, sys, threading
        from mtaio.core import AsyncQueue
        empty, full = AsyncQueue(), AsyncQueue(1)
        full.put_nowait(1)
        threads = [threading.Thread(target=empty.get_blocking) for _ in range(3)]
        threads += [threading.Thread(target=full.put_blocking, args=(2,)) for _ in range(3)]
        for thread in threads: thread.start()
        while "getters=3" not in repr(empty) or "putters=3" not in repr(full): pass
        child = os.fork()
        if not child:
            empty.put_nowait("x")
            assert empty.get_blocking(timeout=0) == "x"
            assert full.get_nowait() == 1 and not full.full()
            full.put_blocking(3, timeout=0)
            assert full.get_blocking() == 3
            os._exit(0)
        for i in range(3): empty.put_nowait(i)
        for i in range(4): full.get_blocking()
        for thread in threads: thread.join()
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        """,
        *FORK_FLAGS,
    )


@pytest.mark.parametrize("child_is_served", [False, True])
def test_a_wait_continues_in_a_child_that_is_forked_by_a_signal_handler(child_is_served):
    run_python(
        f"""
        import os, signal, threading
        from mtaio.core import AsyncQueue
        queue, family = AsyncQueue(), []

        def fork(*_):
            if family: return
            family.append(os.fork())
            if family[0] == 0 and {child_is_served}:
                queue.put_nowait("child's")
            elif family[0] == 0:
                threading.Timer(0.05, queue.put_nowait, ["child's"]).start()

        def send():
            while "getters=1" not in repr(queue): pass
            while not family: signal.pthread_kill(main, signal.SIGUSR1)
            queue.put_nowait("parent's")

        main = threading.get_ident()
        signal.signal(signal.SIGUSR1, fork)
        sender = threading.Thread(target=send)
        sender.start()
        got = queue.get_blocking(timeout=30)
        if family[0] == 0:
            assert got == "child's", got
            os._exit(0)
        assert got == "parent's", got
        assert os.waitstatus_to_exitcode(os.waitpid(family[0], 0)[1]) == 0
        sender.join()
        """,
        *FORK_FLAGS,
        count=5,
    )


EXITS = {
    "threads that are never served": """
        import threading
        from mtaio.core import AsyncQueue, PriorityQueue
        empty, full = AsyncQueue(), PriorityQueue(1)
        full.put_nowait(1)
        for call in [empty.get_blocking, lambda: empty.get_blocking(60), lambda: full.put_blocking(1)] * 3:
            threading.Thread(target=call, daemon=True).start()
        """,
    "threads whose timeout has just run out": """
        import random, threading
        from mtaio.core import AsyncQueue
        queue = AsyncQueue()
        def wait():
            while True:
                try: queue.get_blocking(random.random() / 1000)
                except TimeoutError: pass
        for _ in range(5): threading.Thread(target=wait, daemon=True).start()
        """,
    "threads that put and get": """
        import threading
        from mtaio.core import AsyncQueue
        queue = AsyncQueue(2)
        def put():
            while True: queue.put_blocking(object())
        def get():
            while True: queue.get_blocking()
        for call in [put, get] * 3: threading.Thread(target=call, daemon=True).start()
        """,
    "threads that are served by C++": """
        import asyncio, threading
        import bridge_example as bridge
        queue = bridge.make_queue(2)
        def get():
            while True: queue.get_blocking()
        for _ in range(3): threading.Thread(target=get, daemon=True).start()
        loop = asyncio.new_event_loop()
        tasks = [loop.create_task(bridge.produce(queue, 0, 10**9)) for _ in range(2)]
        loop.run_until_complete(asyncio.sleep(0.001))
        for task in tasks: task._log_destroy_pending = False
        """,
    "threads that are served at the very end": """
        import threading
        from mtaio.core import AsyncQueue
        queue = AsyncQueue()
        class Last:
            def __del__(self, put=queue.put_nowait):
                for i in range(3): put(i)
        for _ in range(3): threading.Thread(target=queue.get_blocking, daemon=True).start()
        while "getters=3" not in repr(queue): pass
        last = Last()
        """,
}


@pytest.mark.parametrize("name", EXITS)
def test_the_interpreter_exits_cleanly_with_blocked_threads(name):
    run_python(EXITS[name], count=int(os.environ.get("MTAIO_EXITS", "30")))
