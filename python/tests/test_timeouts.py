"""run() with a timeout of zero or less, such as the result of `deadline - now`."""

import asyncio
import datetime
import math

import pytest

from mtaio.core import AsyncQueue, Latch, TaskExecutor
from mtaio.exceptions import ExecutionError, TimeoutError

OVER = [0, -1, -0.0, -math.inf, datetime.timedelta(0), datetime.timedelta(seconds=-1)]


async def until(condition):
    while not condition():
        await asyncio.sleep(0)


def done(result=None, error=None):
    future = asyncio.get_running_loop().create_future()
    if error:
        future.set_exception(error)
    else:
        future.set_result(result)
    return future


class Worker:
    """A task, and what has happened to it."""

    def __init__(self, when_stopped=None):
        self.events, self.when_stopped = [], when_stopped
        self.task = asyncio.create_task(self.work())

    async def work(self):
        self.events.append("begun")
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            self.events.append("asked to stop")
            await asyncio.sleep(0)
            self.events.append("stopped")
            if self.when_stopped:
                return self.when_stopped()
            raise


@pytest.mark.parametrize("over", OVER)
async def test_what_has_not_begun_when_it_is_cancelled_never_does(over):
    begun = []

    async def begin():
        begun.append(True)

    class Awaitable:
        def __await__(self):
            begun.append(True)
            yield

    queue = AsyncQueue()
    queue.put_nowait(1)
    executor = TaskExecutor()
    inner = executor.run(begin())
    for awaitable in (begin(), Awaitable(), inner, queue.get(), queue.put(2), executor.run_in_thread(begun.append, True)):
        with pytest.raises(TimeoutError) as raised:
            await executor.run(awaitable, timeout=over)
        assert raised.value.__cause__ is None
    inner.close()
    assert begun == [] and queue.qsize() == 1


@pytest.mark.parametrize("over", OVER)
async def test_a_future_that_is_done_gives_its_result_or_exception(over):
    executor, error = TaskExecutor(), ValueError("bad")
    assert await executor.run(done(3), timeout=over) == 3
    task = asyncio.create_task(asyncio.sleep(0, "result"))
    await task
    assert await executor.run(task, timeout=over) == "result"
    with pytest.raises(ExecutionError, match="^task failed: ValueError: bad$") as raised:
        await executor.run(done(error=error), timeout=over)
    assert raised.value.__cause__ is error
    cancelled = asyncio.get_running_loop().create_future()
    cancelled.cancel()
    with pytest.raises(asyncio.CancelledError):
        await executor.run(cancelled, timeout=over)
    assert asyncio.current_task().cancelling() == 0


@pytest.mark.parametrize("begun", [False, True])
@pytest.mark.parametrize("over", OVER)
async def test_a_task_that_runs_is_cancelled_and_waited_for(over, begun):
    worker = Worker()
    if begun:
        await until(lambda: worker.events)
    with pytest.raises(TimeoutError, match="the time ran out") as raised:
        await TaskExecutor().run(worker.task, timeout=over)
    assert worker.task.cancelled() and worker.events == (["begun", "asked to stop", "stopped"] if begun else [])
    assert isinstance(raised.value.__cause__, asyncio.CancelledError)
    assert asyncio.current_task().cancelling() == 0
    await asyncio.sleep(0)  # it was not asked to stop


async def test_a_future_that_is_not_done_is_cancelled():
    future = asyncio.get_running_loop().create_future()
    with pytest.raises(TimeoutError):
        await TaskExecutor().run(future, timeout=0)
    assert future.cancelled()
    inner = asyncio.create_task(asyncio.sleep(0, "result"))
    with pytest.raises(TimeoutError):
        await TaskExecutor().run(asyncio.shield(inner), timeout=0)
    assert await inner == "result"


async def test_a_task_that_ends_with_a_result_or_an_exception_despite_its_timeout_gives_it():
    async def when_stopped(end):
        worker = Worker(end)
        await until(lambda: worker.events)
        return await TaskExecutor().run(worker.task, timeout=0)

    assert await when_stopped(lambda: "finished") == "finished"
    with pytest.raises(ExecutionError, match="^task failed: ZeroDivisionError: division by zero$"):
        await when_stopped(lambda: 1 / 0)
    assert asyncio.current_task().cancelling() == 0


async def test_a_cancellation_of_the_caller_is_not_mistaken_for_the_timeout():
    worker = Worker()
    await until(lambda: worker.events)
    caller = asyncio.create_task(TaskExecutor().run(worker.task, timeout=0))
    await until(lambda: "asked to stop" in worker.events)
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    assert caller.cancelling() == 1 and worker.task.cancelled()


async def test_an_earlier_request_to_cancel_is_not_mistaken_for_one_during_the_run():
    worker = Worker()
    await until(lambda: worker.events)

    async def call():
        asyncio.current_task().cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.sleep(0)
        with pytest.raises(TimeoutError):  # it continues nonetheless
            await TaskExecutor().run(worker.task, timeout=0)
        return "went on"

    assert await asyncio.create_task(call()) == "went on"


async def test_an_object_that_looks_like_a_future_is_treated_as_one():
    class Finished:
        _asyncio_future_blocking = False

        def done(self):
            return True

        def __await__(self):
            return 3
            yield

    class Broken(Finished):
        def done(self):
            raise KeyError("broken")

    assert await TaskExecutor().run(Finished(), timeout=0) == 3
    with pytest.raises(KeyError):
        await TaskExecutor().run(Broken(), timeout=0)


def test_without_a_loop_nothing_begins():
    with pytest.raises(TimeoutError):
        TaskExecutor().run(Latch(1).wait(), timeout=0).send(None)
