"""Timeouts and progress of gather() and map(), and where map() calls its function."""

import asyncio
import contextlib
import contextvars
import datetime
import functools
import gc
import logging
import threading
import time
import traceback
import weakref

import pytest

from mtaio.core import Progress, TaskExecutor
from mtaio.exceptions import ExecutionError, TimeoutError


async def give(value, turns=0):
    for _ in range(turns):
        await asyncio.sleep(0)
    return value


async def hang(ended=None):
    try:
        await asyncio.Event().wait()  # here it hangs
    finally:
        if ended is not None:
            ended.append(1)


async def fail(turns=0):
    await give(None, turns)
    raise ValueError("bad")


def shown(error):
    return "".join(traceback.format_exception(error))


# --- A timeout for all of it ---


@pytest.mark.parametrize("timeout", [0.2, datetime.timedelta(milliseconds=200)])
async def test_a_timeout_cancels_running_coroutines_and_waits_for_them(timeout):
    ended = []
    unstarted = hang(ended)
    with pytest.raises(TimeoutError, match=r"TaskExecutor.gather\(timeout=0.2\): the time ran out."):
        await TaskExecutor().gather(hang(ended), hang(ended), unstarted, limit=2, timeout=timeout)
    assert len(ended) == 2 and unstarted.cr_frame is None


async def test_a_map_may_have_a_timeout():
    ended = []
    with pytest.raises(TimeoutError, match=r"TaskExecutor.map\(timeout=0.2\)"):
        await TaskExecutor().map(lambda _: hang(ended), range(1000), limit=3, timeout=0.2)
    assert len(ended) == 3


async def test_a_timeout_that_is_not_needed_leaves_no_timer():
    executor = TaskExecutor()
    assert await executor.gather(give(1), give(2, 3), timeout=1000, task_timeout=1000) == [1, 2]
    gathering = executor.gather(give(1), give(2, 3), timeout=1000, task_timeout=1000)
    result = weakref.ref(gathering) if hasattr(gathering, "__weakref__") else None
    assert await gathering == [1, 2]
    loop = asyncio.get_running_loop()
    assert not [each for each in getattr(loop, "_scheduled", []) if not each.cancelled() and "mtaio" in repr(each)]
    del result


@pytest.mark.parametrize("timeout", [0, -1, float("-inf")])
async def test_with_a_timeout_of_zero_nothing_starts(timeout):
    started = []

    async def note():
        started.append(1)

    unstarted = note()
    with pytest.raises(TimeoutError):
        await TaskExecutor().gather(unstarted, timeout=timeout)
    with pytest.raises(TimeoutError):
        await TaskExecutor().map(lambda _: note(), [1], timeout=timeout)
    with pytest.raises(ExecutionError) as failure:
        await TaskExecutor().gather(note(), task_timeout=timeout)
    assert isinstance(failure.value.__cause__, TimeoutError)
    assert not started and unstarted.cr_frame is None


async def test_with_a_timeout_of_zero_running_tasks_are_cancelled_and_waited_for():
    ended = []
    tasks = [asyncio.create_task(hang(ended)) for _ in range(3)]
    await asyncio.sleep(0)
    with pytest.raises(TimeoutError):
        await TaskExecutor().gather(*tasks, limit=2, timeout=0)
    assert len(ended) == 3 and all(each.cancelled() for each in tasks)


async def test_the_cause_of_a_timeout_shows_where_each_coroutine_hung():
    with pytest.raises(TimeoutError) as failure:
        await TaskExecutor().gather(hang(), timeout=0.1)
    assert "here it hangs" in shown(failure.value)
    with pytest.raises(TimeoutError) as failure:
        await TaskExecutor().gather(hang(), hang(), give(1), timeout=0.3)
    assert shown(failure.value).count("here it hangs") == 2
    with pytest.raises(TimeoutError) as failure:
        await TaskExecutor().gather(*(hang() for _ in range(100)), timeout=0.5)
    assert shown(failure.value).count("here it hangs") == 10


async def test_failures_while_a_timeout_ends_the_gather_are_raised():
    async def fail_when_cancelled():
        try:
            await hang()
        except asyncio.CancelledError:
            raise ValueError("bad") from None

    with pytest.raises(TimeoutError) as failure:
        await TaskExecutor().gather(fail_when_cancelled(), hang(), timeout=0.3)
    assert "ValueError: bad" in shown(failure.value)


async def test_with_return_exceptions_a_timeout_gives_the_outcomes_so_far():
    async def stubborn():
        try:
            await hang()
        except asyncio.CancelledError:
            return "cleaned up"

    outcomes = await TaskExecutor().gather(
        give(1), fail(1), hang(), stubborn(), hang(), hang(), hang(), limit=4, timeout=0.3, return_exceptions=True
    )
    assert outcomes[0] == 1 and isinstance(outcomes[1], ValueError) and outcomes[3] == "cleaned up"
    assert isinstance(outcomes[2], TimeoutError) and "here it hangs" in shown(outcomes[2])
    assert isinstance(outcomes[6], TimeoutError) and outcomes[6].__cause__ is None  # not started
    outcomes = await TaskExecutor().map(
        lambda i: give(i) if i < 3 else hang(), range(10), limit=4, timeout=0.3, return_exceptions=True
    )
    assert outcomes[:3] == [0, 1, 2] and [type(each) for each in outcomes[3:]] == [TimeoutError] * 4


async def test_the_callers_cancellation_is_not_mistaken_for_the_timeout():
    gathering = asyncio.ensure_future(TaskExecutor().gather(hang(), timeout=1000, task_timeout=1000))
    await asyncio.sleep(0.001)
    gathering.cancel()
    with pytest.raises(asyncio.CancelledError):
        await gathering
    assert gathering.cancelled()


async def test_a_failure_before_the_timeout_stays_the_failure():
    async def slow_to_end():
        try:
            await hang()
        finally:
            await asyncio.sleep(0.5)

    with pytest.raises(ExecutionError):
        await TaskExecutor().gather(fail(2), slow_to_end(), timeout=0.3)


# --- A timeout for each coroutine ---


@pytest.mark.parametrize("limit", [None, 1, 3])
async def test_a_task_timeout_is_the_failure_of_its_coroutine(limit):
    with pytest.raises(ExecutionError, match="task 1 of 3 failed") as failure:
        await TaskExecutor().gather(give(1, 2), hang(), give(3), limit=limit, task_timeout=0.3)
    assert failure.value.index == 1
    assert isinstance(failure.value.__cause__, TimeoutError)
    assert "TaskExecutor.gather(task_timeout=0.3): the time ran out." in shown(failure.value)
    assert "here it hangs" in shown(failure.value)


@pytest.mark.parametrize("limit", [None, 1, 2])
async def test_each_coroutine_has_its_own_time(limit):
    async def two_sleeps(i):
        await asyncio.sleep(0.02)
        await asyncio.sleep(0.02)
        return i

    results = await TaskExecutor().map(two_sleeps, range(4), limit=limit, task_timeout=5)
    assert results == [0, 1, 2, 3]
    outcomes = await TaskExecutor().map(
        lambda i: hang() if i % 2 else give(i, 1), range(6), limit=limit, task_timeout=0.2, return_exceptions=True
    )
    assert outcomes[::2] == [0, 2, 4] and all(isinstance(each, TimeoutError) for each in outcomes[1::2])


async def test_a_task_timeout_includes_the_time_in_a_thread():
    def then_hang(i):
        return hang()

    outcomes = await TaskExecutor().map(then_hang, [1], task_timeout=0.05, return_exceptions=True)
    assert isinstance(outcomes[0], TimeoutError)
    with pytest.raises(ExecutionError) as failure:
        await TaskExecutor().map(time.sleep, [0.2], task_timeout=0.05)
    assert isinstance(failure.value.__cause__, TimeoutError)


async def test_waiting_for_an_asynchronous_iterable_takes_none_of_the_time():
    async def slow():
        for i in range(2):
            await asyncio.sleep(0.02)
            yield i

    assert await TaskExecutor().map(give, slow(), task_timeout=0.01) == [0, 1]


async def test_a_coroutine_that_handles_its_timeout_has_a_result():
    async def stubborn():
        try:
            await hang()
        except asyncio.CancelledError:
            return asyncio.current_task().cancelling()

    assert await TaskExecutor().gather(stubborn(), give(1), task_timeout=0.03) == [1, 1]


async def test_after_a_task_timeout_the_others_continue_undisturbed():
    requests = []

    async def look(i):
        if i % 3 == 0:
            await hang()
        requests.append(asyncio.current_task().cancelling())
        await asyncio.sleep(0)
        return i

    outcomes = await TaskExecutor().map(look, range(30), limit=2, task_timeout=0.2, return_exceptions=True)
    assert [each for each in outcomes if not isinstance(each, TimeoutError)] == [i for i in range(30) if i % 3]
    assert set(requests) == {0}


async def test_a_task_timeout_cancels_a_task_that_was_given():
    task = asyncio.create_task(hang())
    outcomes = await TaskExecutor().gather(task, give(1), task_timeout=0.03, return_exceptions=True)
    assert isinstance(outcomes[0], TimeoutError) and task.cancelled() and outcomes[1] == 1


# --- Coroutines that were not started ---


@pytest.mark.parametrize("how", ["failure", "timeout", "cancellation"])
async def test_tasks_that_gather_had_not_reached_are_cancelled_and_waited_for(how):
    async def end_slowly():
        try:
            await hang()
        finally:
            await give(None, 5)
            ended.append(1)

    ended = []
    tasks = [asyncio.create_task(end_slowly()) for _ in range(3)]
    await asyncio.sleep(0)
    first = fail(2) if how == "failure" else hang()
    gathering = asyncio.ensure_future(
        TaskExecutor().gather(first, *tasks, limit=1, timeout=0.2 if how == "timeout" else None)
    )
    if how == "cancellation":
        await asyncio.sleep(0)
        gathering.cancel()
    expected = {"failure": ExecutionError, "timeout": TimeoutError, "cancellation": asyncio.CancelledError}
    with pytest.raises(expected[how]):
        await gathering
    assert len(ended) == 3 and all(each.cancelled() for each in tasks)


# --- Progress ---


async def test_progress_counts_what_starts_and_ends_and_fails():
    progress, seen = Progress(), []

    async def look():
        seen.append((progress.total, progress.started, progress.done, progress.failed))

    outcomes = await TaskExecutor().gather(
        look(), fail(), look(), limit=1, progress=progress, return_exceptions=True
    )
    assert len(outcomes) == 3
    assert seen == [(3, 1, 0, 0), (3, 3, 2, 1)]
    assert repr(progress) == "<Progress total=3 started=3 done=3 failed=1>"


async def test_several_calls_may_share_one_progress():
    progress = Progress()
    await asyncio.gather(*(TaskExecutor().map(give, range(10), progress=progress) for _ in range(3)))
    assert (progress.total, progress.started, progress.done, progress.failed) == (30, 30, 30, 0)


async def test_the_total_of_an_iterator_is_known_when_it_has_ended():
    progress, totals = Progress(), []

    async def look(_):
        totals.append(progress.total)

    await TaskExecutor().map(look, (i for i in range(5)), limit=1, progress=progress)
    assert set(totals) == {0} and progress.total == 5

    async def source():
        for i in range(4):
            yield i

    progress = Progress()
    await TaskExecutor().map(give, source(), progress=progress)
    assert (progress.total, progress.done) == (4, 4)


async def test_coroutines_that_were_cancelled_for_another_one_do_not_count_as_failed():
    progress = Progress()
    with pytest.raises(ExecutionError):
        await TaskExecutor().gather(fail(2), hang(), hang(), progress=progress)
    assert (progress.started, progress.done, progress.failed) == (3, 3, 1)


@pytest.mark.parametrize("limit", [None, 2])
async def test_a_progress_function_is_called_with_one_for_each_coroutine_that_ends(limit):
    calls = []
    await TaskExecutor().gather(*(give(i, i) for i in range(5)), limit=limit, progress=calls.append)
    assert calls == [1] * 5


async def test_any_object_with_the_same_attributes_is_kept_up_to_date():
    class Bar:
        total = started = done = failed = 0

    bar = Bar()
    await TaskExecutor().map(give, range(7), progress=bar)
    assert (bar.total, bar.started, bar.done, bar.failed) == (7, 7, 7, 0)


@pytest.mark.parametrize("return_exceptions", [False, True])
async def test_an_exception_of_a_progress_is_a_failure(return_exceptions):
    def broken(_):
        raise ZeroDivisionError("bar")

    ended = []
    with pytest.raises(ExecutionError) as failure:
        await TaskExecutor().gather(give(1, 1), hang(ended), progress=broken, return_exceptions=return_exceptions)
    assert isinstance(failure.value.__cause__, ZeroDivisionError) and ended == [1]


async def test_a_wrong_progress_is_refused_at_the_call():
    unstarted = give(1)
    with pytest.raises(TypeError, match=r"TaskExecutor.gather\(progress=3\): .* not an int"):
        TaskExecutor().gather(unstarted, progress=3)
    assert unstarted.cr_frame is None


# --- Where map() calls its function ---


async def test_a_lambda_that_returns_a_coroutine_is_called_in_the_loop():
    threads = []

    async def fetch(session, url):
        threads.append(threading.current_thread())
        return session, url

    class Session:
        async def get(self, url):
            return await fetch("session", url)

    session, executor = Session(), TaskExecutor()
    expected = [("session", 1), ("session", 2)]
    assert await executor.map(lambda url: fetch("session", url), [1, 2]) == expected
    assert await executor.map(lambda url: session.get(url), [1, 2]) == expected
    assert await executor.map(functools.partial(lambda s, url: fetch(s, url), "session"), [1, 2]) == expected
    tasks = await executor.map(lambda url: asyncio.create_task(fetch("session", url)), [1, 2])
    assert tasks == expected
    assert await executor.map(lambda url: executor.run(fetch("session", url), timeout=5), [1, 2]) == expected
    assert set(threads) == {threading.main_thread()}


async def test_a_lambda_that_has_returned_a_coroutine_is_called_in_the_loop_from_then_on():
    class Page:
        async def load(self):
            return "text"

    threads = []
    texts = await TaskExecutor().map(
        lambda page: (threads.append(threading.current_thread()), page.load())[1], [Page()] * 4, limit=1
    )
    assert texts == ["text"] * 4
    assert threads[0] is not threading.main_thread() and set(threads[1:]) == {threading.main_thread()}


async def test_other_functions_are_called_in_a_thread():
    def plain(i):
        return give(threading.current_thread())

    results = await TaskExecutor().map(plain, range(3))
    results += await TaskExecutor().map(lambda i: threading.current_thread(), range(3))
    results += await TaskExecutor().map(lambda i: asyncio.run(give(threading.current_thread())), range(3))
    assert threading.main_thread() not in results


@pytest.mark.parametrize("pool", [False, True])
async def test_a_stop_iteration_of_a_function_is_a_failure(pool):
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(2) as threads:
        executor = TaskExecutor(threads) if pool else TaskExecutor()
        outcomes = await executor.map(next, [iter([]), iter([1])], return_exceptions=True)
        assert isinstance(outcomes[0], StopIteration) and outcomes[1] == 1
        with pytest.raises(ExecutionError) as failure:
            await executor.map(next, [iter([1]), iter([])])
        assert failure.value.index == 1 and isinstance(failure.value.__cause__, StopIteration)
        with pytest.raises(ExecutionError) as failure:
            await asyncio.wait_for(executor.run_in_thread(next, iter([])), 10)
        assert isinstance(failure.value.__cause__, StopIteration)


# --- Debug mode ---


def test_debug_mode_names_the_coroutine_that_was_slow(caplog):
    async def crunch():
        time.sleep(0.15)

    async def crunch_later():
        await asyncio.sleep(0)
        time.sleep(0.15)

    async def main():
        await TaskExecutor().gather(give(1), crunch(), *(give(i) for i in range(10)))
        await TaskExecutor().map(lambda _: crunch_later(), [1])

    with caplog.at_level(logging.WARNING, "asyncio"):
        asyncio.run(main(), debug=True)
    slow = [each.getMessage() for each in caplog.records if "Executing" in each.getMessage()]
    assert len(slow) == 2
    assert "TaskExecutor.gather of test_debug_mode_names_the_coroutine_that_was_slow.<locals>.crunch()" in slow[0]
    assert "TaskExecutor.map of test_debug_mode_names_the_coroutine_that_was_slow.<locals>.crunch_later()" in slow[1]
    assert "test_gather_options.py" in slow[0]


async def test_a_task_shows_which_coroutine_it_waits_for():
    gathering = asyncio.ensure_future(TaskExecutor().gather(hang()))
    await give(None, 3)
    (worker,) = asyncio.all_tasks() - {asyncio.current_task(), gathering} - {
        each for each in asyncio.all_tasks() if "watched" in repr(each)
    }
    assert "TaskExecutor.gather of hang() running at" in repr(worker)
    gathering.cancel()
    await asyncio.wait([gathering])
    del worker
    gc.collect()


async def test_results_without_a_wait_do_not_keep_other_tasks_from_running():
    def plain_or_not(i):
        return i if i else give(i)

    turns = 0

    async def count():
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    counting = asyncio.ensure_future(count())
    results = await TaskExecutor().map(lambda i: (time.sleep(0.0005), plain_or_not(i))[1], range(100), limit=1)
    counting.cancel()
    await asyncio.wait([counting])
    assert results == list(range(100)) and turns > 10
    counting = asyncio.ensure_future(count())
    turns = 0
    await TaskExecutor().map(lambda i: give(time.sleep(0.0005)), range(100), task_timeout=0, return_exceptions=True)
    counting.cancel()
    await asyncio.wait([counting])
    assert turns > 10


# --- Asynchronous iterables ---


async def test_an_asynchronous_generator_is_pulled_in_one_task_and_one_context():
    tasks, variable = set(), contextvars.ContextVar("variable", default=None)

    async def numbers():
        token = variable.set("inside")
        try:
            async with asyncio.timeout(100), asyncio.TaskGroup():
                for i in range(10):
                    tasks.add(asyncio.current_task())
                    assert variable.get() == "inside"
                    yield i
                    await asyncio.sleep(0)
        finally:
            variable.reset(token)
            ended.append(1)

    ended = []
    assert await TaskExecutor().map(lambda i: give(i, i), numbers(), limit=3) == list(range(10))
    assert len(tasks) == 1 and ended == [1]


@pytest.mark.parametrize("limit", [1, 5])
async def test_a_timeout_of_an_asynchronous_generator_is_its_own(limit):
    async def numbers():
        async with asyncio.timeout(0.05):
            yield 0
            await hang()

    outcomes = await TaskExecutor().map(
        lambda i: asyncio.sleep(0.2, i), numbers(), limit=limit, return_exceptions=True
    )
    assert outcomes[0] == 0 and isinstance(outcomes[1], asyncio.TimeoutError)


@pytest.mark.parametrize("how", ["failure", "timeout", "cancellation"])
async def test_an_asynchronous_generator_has_ended_when_its_map_has_ended(how):
    async def numbers():
        try:
            for i in range(1000):
                yield i
                await asyncio.sleep(0)
        finally:
            await give(None, 3)
            ended.append(1)

    async def work(i):
        if i == 3 and how == "failure":
            raise ValueError
        if i >= 3:
            await hang()

    ended = []
    mapping = asyncio.ensure_future(
        TaskExecutor().map(work, numbers(), limit=5, timeout=0.2 if how == "timeout" else None)
    )
    if how == "cancellation":
        await asyncio.sleep(0.05)
        mapping.cancel()
    await asyncio.wait([mapping])
    assert mapping.cancelled() if how == "cancellation" else mapping.exception() is not None
    assert ended == [1]


async def test_a_second_cancellation_reaches_the_coroutines_as_well():
    async def stubborn():
        with contextlib.suppress(asyncio.CancelledError):
            await hang()
        await hang()

    gathering = asyncio.ensure_future(TaskExecutor().gather(stubborn()))
    await give(None, 3)
    for _ in range(2):
        gathering.cancel()
        await give(None, 5)
    assert gathering.cancelled()


async def test_with_a_timeout_of_zero_tasks_that_have_ended_give_their_results():
    done = asyncio.get_running_loop().create_future()
    done.set_result(1)
    executor = TaskExecutor()
    assert await executor.gather(timeout=0) == []
    assert await executor.gather(done, timeout=-1) == [1]
    assert await executor.map(give, [], timeout=0) == []


@pytest.mark.parametrize("make", [
    lambda: lambda xs: asyncio.gather(*[give(x) for x in xs]),
    lambda: lambda xs: asyncio.create_task(give(xs or 0)),
    lambda: lambda xs: asyncio.create_task(give(xs if xs else 0)),
])  # fmt: skip
async def test_the_arguments_in_a_lambda_do_not_decide_where_it_is_called(make):
    assert await TaskExecutor().map(make(), [[1, 2], [3]]) == [[1, 2], [3]]


async def test_a_function_that_may_block_is_called_in_a_thread_under_any_name():
    class Tracker:
        def create_task(self, _):
            return threading.current_thread()

    class Mine(TaskExecutor):
        def parse(self, _):
            return threading.current_thread()

    class Job:
        def __init__(self, _):
            self.thread = threading.current_thread()

        async def __call__(self):
            pass

    tracker, executor = Tracker(), Mine()
    threads = await executor.map(tracker.create_task, [1])
    threads += await executor.map(lambda i: tracker.create_task(i), [1])
    threads += await executor.map(executor.parse, [1])
    threads += [job.thread for job in await executor.map(Job, [1])]
    assert threading.main_thread() not in threads
