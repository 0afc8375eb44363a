"""Threads that block in a queue. Many tests follow those of queue.Queue in CPython, and those of janus."""

import asyncio
import datetime
import math
import queue as standard
import re
import threading
import time

import bridge_example as bridge
import pytest

from mtaio.core import AsyncQueue, LIFOQueue, PriorityQueue, TaskExecutor
from mtaio.exceptions import MTAIOError, QueueEmpty, QueueFull, QueueShutDown

QUEUES = [AsyncQueue, PriorityQueue, LIFOQueue]
all_queues = pytest.mark.parametrize("Queue", QUEUES)


class Thread(threading.Thread):
    """Calls a function; join() returns its result, or raises its exception."""

    def __init__(self, function, *arguments):
        super().__init__(daemon=True)
        self.call, self.result, self.error = (function, arguments), None, None
        self.start()

    def run(self):
        function, arguments = self.call
        try:
            self.result = function(*arguments)
        except BaseException as error:
            self.error = error

    def join(self, timeout=30):
        super().join(timeout)
        assert not self.is_alive(), "the thread is still blocked"
        if self.error is not None:
            raise self.error
        return self.result


def waiting(queue):
    return sum(map(int, re.findall(r"(?:getters|putters)=(\d+)", repr(queue))))


def until_waiting(queue, count):
    """Gives other threads the GIL until `count` of them wait."""
    deadline = time.monotonic() + 30
    while waiting(queue) != count:
        assert time.monotonic() < deadline, repr(queue)
        time.sleep(0)


async def until_tasks_wait(queue, count):
    while waiting(queue) != count:
        await asyncio.sleep(0)


@all_queues
def test_items_go_in_and_out(Queue):
    queue = Queue(3)
    for item in [111, 333, 222]:
        assert queue.put_blocking(item) is None
    expected = [222, 333, 111] if Queue is LIFOQueue else [111, 333, 222]
    assert [queue.get_blocking(), queue.get_blocking(5), queue.get_blocking(timeout=None)] == expected
    queue.put_blocking(item="x", timeout=1)
    assert queue.get_nowait() == "x"


def test_a_priority_may_be_given():
    queue = PriorityQueue()
    queue.put_blocking("c", 3)
    queue.put_blocking("a", priority=1, timeout=1)
    queue.put_blocking("b", 2, 1)
    assert [queue.get_blocking() for _ in range(3)] == list("abc")
    with pytest.raises(ValueError, match="nan"):
        queue.put_blocking("x", math.nan)
    with pytest.raises(TypeError):
        queue.put_blocking("x", "high")
    assert queue.empty()


@all_queues
@pytest.mark.parametrize("timeout", [None, 30, 1e300, math.inf, datetime.timedelta(seconds=30)])
def test_a_get_waits_for_an_item_and_a_put_for_room(Queue, timeout):
    queue = Queue(1)
    getting = Thread(queue.get_blocking, timeout)
    until_waiting(queue, 1)
    queue.put_blocking("x")
    assert getting.join() == "x"
    queue.put_blocking("y")
    putting = Thread(lambda: queue.put_blocking("z", timeout=timeout))
    until_waiting(queue, 1)
    assert queue.full() and queue.get_blocking() == "y"
    putting.join()
    assert queue.get_blocking() == "z" and waiting(queue) == 0


@all_queues
@pytest.mark.parametrize("timeout", [0, -1, -math.inf, datetime.timedelta(0), 0.001, datetime.timedelta(0, 0, 500)])
def test_a_call_that_timed_out_has_put_or_got_nothing(Queue, timeout):
    queue = Queue(1)
    with pytest.raises(QueueEmpty, match=rf"{Queue.__name__}.get_blocking\(timeout=.*\): .* was empty"):
        queue.get_blocking(timeout)
    queue.put_blocking("x", timeout=timeout)
    with pytest.raises(QueueFull, match=rf"{Queue.__name__}.put_blocking\(timeout=.*\): .* was full"):
        queue.put_blocking("y", timeout=timeout)
    assert queue.get_blocking(timeout) == "x"
    assert queue.empty() and not queue.full() and waiting(queue) == 0


@pytest.mark.parametrize("kind", [TimeoutError, MTAIOError, asyncio.QueueEmpty, standard.Empty])
def test_a_get_raises_the_exceptions_of_other_libraries(kind):
    with pytest.raises(kind):
        AsyncQueue().get_blocking(timeout=0)


@pytest.mark.parametrize("kind", [TimeoutError, MTAIOError, asyncio.QueueFull, standard.Full])
def test_a_put_raises_the_exceptions_of_other_libraries(kind):
    queue = AsyncQueue(1)
    queue.put_nowait(1)
    with pytest.raises(kind):
        queue.put_blocking(2, timeout=0)


def test_the_whole_timeout_is_waited():
    queue, began = AsyncQueue(), time.monotonic()
    with pytest.raises(QueueEmpty):
        queue.get_blocking(timeout=0.05)
    assert time.monotonic() - began >= 0.05


@all_queues
def test_bad_arguments(Queue):
    queue = Queue(1)
    for wrong in [
        lambda: queue.put_blocking(),
        lambda: queue.put_blocking(1, 2, 3, 4),
        lambda: queue.put_blocking(1, thing=1),
        lambda: queue.get_blocking(1, 2),
        lambda: queue.get_blocking(timeout="1"),
        lambda: queue.put_blocking(1, timeout=[]),
    ]:
        with pytest.raises(TypeError):
            wrong()
    for wrong in [lambda: queue.get_blocking(math.nan), lambda: queue.put_blocking(1, timeout=math.nan)]:
        with pytest.raises(ValueError):
            wrong()
    assert queue.empty()


@all_queues
async def test_a_thread_that_runs_an_event_loop_is_not_blocked(Queue):
    queue = Queue()
    with pytest.raises(RuntimeError, match=rf"{Queue.__name__}.put_blocking.*await put\(\) instead"):
        queue.put_blocking(1, timeout=0)
    queue.put_nowait(1)
    with pytest.raises(RuntimeError, match=rf"{Queue.__name__}.get_blocking.*await get\(\) instead"):
        queue.get_blocking(timeout=0)
    assert queue.qsize() == 1
    assert await asyncio.to_thread(queue.get_blocking) == 1


async def test_threads_and_coroutines_get_first_come_first_served():
    queue, got, count = AsyncQueue(), {}, 10
    threads, tasks = [], []

    def in_thread(i):
        got[i] = queue.get_blocking(timeout=30)

    async def in_task(i):
        got[i] = await queue.get()

    for i in range(0, count, 2):
        threads.append(Thread(in_thread, i))
        await until_tasks_wait(queue, i + 1)
        tasks.append(asyncio.create_task(in_task(i + 1)))
        await until_tasks_wait(queue, i + 2)
    for i in range(count):
        queue.put_nowait(i)
    await asyncio.gather(*tasks, *(asyncio.to_thread(thread.join) for thread in threads))
    assert got == {i: i for i in range(count)}


async def test_threads_and_coroutines_put_first_come_first_served():
    queue, count = AsyncQueue(1), 10
    threads, tasks = [], []
    queue.put_nowait(-1)
    for i in range(0, count, 2):
        threads.append(Thread(lambda i=i: queue.put_blocking(i, timeout=30)))
        await until_tasks_wait(queue, i + 1)
        tasks.append(asyncio.create_task(queue.put(i + 1)))
        await until_tasks_wait(queue, i + 2)
    assert [await queue.get() for _ in range(count + 1)] == list(range(-1, count))
    await asyncio.gather(*tasks, *(asyncio.to_thread(thread.join) for thread in threads))


@all_queues
async def test_a_get_that_timed_out_does_not_block_the_others(Queue):
    queue = Queue(1)
    with pytest.raises(QueueEmpty):
        await asyncio.to_thread(queue.get_blocking, 0.001)
    thread = Thread(queue.get_blocking)
    await until_tasks_wait(queue, 1)
    await queue.put("x")
    assert await asyncio.to_thread(thread.join) == "x"
    await queue.put("y")
    with pytest.raises(QueueFull):
        await asyncio.to_thread(lambda: queue.put_blocking("lost", timeout=0.001))
    putting = asyncio.create_task(queue.put("z"))
    await until_tasks_wait(queue, 1)
    assert [await queue.get(), await queue.get()] == ["y", "z"]
    await putting


@all_queues
@pytest.mark.parametrize("immediate", [False, True])
def test_a_shutdown_wakes_blocked_threads(Queue, immediate):
    queue = Queue(1)
    getting = [Thread(queue.get_blocking, timeout) for timeout in (None, 30)]
    until_waiting(queue, 2)
    queue.shutdown(immediate)
    for thread in getting:
        with pytest.raises(QueueShutDown):
            thread.join()
    queue = Queue(1)
    queue.put_blocking("x")
    putting = [Thread(lambda t=timeout: queue.put_blocking("y", timeout=t)) for timeout in (None, 30)]
    until_waiting(queue, 2)
    queue.shutdown(immediate)
    for thread in putting:
        with pytest.raises(QueueShutDown):
            thread.join()
    if not immediate:
        assert queue.get_blocking() == "x"
    for timeout in (None, 0, 1):
        with pytest.raises(QueueShutDown):
            queue.get_blocking(timeout)
        with pytest.raises(QueueShutDown):
            queue.put_blocking("z", timeout=timeout)


@all_queues
def test_threads_process_all_items_until_the_shutdown(Queue):
    queue, done = Queue(5), []

    def work():
        while True:
            try:
                item = queue.get_blocking()
            except QueueShutDown:
                return
            done.append(item)
            queue.task_done()

    threads = [Thread(work) for _ in range(3)]
    for i in range(100):
        queue.put_blocking(i)
    asyncio.run(queue.join())
    assert sorted(done) == list(range(100))
    queue.shutdown()
    for thread in threads:
        thread.join()


async def test_a_thread_puts_and_a_coroutine_gets():
    queue = AsyncQueue(2)
    thread = Thread(lambda: [queue.put_blocking(i) for i in range(500)])
    assert [await queue.get() for _ in range(500)] == list(range(500))
    thread.join()


async def test_a_coroutine_puts_and_a_thread_gets():
    queue = AsyncQueue(2)
    thread = Thread(lambda: [queue.get_blocking() for _ in range(500)])
    for i in range(500):
        await queue.put(i)
    assert await asyncio.to_thread(thread.join) == list(range(500))


async def test_a_function_of_an_executor_may_block():
    queue = AsyncQueue()
    async with TaskExecutor() as executor:
        getting = [asyncio.create_task(executor.run_in_thread(queue.get_blocking, 30)) for _ in range(3)]
        await until_tasks_wait(queue, 3)
        for i in range(3):
            await queue.put(i)
        assert sorted(await asyncio.gather(*getting)) == [0, 1, 2]
        assert await executor.map(queue.put_blocking, range(3)) == [None] * 3
    assert queue.qsize() == 3


@pytest.mark.parametrize("maxsize", [0, 1, 3])
async def test_a_queue_is_shared_with_tasks_in_cpp(maxsize):
    queue, count = bridge.make_queue(maxsize), 2000
    thread = Thread(lambda: [queue.get_blocking(30) for _ in range(count)])
    await asyncio.gather(*(bridge.produce(queue, first, count // 2) for first in (0, count // 2)))
    assert sorted(await asyncio.to_thread(thread.join)) == list(range(count))
    thread = Thread(lambda: [queue.put_blocking(i) for i in range(count)])
    assert await bridge.consume(queue, count) == sum(range(count))
    await asyncio.to_thread(thread.join)
    with pytest.raises(QueueEmpty):
        await asyncio.to_thread(queue.get_blocking, 0.001)


def test_an_item_that_cannot_be_converted_releases_its_permit():
    queue = bridge.make_queue(1)
    queue.put_blocking(1)
    thread = Thread(queue.put_blocking, "not a number")
    until_waiting(queue, 1)
    assert queue.get_blocking() == 1
    with pytest.raises(TypeError):
        thread.join()
    queue.put_blocking(2, timeout=0)


def test_the_destructor_of_an_item_may_use_the_queue():
    queue, left = AsyncQueue(), []

    class Item:
        def __del__(self):
            try:
                left.append(queue.get_blocking(timeout=0))
            except (QueueEmpty, QueueShutDown) as error:
                left.append(type(error))

    queue.put_blocking(Item())
    queue.put_blocking(1)
    queue.get_blocking()  # which drops it
    assert left == [1]
    queue.put_blocking(Item())
    queue.shutdown(immediate=True)
    assert left == [1, QueueShutDown]
