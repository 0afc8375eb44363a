"""The queues in a single event loop. Many tests follow those of asyncio's queues in CPython."""

import asyncio
import gc
import math
import queue as standard
import weakref

import pytest

from mtaio.core import AsyncQueue, LIFOQueue, PriorityQueue
from mtaio.exceptions import MTAIOError, QueueShutDown

QUEUES = [AsyncQueue, PriorityQueue, LIFOQueue]
all_queues = pytest.mark.parametrize("Queue", QUEUES)


async def settle():
    for _ in range(5):
        await asyncio.sleep(0)


async def cancelled(task):
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


@all_queues
async def test_a_new_queue_is_empty(Queue):
    queue = Queue(2)
    assert (queue.qsize(), queue.empty(), queue.full(), queue.maxsize) == (0, True, False, 2)
    await queue.put(1)
    await queue.put(2)
    assert (queue.qsize(), queue.empty(), queue.full()) == (2, False, True)


async def test_items_come_out_in_the_order_of_the_queue():
    for Queue, expected in [(AsyncQueue, [3, 1, 2]), (LIFOQueue, [2, 1, 3]), (PriorityQueue, [3, 1, 2])]:
        queue = Queue()
        for item in [3, 1, 2]:
            await queue.put(item)
        assert [await queue.get() for _ in range(3)] == expected


async def test_a_priority_queue_gives_the_lowest_number_first_and_equal_ones_in_order():
    queue = PriorityQueue()
    for item, priority in [("c", 2), ("a", -math.inf), ("d", 2), ("b", 0), ("e", math.inf)]:
        await queue.put(item, priority=priority)
    assert [await queue.get() for _ in range(5)] == list("abcde")


async def test_items_of_a_priority_queue_are_never_compared():
    queue = PriorityQueue()
    await queue.put(object(), priority=1)
    await queue.put(object(), 1)
    assert queue.qsize() == 2


async def test_a_priority_that_is_not_a_number_is_refused_at_the_call():
    queue = PriorityQueue()
    with pytest.raises(ValueError, match="nan"):
        queue.put("x", priority=math.nan)
    with pytest.raises(TypeError):
        queue.put("x", priority="high")
    with pytest.raises(ValueError):
        queue.put_nowait("x", math.nan)
    assert queue.empty()


@all_queues
def test_bad_arguments(Queue):
    with pytest.raises(ValueError, match=rf"{Queue.__name__}\(-1\): maxsize cannot be negative"):
        Queue(-1)
    with pytest.raises(TypeError):
        Queue("3")
    with pytest.raises(TypeError):
        Queue(1, 2)
    queue = Queue()
    for wrong in [lambda: queue.put(), lambda: queue.put(1, 2, 3), lambda: queue.put(thing=1), lambda: queue.get(1)]:
        with pytest.raises(TypeError):
            wrong()
    with pytest.raises(RuntimeError):
        queue.__init__()


@all_queues
async def test_the_item_may_be_given_by_name(Queue):
    queue = Queue(maxsize=3)
    await queue.put(item="x")
    queue.put_nowait(item="y")
    assert queue.qsize() == 2


@all_queues
def test_the_type_of_a_queue_can_be_written(Queue):
    assert Queue[int].__args__ == (int,)
    assert isinstance(Queue[str](maxsize=3), Queue)


@all_queues
@pytest.mark.forgets
async def test_an_operation_that_is_not_awaited_has_no_effect(Queue):
    queue = Queue()
    queue.put(1)
    queue.put_nowait(2)
    queue.get()
    queue.put(3).close()
    assert queue.qsize() == 1


async def test_an_operation_can_be_awaited_once():
    queue = AsyncQueue()
    put = queue.put(1)
    await put
    with pytest.raises(RuntimeError, match="cannot reuse already awaited AsyncQueue.put"):
        await put
    assert queue.qsize() == 1


@all_queues
async def test_a_getter_waits_for_an_item_and_a_putter_for_room(Queue):
    queue = Queue(1)
    getting = asyncio.create_task(queue.get())
    await settle()
    assert not getting.done()
    queue.put_nowait("a")
    assert await getting == "a"
    queue.put_nowait("b")
    putting = asyncio.create_task(queue.put("c"))
    await settle()
    assert not putting.done()
    assert queue.get_nowait() == "b"
    await putting
    assert queue.get_nowait() == "c"


async def test_getters_and_putters_are_served_first_come_first_served():
    queue = AsyncQueue(1)
    getting = [asyncio.create_task(queue.get()) for _ in range(5)]
    await settle()
    for i in range(5):
        await queue.put(i)
    assert await asyncio.gather(*getting) == [0, 1, 2, 3, 4]
    queue.put_nowait(-1)
    putting = [asyncio.create_task(queue.put(i)) for i in range(5)]
    await settle()
    assert [await queue.get() for _ in range(6)] == [-1, 0, 1, 2, 3, 4]
    await asyncio.gather(*putting)


async def test_a_put_does_not_overtake_one_that_waits():
    queue = AsyncQueue(1)
    queue.put_nowait("first")
    waiting = asyncio.create_task(queue.put("second"))
    await settle()
    assert queue.get_nowait() == "first"
    # The putter has been woken, and has not run yet.
    with pytest.raises(asyncio.QueueFull):
        queue.put_nowait("third")
    await waiting
    assert await queue.get() == "second"


@all_queues
async def test_nowait_raises_the_exceptions_of_asyncio(Queue):
    queue = Queue(1)
    with pytest.raises(asyncio.QueueEmpty):
        queue.get_nowait()
    queue.put_nowait(1)
    with pytest.raises(asyncio.QueueFull):
        queue.put_nowait(2)
    assert queue.qsize() == 1


@all_queues
async def test_a_cancelled_get_takes_no_item_and_a_cancelled_put_puts_none(Queue):
    queue = Queue(1)
    await cancelled(await started(queue.get()))
    queue.put_nowait("x")
    await cancelled(await started(queue.put("y")))
    assert queue.qsize() == 1
    assert queue.get_nowait() == "x"
    assert queue.empty()


async def started(operation):
    task = asyncio.create_task(operation)
    await settle()
    return task


@all_queues
async def test_a_get_that_is_cancelled_after_it_was_woken_gives_the_item_to_the_next(Queue):
    queue = Queue()
    first = await started(queue.get())
    second = await started(queue.get())
    queue.put_nowait("x")
    await cancelled(first)
    assert await second == "x"
    third = await started(queue.get())
    queue.put_nowait("y")
    await cancelled(third)
    assert queue.qsize() == 1
    assert queue.get_nowait() == "y"


@all_queues
async def test_an_item_that_is_put_back_is_the_next_one_again(Queue):
    queue = Queue()
    getting = await started(queue.get())
    queue.put_nowait(1)
    queue.put_nowait(2)
    await cancelled(getting)
    assert [queue.get_nowait(), queue.get_nowait()] == [1, 2]


async def test_items_of_equal_priority_that_are_put_back_are_in_their_old_order():
    queue = PriorityQueue()
    items = list(range(10))
    getters = [await started(queue.get()) for _ in items]
    for item in items:
        queue.put_nowait(item, priority=1)
    for getting in getters:
        getting.cancel()
    await settle()
    assert [queue.get_nowait() for _ in items] == items


@all_queues
async def test_a_put_that_is_cancelled_after_it_was_woken_gives_its_permit_to_the_next(Queue):
    queue = Queue(1)
    queue.put_nowait(0)
    first = await started(queue.put(1))
    second = await started(queue.put(2))
    assert queue.get_nowait() == 0
    await cancelled(first)
    await second
    assert queue.get_nowait() == 2
    assert queue.empty()


async def test_an_item_that_is_put_back_never_makes_the_queue_too_full():
    queue = AsyncQueue(1)
    getting = await started(queue.get())
    queue.put_nowait(1)
    assert queue.full()
    with pytest.raises(asyncio.QueueFull):
        queue.put_nowait(2)
    await cancelled(getting)
    assert queue.qsize() == 1


async def test_wait_for_neither_loses_nor_doubles_an_item():
    queue = AsyncQueue(1)
    got = []
    for i in range(300):
        getting = asyncio.create_task(asyncio.wait_for(queue.get(), 0.0005))
        await asyncio.sleep(0.0005)
        if not queue.full():
            queue.put_nowait(i)
        try:
            got.append(await getting)
        except asyncio.TimeoutError:
            pass
    while not queue.empty():
        got.append(queue.get_nowait())
    assert got == sorted(set(got))
    assert len(got) >= 1


async def test_task_done_and_join():
    queue = AsyncQueue()
    await queue.join()
    for i in range(3):
        queue.put_nowait(i)
    joining = await started(queue.join())
    for _ in range(3):
        assert not joining.done()
        await queue.get()
        queue.task_done()
        await settle()
    await joining
    with pytest.raises(ValueError, match="called more often"):
        queue.task_done()


async def test_a_join_that_is_cancelled_leaves_the_others_waiting():
    queue = AsyncQueue()
    queue.put_nowait(1)
    first, second = await started(queue.join()), await started(queue.join())
    await cancelled(first)
    queue.task_done()
    await second


@all_queues
async def test_shutdown_ends_puts_immediately_and_gets_when_the_queue_is_empty(Queue):
    queue = Queue(1)
    queue.put_nowait("x")
    putting = await started(queue.put("y"))
    queue.shutdown()
    for wrong in [putting, queue.put("z")]:
        with pytest.raises(QueueShutDown):
            await wrong
    with pytest.raises(QueueShutDown):
        queue.put_nowait("z")
    assert await queue.get() == "x"
    with pytest.raises(QueueShutDown):
        await queue.get()
    with pytest.raises(QueueShutDown) as raised:
        queue.get_nowait()
    assert isinstance(raised.value, MTAIOError)
    if hasattr(asyncio, "QueueShutDown"):
        assert isinstance(raised.value, asyncio.QueueShutDown)
        assert isinstance(raised.value, standard.ShutDown)


async def test_shutdown_wakes_getters():
    queue = AsyncQueue()
    getting = await started(queue.get())
    queue.shutdown()
    with pytest.raises(QueueShutDown):
        await getting


async def test_an_immediate_shutdown_drops_the_items_and_counts_them_as_done():
    queue = AsyncQueue()
    queue.put_nowait(1)
    joining = await started(queue.join())
    queue.shutdown(immediate=True)
    await joining
    assert queue.empty()
    with pytest.raises(QueueShutDown):
        await queue.get()


async def test_a_put_that_was_woken_before_a_shutdown_has_not_put():
    queue = AsyncQueue(1)
    queue.put_nowait(1)
    putting = await started(queue.put(2))
    queue.get_nowait()
    queue.shutdown()
    with pytest.raises(QueueShutDown):
        await putting
    assert queue.empty()


async def test_async_for_ends_with_the_queue():
    queue = AsyncQueue()
    collecting = asyncio.create_task(collect(queue))
    for i in range(10):
        await queue.put(i)
    await settle()
    queue.shutdown()
    assert await collecting == list(range(10))


async def collect(queue):
    return [item async for item in queue]


async def test_any_object_is_an_item():
    queue = AsyncQueue()
    for item in [None, StopIteration(3), (1, 2), ValueError(), queue, asyncio.CancelledError()]:
        await queue.put(item)
        assert await queue.get() is item


@pytest.mark.forgets
async def test_repr_shows_the_state():
    queue = AsyncQueue(7)
    for i in range(7):
        queue.put_nowait(i)
    putting = await started(queue.put("x"))
    assert "AsyncQueue at 0x" in repr(queue)
    assert "maxsize=7 qsize=7 items=[0, 1, 2, 3, 4]... getters=0 putters=1 unfinished=7" in repr(queue)
    assert "wait_for=<AsyncQueue.put('x'), waiting, of <AsyncQueue at" in repr(putting)
    await cancelled(putting)
    queue.get_nowait()
    queue.put_nowait(queue)
    assert "<AsyncQueue ...>" in repr(queue) or "items=[1, 2, 3, 4, 5]..." in repr(queue)
    assert repr(queue.get()).startswith("<AsyncQueue.get(), not awaited yet, of <AsyncQueue at")
    assert queue.put(1).__qualname__ == "AsyncQueue.put"


@all_queues
async def test_a_queue_may_be_subclassed_and_referred_to_weakly(Queue):
    class Mine(Queue):
        def __init__(self, name):
            super().__init__(2)
            self.name = name

    queue = Mine("mine")
    assert queue.maxsize == 2
    reference = weakref.ref(queue)
    del queue
    assert reference() is None


class Thing:
    pass


@all_queues
async def test_a_queue_keeps_no_reference_to_an_item_that_was_got(Queue):
    queue = Queue(1)
    thing = Thing()
    reference = weakref.ref(thing)
    await queue.put(thing)
    await cancelled(await started(queue.put(thing)))
    del thing
    assert reference() is not None
    await queue.get()
    gc.collect()
    assert reference() is None


@all_queues
async def test_a_cycle_through_a_queue_is_collected(Queue):
    queue = Queue(1)
    thing = Thing()
    thing.queue = queue
    queue.put_nowait(thing)
    thing.waiting = asyncio.create_task(queue.put(thing))
    await settle()
    thing.waiting.cancel()
    await settle()
    reference = weakref.ref(thing)
    del thing, queue
    gc.collect()
    assert reference() is None


@all_queues
@pytest.mark.forgets
async def test_a_cycle_through_an_operation_is_collected_once_there_is_another_one(Queue):
    queue = Queue()
    thing = Thing()
    thing.operation = queue.put(thing)
    reference = weakref.ref(thing)
    del thing
    queue.get().close()
    gc.collect()
    assert reference() is None


# Items in transit: a task was woken that is going to put or get, and has not run yet.


async def woken_put(queue):
    """The task of a put that has been given a permit and has not run yet; the queue is empty."""
    queue.put_nowait("first")
    putting = await started(queue.put("second"))
    assert queue.get_nowait() == "first"
    return putting


async def woken_get(queue):
    """The task of a get that has been given an item and has not run yet; the queue is full."""
    getting = await started(queue.get())
    queue.put_nowait("first")
    return getting


@all_queues
async def test_an_item_in_transit_is_waited_for_with_a_turn_of_the_loop(Queue):
    queue = Queue(1)
    putting = await woken_put(queue)
    getting = queue.get()
    assert getting.send(None) is None
    await putting
    with pytest.raises(StopIteration) as got:
        getting.send(None)
    assert got.value.value == "second"

    getting = await woken_get(queue)
    putting = queue.put("second")
    assert putting.send(None) is None
    assert await getting == "first"
    with pytest.raises(StopIteration):
        putting.send(None)
    assert queue.get_nowait() == "second"


@all_queues
async def test_if_the_item_in_transit_is_cancelled_the_wait_continues(Queue):
    queue = Queue(1)
    putting = await woken_put(queue)
    getting = asyncio.create_task(queue.get())
    putting.cancel()
    await settle()
    assert putting.cancelled() and not getting.done()
    queue.put_nowait("third")
    assert await getting == "third"

    getting = await woken_get(queue)
    putting = asyncio.create_task(queue.put("second"))
    getting.cancel()
    await settle()
    assert getting.cancelled() and not putting.done()
    assert queue.get_nowait() == "first"
    await putting
    assert queue.get_nowait() == "second"


@all_queues
@pytest.mark.parametrize("turns", [0, 1])
async def test_a_waiter_that_is_cancelled_after_it_was_woken_has_got_and_put_nothing(Queue, turns):
    queue = Queue(1)
    putting = await woken_put(queue)
    getting = queue.get()
    assert getting.send(None) is None
    for _ in range(turns):
        await putting
    getting.close()
    await putting
    assert queue.get_nowait() == "second"

    getting = await woken_get(queue)
    putting = queue.put("second")
    assert putting.send(None) is None
    for _ in range(turns):
        assert await getting == "first"
    putting.close()
    assert turns == 1 or await getting == "first"
    queue.put_nowait("third")
    assert queue.get_nowait() == "third" and queue.empty()


@all_queues
async def test_earlier_waiters_are_served_before_one_that_waits_for_an_item_in_transit(Queue):
    queue, order = Queue(1), []

    async def get(name):
        order.append((name, await queue.get()))

    getting = [await started(get("a")), await started(get("b"))]
    queue.put_nowait(1)
    getting.append(asyncio.create_task(get("c")))
    for item in (2, 3):
        await queue.put(item)
    await asyncio.gather(*getting)
    assert order == [("a", 1), ("b", 2), ("c", 3)]


def test_a_get_that_is_resumed_by_a_task_it_wakes_takes_one_item():
    class Loop(asyncio.SelectorEventLoop):
        def call_soon(self, *arguments, **keywords):
            if get is not None:
                try:
                    next(get)
                except (ValueError, StopIteration) as error:
                    resumed.append(str(error))
            return super().call_soon(*arguments, **keywords)

    async def main():
        nonlocal get
        queue = AsyncQueue(2)
        await queue.put("a")
        await queue.put("b")
        putting = asyncio.create_task(queue.put("c"))
        await settle()
        get = queue.get()  # which wakes the task that puts
        assert await get == "a"
        get = None
        assert resumed == ["AsyncQueue.get() is already executing"]
        assert [await queue.get(), await queue.get()] == ["b", "c"]
        await putting

    get, resumed = None, []
    with asyncio.Runner(loop_factory=Loop) as runner:
        runner.run(main())
