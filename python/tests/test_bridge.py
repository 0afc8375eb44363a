"""C++ tasks awaited from asyncio, Python awaited from C++ tasks, and queues between them."""

import asyncio
import gc
import threading
import time
import weakref

import bridge_example as bridge
import pytest

from mtaio.core import AsyncQueue, TaskExecutor


class Thing:
    pass


async def number(i):
    await asyncio.sleep(0)
    return i


async def fail(error):
    await asyncio.sleep(0)
    raise error


async def test_a_task_is_awaited():
    assert await bridge.add_slowly(1, 2, 0.001) == 3
    assert await asyncio.gather(*(bridge.add_slowly(i, i, 0.001) for i in range(100))) == [2 * i for i in range(100)]
    assert await TaskExecutor().gather(*(bridge.add_slowly(i, i, 0) for i in range(100)), limit=7) == [
        2 * i for i in range(100)
    ]


async def test_exceptions_are_translated():
    with pytest.raises(ValueError, match="because"):
        await bridge.refuse("because")


async def test_arguments_are_converted_at_the_call():
    for wrong in [lambda: bridge.add_slowly("1", 2, 3), lambda: bridge.add_slowly(1, 2), lambda: bridge.refuse(1)]:
        with pytest.raises(TypeError):
            wrong()
    with pytest.raises(OverflowError):
        bridge.add_slowly(2**70, 1, 0)


async def test_a_cancelled_task_is_asked_to_stop_and_waited_for():
    task = asyncio.create_task(bridge.add_slowly(1, 2, 3600))
    await asyncio.sleep(0)
    assert "C++ task add_slowly(), running" in repr(task)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    with pytest.raises(asyncio.TimeoutError):
        await asyncio.wait_for(bridge.add_slowly(1, 2, 3600), 0.01)


@pytest.mark.forgets
async def test_a_task_that_is_not_awaited_never_starts():
    bridge.add_slowly(1, 2, 3600)
    task = asyncio.create_task(bridge.add_slowly(1, 2, 3600))
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_task_awaits_python():
    assert await bridge.twice(number(21)) == 42
    assert await bridge.twice(asyncio.create_task(number(4))) == 8
    assert await bridge.sum_of(lambda i: i, 10) == 45
    assert await bridge.sum_of(number, 10) == 45


async def test_an_exception_of_python_passes_through_the_task():
    error = KeyError("x")
    with pytest.raises(KeyError) as raised:
        await bridge.twice(fail(error))
    assert raised.value is error
    with pytest.raises(ZeroDivisionError):
        await bridge.sum_of(lambda i: 1 // i, 3)
    with pytest.raises(TypeError):
        await bridge.sum_of(lambda i: "no number", 3)


async def test_cancellation_goes_through_the_task_to_python():
    begun, cancelled = asyncio.Event(), []

    async def wait():
        begun.set()
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            cancelled.append(True)
            raise

    task = asyncio.create_task(bridge.twice(wait()))
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert cancelled == [True]
    begun.clear()
    own = asyncio.create_task(wait())
    task = asyncio.create_task(bridge.twice(own))
    await begun.wait()
    own.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


@pytest.mark.parametrize("seconds", [0.01, 0])
async def test_a_task_under_a_time_limit_that_awaits_python_raises_timeout_error(seconds):
    with pytest.raises(asyncio.TimeoutError):
        await bridge.twice_within(seconds, asyncio.get_running_loop().create_future())


async def test_a_task_under_a_time_limit_gives_the_result_that_python_gave_in_time():
    assert await bridge.twice_within(60, number(21)) == 42


async def test_an_exception_of_python_after_the_time_limit_is_a_timeout():
    async def refuse_to_be_cancelled():
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            raise ValueError("no") from None

    with pytest.raises(asyncio.TimeoutError):
        await bridge.twice_within(0.01, refuse_to_be_cancelled())


async def test_a_queue_of_python_goes_through_a_task():
    first, second = AsyncQueue(3), AsyncQueue(3)
    things = [Thing() for _ in range(50)]
    references = [weakref.ref(thing) for thing in things]

    async def put():
        for thing in things:
            await first.put(thing)

    async def get():
        return [await second.get() is thing for thing in things]

    results = await asyncio.gather(put(), bridge.forward(first, second, len(things)), get())
    assert all(results[2])
    things.clear()
    gc.collect()
    assert not any(reference() for reference in references)


async def test_a_queue_has_the_items_it_was_made_for():
    with pytest.raises(TypeError, match="items of another type"):
        bridge.consume(AsyncQueue(), 1)
    with pytest.raises(TypeError):
        await bridge.make_queue(3).put("text")
    with pytest.raises(TypeError):
        bridge.consume(3, 1)


async def test_one_queue_for_tasks_two_loops_and_a_thread():
    queue, got = bridge.make_queue(7), []

    async def take(count):
        for _ in range(count):
            got.append(await queue.get())

    def other_loop():
        asyncio.run(take(2000))

    def thread():
        for i in range(3000, 4000):
            while True:
                try:
                    queue.put_nowait(i)
                    break
                except asyncio.QueueFull:
                    time.sleep(0.0001)

    async def put(first, count):
        for i in range(first, first + count):
            await queue.put(i)

    threads = [threading.Thread(target=each) for each in (other_loop, thread)]
    for each in threads:
        each.start()
    results = await asyncio.gather(
        put(0, 1000), bridge.produce(queue, 1000, 2000), take(1000), bridge.consume(queue, 1000)
    )
    while any(each.is_alive() for each in threads):
        await asyncio.sleep(0.001)
    assert len(got) == len(set(got)) == 3000
    assert sum(got) + results[3] == sum(range(4000))
    assert queue.empty()


@pytest.mark.forgets
async def test_a_long_chain_of_tasks_is_destroyed_without_overflowing_the_stack():
    chain = bridge.add_slowly(1, 2, 0)
    for _ in range(100_000):
        chain = bridge.twice(chain)
    del chain


async def test_a_queue_that_python_has_dropped_keeps_its_items_for_cpp():
    class Own(AsyncQueue):
        pass

    queue, to = Own(), AsyncQueue(1)
    queue.itself = queue
    for i in range(5):
        queue.put_nowait(i)
    forwarding = asyncio.create_task(bridge.forward(queue, to, 5))
    while not to.full():
        await asyncio.sleep(0.001)
    del queue
    gc.collect()
    assert [await to.get() for _ in range(5)] == [0, 1, 2, 3, 4]
    await forwarding
