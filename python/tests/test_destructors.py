"""What the end of an object runs, a destructor, a weakref callback, may be anything: the very operation that drops the
object, too."""

import asyncio
import contextlib
import gc
import sys
import weakref

import pytest
from mtaio.core import AsyncQueue, TaskExecutor


class Item:
    pass


async def give(value):
    return value


def workers_of_gather():
    return [each for each in asyncio.all_tasks() if each.get_coro().__qualname__ .startswith("TaskExecutor.gather")]


# What an operation ends with.


async def test_results_that_lead_to_the_operation_may_be_dropped_by_the_next_one():
    async def time_out():
        async with asyncio.timeout(0.001):
            await asyncio.sleep(10)

    executor = TaskExecutor()
    for _ in range(5):
        await executor.gather(time_out(), time_out(), return_exceptions=True)


async def test_results_are_gone_when_the_program_has_dropped_them():
    async def fail():
        error = ValueError()
        error.item = item
        error.task = asyncio.current_task()
        raise error

    executor = TaskExecutor()
    item = Item()
    seen = weakref.ref(item)
    results = await executor.gather(fail(), return_exceptions=True)
    del item, results
    gc.collect()
    assert seen() is None


@pytest.mark.parametrize("end", ["next", "send"])
def test_a_value_is_gone_when_the_exception_that_brought_it_is(end):
    queue = AsyncQueue()
    item = Item()
    seen = weakref.ref(item)
    queue.put_nowait(item)
    del item
    get = queue.get()
    with pytest.raises(StopIteration) as raised:
        next(get) if end == "next" else get.send(None)
    assert raised.value.value is seen()
    del raised
    gc.collect()
    assert seen() is None


def test_an_exception_that_was_kept_keeps_its_value():
    queue = AsyncQueue()
    caught = []
    for i in range(3):
        queue.put_nowait(i)
        try:
            next(queue.get())
        except StopIteration as stop:
            stop.args = (i,)
            caught.append(stop)
    queue.put_nowait("new")
    with pytest.raises(StopIteration) as raised:
        next(queue.get())
    assert [each.value for each in caught] == [0, 1, 2]
    assert raised.value.value == "new" and raised.value.args == () and repr(raised.value) == "StopIteration()"


async def test_the_end_of_a_value_may_end_other_operations():
    class Busy:
        def __del__(self):
            other = AsyncQueue()
            other.put_nowait(1)
            with pytest.raises(StopIteration):
                next(other.get())

    queue = AsyncQueue()
    for _ in range(3):
        await queue.put(Busy())
        await queue.get()
        queue.put_nowait(Busy())
        with pytest.raises(StopIteration):
            next(queue.get())


# What runs coroutines.


async def test_an_asynchronous_iterator_may_end_the_map_that_asks_it(monkeypatch):
    before = sys.get_asyncgen_hooks()
    seen = []

    def first(generator):
        seen.append(generator.__name__)
        mapping.close()

    async def numbers():
        yield 1

    mapping = TaskExecutor().map(give, numbers())
    mapping.send(None)
    sys.set_asyncgen_hooks(firstiter=first)
    try:
        await asyncio.sleep(0)
    finally:
        sys.set_asyncgen_hooks(*before)
    assert seen and "done" in repr(mapping)


async def test_workers_may_end_while_their_gather_is_about_to_wait():
    class Callback:
        def __call__(self, _):
            pass

        def __del__(self):
            for task in workers:
                task.get_coro().close()

    gather = TaskExecutor().gather(asyncio.Event().wait(), asyncio.Event().wait())
    waits_for = gather.send(None)
    waits_for.add_done_callback(Callback())
    del waits_for
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    workers = workers_of_gather()
    with pytest.raises(KeyError):
        gather.throw(KeyError())
    await asyncio.gather(*workers, return_exceptions=True)


async def test_the_end_of_an_iterator_may_close_the_map_that_drops_it():
    class Numbers:
        def __iter__(self):
            return self

        def __next__(self):
            return 1

        def __del__(self):
            closed.append(mapping.close())

    closed = []
    for started in (True, False):
        mapping = TaskExecutor().map(give, Numbers(), Numbers(), limit=2)
        if started:
            mapping.send(None)
        mapping.close()
        await asyncio.sleep(0)
    assert closed == 4 * [None]


async def test_what_shows_a_worker_may_end_what_it_steps():
    class Shown:
        def __repr__(self):
            gather.close()
            for task in workers:
                with contextlib.suppress(asyncio.CancelledError, RuntimeError):
                    task.get_coro().close()
            return "shown"

    queue = AsyncQueue(1)
    queue.put_nowait(0)
    gather = TaskExecutor().gather(queue.put([Shown()]))
    gather.send(None)
    await asyncio.sleep(0)
    workers = workers_of_gather()
    (worker,) = workers
    assert "shown" in repr(worker.get_coro())
    await asyncio.gather(*workers, return_exceptions=True)
