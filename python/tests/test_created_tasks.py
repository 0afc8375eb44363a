"""create_task(): waiting for the tasks, and leaving `async with`."""

import asyncio
import gc
import threading

import pytest

from mtaio.core import TaskExecutor
from mtaio.exceptions import ExecutionError, TimeoutError


async def give(value=None, turns=0):
    for _ in range(turns):
        await asyncio.sleep(0)
    return value


async def fail(turns=0, error=ValueError("bad")):
    await give(None, turns)
    raise error


async def hang(ended=None):
    try:
        await asyncio.Event().wait()
    finally:
        if ended is not None:
            ended.append(1)


async def test_leaving_waits_for_tasks_and_for_the_tasks_that_they_create():
    done = []

    async def create(executor, generations):
        await give(None, 2)
        done.append(generations)
        if generations > 0:
            executor.create_task(create(executor, generations - 1))

    async with TaskExecutor(wait=True) as executor:
        executor.create_task(create(executor, 3))
        executor.create_task(create(executor, 0))
    assert sorted(done) == [0, 0, 1, 2, 3]
    with pytest.raises(RuntimeError, match="the executor was closed"):
        executor.create_task(give())


@pytest.mark.parametrize("turns", [0, 1, 5])
async def test_a_failure_cancels_the_other_tasks_and_is_raised_on_leaving(turns):
    ended = []
    with pytest.raises(ExecutionError) as failure:
        async with TaskExecutor(wait=True) as executor:
            executor.create_task(hang(ended))
            executor.create_task(fail(turns))
            executor.create_task(hang(ended))
            await give(None, 2)
    assert failure.value.index == 1 and str(failure.value.__cause__) == "bad" and len(ended) == 2


async def test_a_failure_that_was_awaited_is_not_raised_again():
    async def look(task):
        with pytest.raises(ValueError):
            await task

    async with TaskExecutor(wait=True) as executor:
        failing = executor.create_task(fail(2))
        await look(failing)
        executor.create_task(look(executor.create_task(fail(3))))
        executor.create_task(look(executor.create_task(fail(0))))


@pytest.mark.parametrize("error", [KeyError, asyncio.CancelledError])
async def test_when_the_block_raises_the_tasks_are_cancelled(error):
    ended = []
    with pytest.raises(error):
        async with TaskExecutor(wait=True) as executor:
            executor.create_task(hang(ended))
            await give(None, 2)
            raise error
    assert ended == [1]


async def test_a_cancellation_while_leaving_cancels_the_tasks():
    async def main():
        async with TaskExecutor(wait=True) as executor:
            executor.create_task(hang(ended))

    ended = []
    task = asyncio.create_task(main())
    await give(None, 3)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ended == [1]


async def test_wait_waits_for_all_and_stops_none():
    executor, done = TaskExecutor(), []

    async def note(turns):
        await give(None, turns)
        done.append(turns)

    await executor.wait()
    for turns in (3, 1, 2):
        executor.create_task(note(turns))
    await executor.wait()
    assert done == [1, 2, 3]
    executor.create_task(note(4))
    failing = executor.create_task(fail(1))
    executor.create_task(note(5))
    with pytest.raises(ExecutionError, match="bad") as failure:
        await executor.wait()
    assert failure.value.index == 4 and failure.value.__cause__ is failing.exception()
    assert done == [1, 2, 3, 4, 5]
    await executor.wait()  # it was raised already
    await executor.close()


async def test_wait_has_a_timeout_that_leaves_the_tasks_running():
    executor, ended = TaskExecutor(), []
    executor.create_task(hang(ended))
    for timeout in (0, -1, 0.001):
        with pytest.raises(TimeoutError, match=rf"TaskExecutor.wait\(timeout={timeout}\): the time ran out."):
            await executor.wait(timeout)
    assert not ended
    with pytest.raises(TypeError, match=r"TaskExecutor.wait\(timeout='1'\)"):
        executor.wait("1")
    await executor.close()
    assert ended == [1]


async def test_several_failures_are_listed_by_time():
    with pytest.raises(ExecutionError) as failure:
        async with TaskExecutor(wait=True) as executor:
            executor.create_task(fail(3, KeyError("late")))
            executor.create_task(fail(1, KeyError("early")))
            await give(None, 10)
    assert [index for index, _ in failure.value.failures] == [1, 0]


async def test_tasks_of_another_loop_are_waited_for():
    executor, done = TaskExecutor(wait=True), []
    created, go = threading.Event(), threading.Event()

    async def slowly():
        while not go.is_set():
            await asyncio.sleep(0.001)
        done.append(1)

    async def elsewhere():
        task = executor.create_task(slowly())
        created.set()
        await task

    thread = threading.Thread(target=asyncio.run, args=(elsewhere(),), daemon=True)
    thread.start()
    async with executor:
        await asyncio.to_thread(created.wait)
        asyncio.get_running_loop().call_later(0.02, go.set)
    assert done == [1]
    await asyncio.to_thread(thread.join)


async def test_a_gather_keeps_coroutines_without_another_reference():
    async def unreachable():
        await asyncio.Event().wait()

    gathering = asyncio.ensure_future(TaskExecutor().gather(unreachable(), unreachable()))
    await give(None, 4)
    gc.collect()
    assert not gathering.done()
    gathering.cancel()
    await asyncio.wait([gathering])
    assert gathering.cancelled()


async def test_all_failures_of_one_turn_are_raised_in_each_task_that_waits():
    executor = TaskExecutor()
    for _ in range(3):
        executor.create_task(fail(1))
    outcomes = await asyncio.gather(executor.wait(), executor.wait(), return_exceptions=True)
    assert len(outcomes[0].failures) == 3
    first = executor.create_task(fail(1))
    executor.create_task(fail(1, KeyError("second")))
    waiting = asyncio.ensure_future(executor.wait())
    with pytest.raises(ValueError):
        await first
    with pytest.raises(ExecutionError, match="KeyError: 'second'"):
        await waiting


async def test_tasks_that_wait_do_not_wait_for_each_other():
    async with TaskExecutor(wait=True) as executor:
        for _ in range(3):
            executor.create_task(executor.wait())
        executor.create_task(give(None, 5))


async def test_handled_exceptions_are_not_kept():
    async with TaskExecutor(wait=True) as executor:
        for _ in range(1000):
            with pytest.raises(ValueError):
                await executor.create_task(fail(0, ValueError()))
        assert len(executor._watch._failed) < 100


async def test_failures_while_leaving_are_raised():
    async def fail_when_cancelled():
        try:
            await hang()
        finally:
            raise KeyError("late")

    with pytest.raises(ExecutionError) as failure:
        async with TaskExecutor(wait=True) as executor:
            executor.create_task(fail_when_cancelled())
            executor.create_task(fail(2))
    assert [index for index, _ in failure.value.failures] == [1, 0]


async def test_a_base_exception_is_raised_as_it_is():
    class Fatal(BaseException):
        pass

    with pytest.raises(Fatal):
        async with TaskExecutor(wait=True) as executor:
            executor.create_task(fail(1, Fatal()))
