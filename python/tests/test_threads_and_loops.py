"""One queue in several event loops, threads and processes; loops that end with operations in them."""

import asyncio
import concurrent.futures
import gc
import os
import subprocess
import sys
import textwrap
import threading
import weakref

import pytest

from mtaio.core import AsyncQueue, Latch, LIFOQueue, PriorityQueue, TaskExecutor
from mtaio.exceptions import ExecutionError


def in_thread(main):
    errors = []

    def run():
        try:
            asyncio.run(main())
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    return thread, errors


@pytest.mark.parametrize("Queue", [AsyncQueue, PriorityQueue, LIFOQueue])
@pytest.mark.parametrize("maxsize", [0, 1, 10])
def test_loops_share_a_queue(Queue, maxsize):
    queue, got, count = Queue(maxsize), [], 500

    def producer(first):
        async def put():
            for i in range(first, first + count):
                await queue.put(i)

        return put

    async def consumer():
        for _ in range(count):
            got.append(await queue.get())
            queue.task_done()

    running = [in_thread(producer(0)), in_thread(producer(count)), in_thread(consumer), in_thread(consumer)]
    for thread, errors in running:
        thread.join(60)
        assert not thread.is_alive() and not errors
    assert sorted(got) == list(range(2 * count))
    asyncio.run(asyncio.wait_for(queue.join(), 10))


async def test_plain_threads_feed_a_loop():
    queue = AsyncQueue()
    threads = [threading.Thread(target=lambda: [queue.put_nowait(i) for i in range(1000)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    got = [await queue.get() for _ in range(4000)]
    for thread in threads:
        thread.join()
    assert sorted(got) == sorted(list(range(1000)) * 4)


async def test_a_latch_is_waited_for_in_two_loops():
    latch, other, waits = Latch(1), [], threading.Event()

    async def wait():
        waiting = asyncio.create_task(latch.wait(timeout=30))
        await asyncio.sleep(0)
        waits.set()
        other.append(await waiting)

    thread, errors = in_thread(wait)
    waiting = asyncio.create_task(latch.wait())
    while not waits.is_set():
        await asyncio.sleep(0)
    latch.count_down()
    assert await waiting is True
    while thread.is_alive():
        await asyncio.sleep(0.001)
    assert other == [True] and not errors


def test_queues_outlive_a_run():
    queue, latch, executor = AsyncQueue(1), Latch(1), TaskExecutor()

    async def first():
        waiting = asyncio.create_task(queue.get())
        await asyncio.sleep(0)
        assert not waiting.done()
        assert await executor.run_in_thread(abs, -1) == 1

    async def second():
        await queue.put(1)
        assert await asyncio.wait_for(queue.get(), 5) == 1
        assert await latch.wait(timeout=0.001) is False
        assert await executor.run_in_thread(abs, -2) == 2

    asyncio.run(first())  # which cancels the get
    asyncio.run(second())
    asyncio.run(second())


def test_an_item_for_a_loop_that_was_closed_is_given_to_the_next_getter():
    queue = AsyncQueue(1)
    loop = asyncio.new_event_loop()
    waiting = loop.create_task(queue.get())
    loop.run_until_complete(asyncio.sleep(0))
    waiting._log_destroy_pending = False
    loop.close()
    queue.put_nowait("x")
    assert asyncio.run(asyncio.wait_for(queue.get(), 5)) == "x"
    putting = asyncio.new_event_loop()
    queue.put_nowait("y")
    stuck = putting.create_task(queue.put("z"))
    putting.run_until_complete(asyncio.sleep(0))
    stuck._log_destroy_pending = False
    putting.close()

    async def go_on():
        assert await queue.get() == "y"
        await asyncio.wait_for(queue.put("w"), 5)
        assert await queue.get() == "w"

    asyncio.run(go_on())


def test_a_loop_that_was_closed_before_it_started_a_thread_does_not_keep_other_loops_from_starting_one():
    executor = TaskExecutor()
    loop = asyncio.new_event_loop()
    call = loop.create_task(executor.run_in_thread(int))
    loop.call_soon(loop.stop)
    loop.run_forever()  # one turn, in which the call is queued
    loop.close()
    assert asyncio.run(asyncio.wait_for(executor.run_in_thread(abs, -1), 30)) == 1
    call._log_destroy_pending = False


async def test_functions_that_wait_for_each_other_run_side_by_side():
    executor, barrier = TaskExecutor(), threading.Barrier(5)
    for _ in range(20):
        await asyncio.gather(*(executor.run_in_thread(barrier.wait, 30) for _ in range(5)))


def test_all_executors_share_as_many_threads_as_the_documentation_says():
    # In a process of its own: the threads of this one may be busy otherwise.
    run_python(
        """
        import asyncio, os, threading
        from mtaio.core import TaskExecutor
        limit = min(32, len(os.sched_getaffinity(0)) + 4)
        meeting, names = threading.Barrier(limit), set()

        def meet(of_the_first):
            names.add(threading.get_ident())
            if of_the_first: meeting.wait(30)  # that many threads exist

        async def main():
            executors = TaskExecutor(), TaskExecutor()
            await asyncio.gather(*(executors[i % 2].run_in_thread(meet, i < limit) for i in range(5 * limit)))
            assert len(names) == limit, (len(names), limit)  # and no more

        asyncio.run(main())
        """
    )


def test_functions_of_a_loop_that_has_stopped_do_not_hold_up_those_of_another():
    executor, begun, go_on, tasks = TaskExecutor(), threading.Event(), threading.Event(), []

    def block():
        begun.set()
        assert go_on.wait(30)

    async def begin():
        tasks.extend(asyncio.create_task(executor.run_in_thread(block)) for _ in range(3))
        while not begun.is_set():
            await asyncio.sleep(0)

    async def release():
        await executor.run_in_thread(go_on.set)

    stopped = asyncio.new_event_loop()
    stopped.run_until_complete(begin())
    asyncio.run(release())
    stopped.run_until_complete(asyncio.gather(*tasks))
    stopped.close()


def test_a_loop_is_not_kept_alive():
    queue = AsyncQueue()
    loop = asyncio.new_event_loop()
    waiting = loop.create_task(queue.get())
    loop.run_until_complete(asyncio.sleep(0))
    waiting.cancel()
    loop.run_until_complete(asyncio.gather(waiting, return_exceptions=True))
    loop.close()
    reference = weakref.ref(loop)
    del loop, waiting
    gc.collect()
    assert reference() is None


def test_an_operation_needs_a_running_loop_only_if_it_waits():
    queue = AsyncQueue()
    queue.put_nowait(1)
    with pytest.raises(StopIteration) as ended:
        queue.get().send(None)
    assert ended.value.value == 1
    with pytest.raises(RuntimeError, match="no running event loop"):
        queue.get().send(None)


def run_python(code, *flags, count=1):
    environment = dict(os.environ, PYTHONPATH=os.pathsep.join(sys.path))

    def run(_):
        return subprocess.run(
            [sys.executable, *flags, "-c", textwrap.dedent(code)], env=environment, capture_output=True, timeout=60
        )

    with concurrent.futures.ThreadPoolExecutor(4) as several:
        for done in several.map(run, range(count)):
            assert (done.returncode, done.stderr) == (0, b""), done


def test_a_function_for_which_no_thread_can_be_started_is_not_called():
    run_python(
        """
        import asyncio, resource
        from mtaio.core import TaskExecutor

        async def main():
            calls = [executor.run_in_thread(called.append, i) for i in range(3)]
            return await asyncio.gather(*calls, return_exceptions=True)

        executor, called = TaskExecutor(), []
        asyncio.run(asyncio.sleep(0))
        with open("/proc/self/statm") as statm:
            pages = int(statm.read().split()[0])
        resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + (4 << 20), -1))  # no room for a stack
        errors = asyncio.run(main())
        assert [type(error) for error in errors] == [RuntimeError] * 3, errors
        assert "can't start a thread" in str(errors[0]), errors
        resource.setrlimit(resource.RLIMIT_AS, (-1, -1))
        assert asyncio.run(main()) == [None] * 3
        assert sorted(called) == [0, 1, 2]
        """
    )


def test_a_forked_child_has_loops_and_threads_of_its_own():
    run_python(
        """
        import asyncio, os
        from mtaio.core import AsyncQueue, TaskExecutor
        queue, executor = AsyncQueue(), TaskExecutor()

        async def main():
            waiting = asyncio.create_task(queue.get())
            await asyncio.sleep(0)
            assert await executor.run_in_thread(abs, -1) == 1
            await queue.put(2)
            return await waiting

        asyncio.run(main())
        child = os.fork()
        assert asyncio.run(main()) == 2
        if child:
            assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        """,
        "-W",
        "ignore::DeprecationWarning",  # Python 3.12 warns of forks while there are threads
    )


EXITS = {
    "functions in threads": """
        import asyncio, time
        from mtaio.core import TaskExecutor
        executor = TaskExecutor()
        async def main():
            for _ in range(8):
                asyncio.create_task(executor.run_in_thread(time.sleep, 0.02))
            await asyncio.sleep(0.001)
        loop = asyncio.new_event_loop()
        loop.run_until_complete(main())
        for task in asyncio.all_tasks(loop): task._log_destroy_pending = False
        """,
    "waiting operations": """
        import asyncio
        from mtaio.core import AsyncQueue, Latch
        queue, latch = AsyncQueue(), Latch(1)
        async def main():
            for waiting in (queue.get(), latch.wait(timeout=60)):
                asyncio.create_task(waiting)
            await asyncio.sleep(0.001)
        loop = asyncio.new_event_loop()
        loop.run_until_complete(main())
        for task in asyncio.all_tasks(loop): task._log_destroy_pending = False
        """,
    "tasks in C++": """
        import asyncio, random
        import bridge_example as bridge
        queue = bridge.make_queue(2)
        async def forever(i):
            await asyncio.sleep(60)
        async def main():
            for each in (bridge.produce(queue, 0, 100), bridge.add_slowly(1, 2, 60), bridge.sum_of(forever, 3)):
                asyncio.create_task(each)
            # Long enough for the last one to have a Python coroutine to wait for, or not.
            await asyncio.sleep(random.choice([0.001, 0.02]))
        loop = asyncio.new_event_loop()
        loop.run_until_complete(main())
        for task in asyncio.all_tasks(loop): task._log_destroy_pending = False
        """,
}


@pytest.mark.parametrize("name", EXITS)
def test_the_interpreter_exits_cleanly_with_work_in_flight(name):
    run_python(EXITS[name], count=int(os.environ.get("MTAIO_EXITS", "30")))


def test_development_mode_tracing_and_faulthandler():
    run_python(
        """
        import asyncio, sys, threading
        from mtaio.core import AsyncQueue, TaskExecutor
        sys.settrace(lambda *_: None)
        threading.settrace(lambda *_: None)

        async def main():
            queue = AsyncQueue(1)
            async def put():
                for i in range(20): await queue.put((i,))
            putting = asyncio.create_task(put())
            assert [await queue.get() for i in range(20)] == [(i,) for i in range(20)]
            await putting
            async with TaskExecutor() as executor:
                assert await executor.map(abs, [-1, -2]) == [1, 2]
        asyncio.run(main(), debug=True)
        """,
        "-X",
        "dev",
        "-X",
        "faulthandler",
        "-W",
        "error",
    )


async def test_exceptions_of_functions_do_not_keep_their_arguments():
    class Thing:
        pass

    thing = Thing()
    reference = weakref.ref(thing)
    with pytest.raises(ExecutionError):
        await TaskExecutor().run_in_thread(int, thing)
    del thing
    gc.collect()
    assert reference() is None
