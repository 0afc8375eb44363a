"""The tasks that run the coroutines of gather() and map()."""

import asyncio
import contextlib
import gc
import sys

import pytest

from mtaio.core import TaskExecutor
from mtaio.exceptions import ExecutionError


@pytest.mark.parametrize("count", [2, 10, 100, 1000])
async def test_coroutines_that_wait_take_a_task_each_and_no_more(count):
    made = 0

    def make(loop, coro, **options):
        nonlocal made
        made += 1
        return asyncio.Task(coro, loop=loop, **options)

    async def meet(_):
        await meeting.wait()

    meeting = asyncio.Barrier(count)
    asyncio.get_running_loop().set_task_factory(make)
    await TaskExecutor().gather(*(meet(i) for i in range(count)))
    assert made == count
    await TaskExecutor().map(meet, range(count))
    assert made == 2 * count


async def wrapped(coro):
    return await coro


def wrap_tasks(loop, coro, **options):
    return asyncio.Task(wrapped(coro), loop=loop, **options)


async def fail_after(turns):
    for _ in range(turns):
        await asyncio.sleep(0)
    raise ValueError("failed")


async def wait(ended):
    try:
        await asyncio.Event().wait()
    finally:
        ended.append(1)


@pytest.mark.parametrize("turns", range(6))
async def test_a_failure_ends_the_others_where_the_loop_wraps_its_tasks(turns):
    asyncio.get_running_loop().set_task_factory(wrap_tasks)
    ended = []
    waits = [wait(ended) for _ in range(20)]
    gathering = TaskExecutor().gather(fail_after(turns), *waits)
    with pytest.raises(ExecutionError, match="task 0 of 21 failed"):
        await asyncio.wait_for(gathering, 10)
    assert all(each.cr_frame is None for each in waits)


async def test_another_task_replaces_a_wrapped_one_that_never_began():
    loop, made = asyncio.get_running_loop(), []
    loop.set_task_factory(lambda *args, **options: made.append(wrap_tasks(*args, **options)) or made[-1])
    meeting = asyncio.Barrier(2)
    gathering = asyncio.ensure_future(TaskExecutor().gather(meeting.wait(), meeting.wait()))
    while len(made) < 3:
        await asyncio.sleep(0)
    made[2].cancel()  # the second worker
    assert sorted(await asyncio.wait_for(gathering, 10)) == [0, 1]


@pytest.mark.parametrize("which", [1, 2, 3])
async def test_a_task_that_cannot_be_made_is_a_failure(which):
    made = 0

    def refuse_one(loop, coro, **options):
        nonlocal made
        made += 1
        if made == which:
            raise MemoryError("no task")
        return asyncio.Task(coro, loop=loop, **options)

    ended = []
    waits = [wait(ended) for _ in range(4)]
    gathering = TaskExecutor().gather(*waits)
    asyncio.get_running_loop().set_task_factory(refuse_one)
    with pytest.raises(ExecutionError, match="no task") as raised:
        async with asyncio.timeout(10):
            await gathering
    assert isinstance(raised.value.__cause__, MemoryError)
    assert all(each.cr_frame is None for each in waits)
    assert len(ended) < which


@pytest.mark.skipif(sys.version_info < (3, 12), reason="no eager tasks")
async def test_eager_tasks_may_be_workers():
    loop = asyncio.get_running_loop()
    loop.set_task_factory(asyncio.eager_task_factory)

    async def later(i):
        await asyncio.sleep(0)
        return i

    async def at_once(i):
        return i

    for function in (later, at_once):
        for limit in (None, 1, 3):
            assert await TaskExecutor().map(function, range(50), limit=limit) == list(range(50))
            assert await TaskExecutor().gather(*map(function, range(50)), limit=limit) == list(range(50))


async def test_generator_exit_is_a_failure_like_any_other():
    async def leave():
        raise GeneratorExit

    async def give(value):
        return value

    for coroutines in ([leave()], [leave(), give(1)], [give(1), leave()]):
        with pytest.raises(GeneratorExit):
            await asyncio.wait_for(TaskExecutor().gather(*coroutines, limit=1), 10)
    results = await TaskExecutor().gather(give(1), leave(), give(2), return_exceptions=True)
    assert results[0] == 1 and isinstance(results[1], GeneratorExit) and results[2] == 2


async def test_a_finalizer_may_close_the_map_while_it_starts_workers():
    class Garbage:
        def __del__(self):
            mapping.close()

    class Suspend:
        def __await__(self):
            gc.disable()
            garbage = Garbage()
            garbage.itself = garbage
            del garbage
            gc.set_threshold(1)
            gc.enable()
            yield

    async def collect(*_):
        await Suspend()

    before = gc.get_threshold()
    try:
        mapping = TaskExecutor().map(collect, [1, 2, 3], [1, 2, 3])
        awaiting = asyncio.ensure_future(mapping)
        for _ in range(10):
            await asyncio.sleep(0)
        awaiting.cancel()
        with contextlib.suppress(asyncio.CancelledError, RuntimeError):
            await awaiting
    finally:
        gc.set_threshold(*before)
        gc.enable()


@pytest.mark.parametrize("hint", [0, 3, 1000, None])
async def test_a_wrong_number_of_items_is_only_a_guess(hint):
    class Items:
        def __init__(self):
            self.items = iter(range(40))

        def __iter__(self):
            return self

        def __next__(self):
            return next(self.items)

        def __length_hint__(self):
            if hint is None:
                raise ValueError("no idea")
            return hint

    meeting = asyncio.Barrier(40)

    async def meet(i):
        await meeting.wait()
        return i

    async with asyncio.timeout(10):
        assert await TaskExecutor().map(meet, Items()) == list(range(40))
