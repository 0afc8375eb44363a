import asyncio
import concurrent.futures
import contextvars
import itertools
import math
import threading
import time

import pytest

from mtaio.core import AsyncQueue, Latch, TaskExecutor
from mtaio.exceptions import ExecutionError, MTAIOError, TimeoutError

variable = contextvars.ContextVar("variable", default="unset")


async def double(i):
    return 2 * i


async def double_later(i):
    for _ in range(i % 4):
        await asyncio.sleep(0)
    return 2 * i


async def fail(error):
    await asyncio.sleep(0)
    raise error


async def until(condition):
    while not condition():
        await asyncio.sleep(0)


class Counter:
    """How many of its coroutines run, and how they ended."""

    def __init__(self):
        self.now = self.most = self.begun = self.cancelled = 0

    async def watch(self, work):
        self.begun += 1
        self.now += 1
        self.most = max(self.most, self.now)
        try:
            await work
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        finally:
            self.now -= 1

    async def work(self, seconds=0.001):
        await self.watch(asyncio.sleep(seconds))


# run


async def test_run_gives_the_result():
    async with TaskExecutor() as executor:
        assert await executor.run(double(2)) == 4
        assert await executor.run(double_later(3), timeout=60) == 6
        assert await executor.run(asyncio.create_task(double(4))) == 8
        assert await executor.run(double(5), timeout=math.inf) == 10


async def test_run_wraps_the_exception_of_the_coroutine():
    executor = TaskExecutor()
    with pytest.raises(ExecutionError, match="^task failed: ValueError: refused$") as raised:
        await executor.run(fail(ValueError("refused")))
    assert isinstance(raised.value.__cause__, ValueError)
    assert raised.value.index == 0 and raised.value.failures == ((0, raised.value.__cause__),)
    with pytest.raises(ExecutionError):
        await executor.run(fail(asyncio.TimeoutError()), timeout=60)


async def test_run_times_out():
    executor, counter = TaskExecutor(), Counter()
    with pytest.raises(TimeoutError) as raised:
        await executor.run(counter.work(60), timeout=0.01)
    assert isinstance(raised.value, MTAIOError) and isinstance(raised.value, asyncio.TimeoutError)
    assert (counter.begun, counter.cancelled) == (1, 1)
    for nothing in (0, -1):
        with pytest.raises(TimeoutError):
            await executor.run(counter.work(), timeout=nothing)
    assert counter.begun == 1


SOON = 1e-9  # has run out when the loop next looks at its timers


async def test_a_timeout_leaves_no_request_to_stop_behind():
    executor, task = TaskExecutor(), asyncio.current_task()
    for _ in range(3):
        with pytest.raises(TimeoutError):
            await executor.run(asyncio.sleep(60), timeout=SOON)
        assert task.cancelling() == 0
        await asyncio.sleep(0)


async def test_a_result_despite_the_timeout_is_the_result():
    async def insist():
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            return "finished"

    assert await TaskExecutor().run(insist(), timeout=SOON) == "finished"
    assert asyncio.current_task().cancelling() == 0

    async def stumble():
        try:
            await asyncio.sleep(60)
        finally:
            raise ValueError("stumbled")

    with pytest.raises(ExecutionError, match="^task failed: ValueError: stumbled$"):
        await TaskExecutor().run(stumble(), timeout=SOON)
    assert asyncio.current_task().cancelling() == 0


async def test_a_cancellation_in_the_same_turn_as_the_timeout_is_a_cancellation():
    async def hold_on():
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            task.cancel()
            raise

    task = asyncio.create_task(TaskExecutor().run(hold_on(), timeout=SOON))
    with pytest.raises(asyncio.CancelledError):
        await task
    assert task.cancelling() == 1


async def test_timeouts_inside_timeouts_are_distinguished():
    executor = TaskExecutor()

    async def inner(seconds):
        with pytest.raises(TimeoutError):
            await executor.run(asyncio.sleep(60), timeout=seconds)
        return "went on"

    assert await executor.run(inner(SOON), timeout=60) == "went on"
    with pytest.raises(TimeoutError):
        await executor.run(inner(60), timeout=SOON)
    with pytest.raises(TimeoutError):  # both run out together
        await executor.run(inner(SOON), timeout=SOON)
    with pytest.raises(asyncio.TimeoutError):
        async with asyncio.timeout(SOON):
            await executor.run(asyncio.sleep(60), timeout=60)
    assert asyncio.current_task().cancelling() == 0


def test_a_timeout_needs_a_task():
    loop, errors = asyncio.new_event_loop(), []

    def drive():
        try:
            TaskExecutor().run(double(1), timeout=1).send(None)
        except RuntimeError as error:
            errors.append(str(error))

    loop.call_soon(drive)
    loop.call_soon(loop.stop)
    loop.run_forever()
    loop.close()
    assert errors == ["TaskExecutor.run(timeout=...): called outside a task."]
    with pytest.raises(RuntimeError, match="no running event loop"):
        TaskExecutor().run(double(1), timeout=1).send(None)


async def test_run_can_be_thrown_into_and_closed():
    async def waits():
        try:
            await asyncio.sleep(0)
        except KeyError:
            return "caught"

    running = TaskExecutor().run(waits())
    running.send(None)
    with pytest.raises(StopIteration) as ended:
        running.throw(KeyError())
    assert ended.value.value == "caught"
    with pytest.raises(RuntimeError, match="already awaited TaskExecutor.run"):
        running.send(None)
    for steps in (0, 1):
        closed = TaskExecutor().run(waits(), timeout=60)
        for _ in range(steps):
            closed.send(None)
        closed.close()
    with pytest.raises(KeyError):
        TaskExecutor().run(waits()).throw(KeyError())


async def test_run_lets_a_cancellation_through():
    executor, counter = TaskExecutor(), Counter()
    task = asyncio.create_task(executor.run(counter.work(60), timeout=60))
    await until(lambda: counter.now == 1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert counter.cancelled == 1


@pytest.mark.forgets
async def test_coroutines_that_are_handed_over_and_not_run_are_closed():
    executor = TaskExecutor()
    executor.run(double(1))
    executor.gather(double(1), double(2))
    for wrong in [
        lambda: executor.run(double(1), timeout=math.nan),
        lambda: executor.run(double(1), timeout="1"),
        lambda: executor.gather(double(1), limit=0),
        lambda: executor.gather(double(1), limit="1"),
        lambda: executor.gather(double(1), 2),
        lambda: executor.gather(double(1), most=3),
        lambda: executor.run(3),
        lambda: executor.map(3, []),
        lambda: executor.map(double),
        lambda: executor.map(double, 3),
        lambda: executor.map(double, [], limit=-1),
        lambda: executor.run_in_thread(3),
        lambda: executor.run_in_thread(),
    ]:
        with pytest.raises((TypeError, ValueError)):
            wrong()
    await executor.close()
    for closed in [
        lambda: executor.run(double(1)),
        lambda: executor.gather(double(1)),
        lambda: executor.map(double, [1]),
        lambda: executor.create_task(double(1)),
        lambda: executor.run_in_thread(int),
    ]:
        with pytest.raises(RuntimeError, match="closed"):
            closed()


# gather


@pytest.mark.parametrize("limit", [None, 1, 2, 7, 1000])
async def test_gather_gives_results_in_order(limit):
    executor = TaskExecutor()
    for function in (double, double_later):
        assert await executor.gather(*(function(i) for i in range(100)), limit=limit) == [2 * i for i in range(100)]
    assert await executor.gather(limit=limit) == []


@pytest.mark.parametrize("limit", [1, 3, 10])
async def test_gather_never_runs_more_than_the_limit_and_reaches_it(limit):
    counter, reached = Counter(), asyncio.Event()

    async def work():
        if counter.now == limit:
            reached.set()
        await reached.wait()
        await asyncio.sleep(0)

    await TaskExecutor().gather(*(counter.watch(work()) for _ in range(40)), limit=limit)
    assert (counter.most, counter.begun) == (limit, 40)


async def test_gather_starts_in_order():
    order = []

    async def begin(i):
        order.append(i)
        await asyncio.sleep(0)

    await TaskExecutor().gather(*(begin(i) for i in range(50)), limit=8)
    assert order == list(range(50))


async def test_gather_takes_futures_tasks_and_the_same_coroutine_twice():
    future = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().call_soon(future.set_result, 1)
    same = double(3)
    queue = AsyncQueue()
    queue.put_nowait("item")
    results = await TaskExecutor().gather(future, asyncio.create_task(double(1)), same, queue.get(), same)
    assert results == [1, 2, 6, "item", 6]


async def test_a_failure_cancels_the_others_and_no_more_start():
    executor, counter = TaskExecutor(), Counter()
    coroutines = [counter.work(60), fail(ValueError("refused")), counter.work(60), counter.work(60)]
    with pytest.raises(ExecutionError, match="^task 1 of 4 failed: ValueError: refused$") as raised:
        await executor.gather(*coroutines, limit=3)
    assert (raised.value.index, counter.begun, counter.cancelled) == (1, 2, 2)
    assert isinstance(raised.value.__cause__, ValueError)


async def test_all_failures_are_listed_by_time():
    async def fail_when_stopped():
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            raise KeyError("second") from None

    with pytest.raises(ExecutionError) as raised:
        await TaskExecutor().gather(fail_when_stopped(), fail(ValueError("first")))
    assert [(index, type(error)) for index, error in raised.value.failures] == [(1, ValueError), (0, KeyError)]


async def test_return_exceptions_runs_all_of_them():
    error = ValueError()
    results = await TaskExecutor().gather(double(1), fail(error), double(2), limit=1, return_exceptions=True)
    assert results == [2, error, 4]


async def test_a_cancelled_gather_waits_for_its_coroutines():
    counter = Counter()
    task = asyncio.create_task(TaskExecutor().gather(*(counter.work(60) for _ in range(20)), limit=5))
    await until(lambda: counter.now == 5)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (counter.now, counter.begun, counter.cancelled) == (0, 5, 5)


async def test_a_coroutine_that_cancels_itself_does_not_fail_the_next_one():
    async def cancel_me():
        asyncio.current_task().cancel()
        await asyncio.sleep(0)

    async def cancel_me_too_late():
        asyncio.current_task().cancel()

    results = await TaskExecutor().gather(
        cancel_me(), double(1), cancel_me_too_late(), double_later(2), limit=1, return_exceptions=True
    )
    assert isinstance(results[0], asyncio.CancelledError) and isinstance(results[2], asyncio.CancelledError)
    assert (results[1], results[3]) == (2, 4)
    with pytest.raises(asyncio.CancelledError):
        await TaskExecutor().gather(cancel_me(), double(1))


async def test_each_coroutine_has_a_context_and_a_task():
    async def set_and_get(i):
        before = variable.get()
        variable.set(i)
        await asyncio.sleep(0)
        assert variable.get() == i
        assert asyncio.current_task() is not None
        async with asyncio.timeout(60):
            await asyncio.sleep(0)
        return before

    variable.set("caller")
    results = await TaskExecutor().gather(*(set_and_get(i) for i in range(20)), limit=3)
    assert results == ["caller"] * 20 and variable.get() == "caller"


async def test_timeouts_and_task_groups_work_inside():
    async def time_out():
        try:
            async with asyncio.timeout(0.001):
                await asyncio.sleep(60)
        except asyncio.TimeoutError:
            return "timed out"

    async def group():
        async with asyncio.TaskGroup() as tasks:
            made = [tasks.create_task(double(i)) for i in range(3)]
        return [each.result() for each in made]

    results = await TaskExecutor().gather(*([time_out(), group()] * 1), *(time_out() for _ in range(5)), limit=2)
    assert results == ["timed out", [0, 2, 4]] + ["timed out"] * 5


async def test_gather_lets_others_run():
    ticks = 0

    async def tick():
        nonlocal ticks
        while True:
            ticks += 1
            await asyncio.sleep(0)

    async def compute():
        time.sleep(0.0005)

    ticking = asyncio.create_task(tick())
    await TaskExecutor().gather(*(compute() for _ in range(100)), limit=2)
    ticking.cancel()
    await asyncio.gather(ticking, return_exceptions=True)
    assert ticks > 5


# map


async def test_map_zips_and_pulls_lazily():
    executor = TaskExecutor()

    async def add(a, b=0):
        await asyncio.sleep(0)
        return a + b

    assert await executor.map(add, range(10), itertools.count(), limit=3) == [2 * i for i in range(10)]
    assert await executor.map(add, []) == []
    pulled = 0

    def source():
        nonlocal pulled
        for i in itertools.count():
            pulled = i
            yield i

    with pytest.raises(ExecutionError, match="task 5 failed"):
        await executor.map(fail_at_five, source(), limit=4)
    assert pulled < 20


async def fail_at_five(i):
    await asyncio.sleep(0)
    if i == 5:
        raise ValueError(i)


async def test_map_takes_asynchronous_iterables():
    async def numbers(count):
        for i in range(count):
            await asyncio.sleep(0)
            yield i

    executor = TaskExecutor()
    assert await executor.map(double_later, numbers(20), limit=4) == [2 * i for i in range(20)]

    async def add(a, b):
        return a + b

    assert await executor.map(add, numbers(5), itertools.count()) == [0, 2, 4, 6, 8]

    async def broken():
        yield 1
        raise KeyError("source")

    with pytest.raises(ExecutionError, match="task 1 failed") as raised:
        await executor.map(double, broken())
    assert isinstance(raised.value.__cause__, KeyError)


async def test_map_calls_a_plain_function_in_a_thread():
    def where(i):
        return i, threading.current_thread() is threading.main_thread()

    executor = TaskExecutor()
    assert await executor.map(where, range(3), limit=2) == [(i, False) for i in range(3)]
    assert await executor.map(lambda i: double(i), range(3)) == [0, 2, 4]
    with pytest.raises(ExecutionError) as raised:
        await executor.map(int, ["1", "x"])
    assert isinstance(raised.value.__cause__, ValueError) and raised.value.index == 1


async def test_a_failure_of_the_iterable_or_the_function_has_the_index_of_the_element():
    def source():
        yield 1
        raise KeyError("source")

    executor = TaskExecutor()
    with pytest.raises(ExecutionError) as raised:
        await executor.map(double, source())
    assert (raised.value.index, type(raised.value.__cause__)) == (1, KeyError)
    results = await executor.map(double, source(), return_exceptions=True)
    assert results[0] == 2 and isinstance(results[1], KeyError)


# threads


@pytest.mark.parametrize("own_pool", [False, True])
async def test_run_in_thread(own_pool):
    pool = concurrent.futures.ThreadPoolExecutor(2) if own_pool else None
    variable.set("caller")

    def look(a, *, b):
        return a, b, variable.get(), threading.current_thread() is threading.main_thread()

    async with TaskExecutor(pool) as executor:
        assert await executor.run_in_thread(look, 1, b=2) == (1, 2, "caller", False)
        with pytest.raises(ExecutionError) as raised:
            await executor.run_in_thread(int, "x")
        assert isinstance(raised.value.__cause__, ValueError)
        numbers = await asyncio.gather(*(executor.run_in_thread(abs, -i) for i in range(200)))
        assert numbers == list(range(200))
    if pool:
        assert pool.submit(abs, -1).result() == 1
        pool.shutdown()


@pytest.mark.parametrize("own_pool", [False, True])
async def test_a_cancelled_caller_waits_for_its_function(own_pool):
    pool = concurrent.futures.ThreadPoolExecutor(2) if own_pool else None
    begun, go_on, returned = threading.Event(), threading.Event(), []

    def block():
        begun.set()
        go_on.wait(30)
        returned.append(True)

    executor = TaskExecutor(pool)
    task = asyncio.create_task(executor.run_in_thread(block))
    await until(begun.is_set)
    for _ in range(2):
        task.cancel()
        for _ in range(5):
            await asyncio.sleep(0)
        assert not task.done()
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert returned == [True]
    if pool:
        pool.shutdown()


async def test_a_function_that_has_not_started_when_its_call_is_cancelled_never_does():
    begun, go_on, ran = threading.Event(), threading.Event(), []

    def block():
        begun.set()
        go_on.wait(30)

    executor = TaskExecutor()
    blockers = [asyncio.create_task(executor.run_in_thread(block)) for _ in range(64)]  # more than there are threads
    await until(begun.is_set)
    late = asyncio.create_task(executor.run_in_thread(ran.append, 1))
    for _ in range(5):
        await asyncio.sleep(0)
    late.cancel()
    with pytest.raises(asyncio.CancelledError):
        await late
    go_on.set()
    await asyncio.gather(*blockers)
    assert ran == []


async def test_a_task_continues_in_its_own_context_after_a_function_in_a_thread():
    executor = TaskExecutor()

    async def look(i):
        variable.set(i)
        await executor.run_in_thread(int)
        return variable.get(), asyncio.current_task().get_name()

    tasks = [asyncio.create_task(look(i), name=f"look {i}") for i in range(100)]
    assert await asyncio.gather(*tasks) == [(i, f"look {i}") for i in range(100)]


async def test_an_exception_of_a_callback_of_a_function_in_a_thread_is_the_loops():
    seen, other = [], TaskExecutor()
    asyncio.get_running_loop().set_exception_handler(lambda _, context: seen.append(context))
    call = other.run_in_thread(int)
    call.send(None).add_done_callback(lambda _: 1 / 0)
    after = other.run_in_thread(int)
    assert await after == 0
    while not seen:
        await asyncio.sleep(0.001)
    assert [type(each["exception"]) for each in seen] == [ZeroDivisionError]
    assert "Exception in callback" in seen[0]["message"]
    with pytest.raises(StopIteration):
        call.send(None)


@pytest.mark.parametrize("error", [SystemExit, KeyboardInterrupt])
def test_an_exception_that_ends_the_loop_ends_it_before_another_task_continues(error):
    went_on = []

    async def leave(executor):
        await executor.run_in_thread(int)
        raise error

    async def go_on(executor):
        await executor.run_in_thread(int)
        await asyncio.sleep(0)
        went_on.append(True)

    async def main():
        executor = TaskExecutor()
        others = [asyncio.create_task(each(executor)) for each in (leave, go_on)]
        await asyncio.wait(others)

    with pytest.raises(error):
        asyncio.run(main())
    assert went_on == []


async def test_functions_that_block_run_side_by_side():
    meeting = threading.Barrier(4)
    executor = TaskExecutor()
    await asyncio.gather(*(executor.run_in_thread(meeting.wait, 30) for _ in range(4)))


async def test_async_with_waits_for_threads_without_blocking_the_loop():
    go_on, order = threading.Event(), []

    def block():
        go_on.wait(30)
        order.append("returned")

    async with TaskExecutor() as executor:
        call = asyncio.create_task(executor.run_in_thread(block))
        asyncio.get_running_loop().call_later(0.01, go_on.set)
        await asyncio.sleep(0)
    order.append("left")
    assert order == ["returned", "left"]
    await call


# create_task and leaving


async def test_leaving_cancels_the_created_tasks():
    counter = Counter()
    async with TaskExecutor() as executor:
        done = executor.create_task(double(2), name="mine")
        assert done.get_name() == "mine" and await done == 4
        left = executor.create_task(counter.work(60))
        await asyncio.sleep(0)
    assert left.cancelled() and counter.cancelled == 1


async def test_cancel_all_leaves_the_executor_usable():
    counter, executor = Counter(), TaskExecutor()
    tasks = [executor.create_task(counter.work(60)) for _ in range(3)]
    await asyncio.sleep(0)
    await executor.cancel_all()
    assert all(task.cancelled() for task in tasks)
    assert await executor.create_task(double(1)) == 2
    await executor.close()
    await executor.close()


async def test_for_asyncio_operations_are_coroutines_and_not_futures():
    executor, queue, tasks = TaskExecutor(), AsyncQueue(), []
    queue.put_nowait(3)
    for operation in (executor.run_in_thread(int), executor.gather(), executor.run(double(1)), queue.get()):
        assert asyncio.iscoroutine(operation) and not asyncio.isfuture(operation)
        tasks.append(asyncio.ensure_future(operation))
        assert isinstance(tasks[-1], asyncio.Task)
    assert await asyncio.gather(*tasks) == [0, [], 2, 3]


@pytest.mark.forgets
async def test_repr():
    executor = TaskExecutor()
    assert "TaskExecutor at 0x" in repr(executor) and "tasks=0" in repr(executor)
    gathering = executor.gather(double(1), double(2))
    assert repr(gathering) == "<TaskExecutor.gather() not awaited yet, tasks=2 started=0 workers=0>"
    assert "not awaited yet" in repr(executor.run_in_thread(int))
    assert "not awaited yet" in repr(executor.run(double(1)))


async def test_an_operation_does_not_raise_stop_iteration():
    executor = TaskExecutor()
    for each in (AsyncQueue().get(), Latch(1).wait(), executor.run(asyncio.sleep(0)), executor.gather()):
        error = StopIteration(1)
        with pytest.raises(RuntimeError, match=r"^\w+\.\w+\(\) raised StopIteration$") as raised:
            each.throw(error)
        assert raised.value.__cause__ is error
