"""The texts and the causes of errors."""

import asyncio
import concurrent.futures
import traceback

import pytest

from mtaio.core import TaskExecutor
from mtaio.exceptions import ExecutionError, TimeoutError

try:
    import bridge_example
except ImportError:
    bridge_example = None


class Mute(Exception):
    def __str__(self):
        raise KeyError("cannot be shown")


class Odd(Exception):
    def __str__(self):
        return 3


TEXTS = [
    (ValueError("bad"), "ValueError: bad"),
    (KeyError("name"), "KeyError: 'name'"),
    (AssertionError(), "AssertionError"),
    (asyncio.TimeoutError(), "TimeoutError"),
    (OSError(2, "No such file", "x"), "FileNotFoundError: [Errno 2] No such file: 'x'"),
    (Mute(), "Mute: <exception str() failed>"),
    (Odd(), "Odd: <exception str() failed>"),
    (ValueError("100 %s %d \N{SNOWMAN}"), "ValueError: 100 %s %d \N{SNOWMAN}"),
]


async def fail(error):
    raise error


async def well():
    return "well"


def fail_plainly(error):
    raise error


async def of(operation):
    with pytest.raises(ExecutionError) as raised:
        await operation
    return raised.value


@pytest.mark.parametrize("error, text", TEXTS)
async def test_an_execution_error_has_the_type_and_the_text_of_the_failure(error, text):
    executor, pool = TaskExecutor(), concurrent.futures.ThreadPoolExecutor(1)
    pooled = TaskExecutor(pool)
    for what, operation in [
        ("task", executor.run(fail(error))),
        ("task", executor.run(fail(error), timeout=60)),
        ("task 0 of 1", executor.gather(fail(error))),
        ("task 1 of 3", executor.gather(well(), fail(error), well(), limit=2)),
        ("task 0", executor.map(fail, [error])),
        ("task 0", executor.map(fail_plainly, [error])),
        ("task 0", pooled.map(fail_plainly, [error])),
        ("function in a thread", executor.run_in_thread(fail_plainly, error)),
        ("function in a thread", pooled.run_in_thread(fail_plainly, error)),
    ]:
        raised = await of(operation)
        assert str(raised) == f"{what} failed: {text}"
        cause = raised.__cause__
        assert cause is raised.__context__ and raised.__suppress_context__
        assert raised.failures[0] == (raised.index, cause)
        # concurrent.futures replaces a TimeoutError by a new one.
        assert cause is error or type(cause) is type(error) is asyncio.TimeoutError
    pool.shutdown()


async def test_errors_in_errors_are_quoted_in_part():
    executor = TaskExecutor()

    async def nest(depth):
        if depth == 0:
            raise ValueError("bottom")
        await executor.run(nest(depth - 1))

    assert str(await of(executor.run(nest(2)))) == "task failed: " + "ExecutionError: task failed: " * 2 + "ValueError: bottom"
    assert len(str(await of(executor.run(nest(100))))) < 600
    long = "x" * 10_000
    assert str(await of(executor.run(fail(ValueError(long))))) == f"task failed: ValueError: {long}"


async def test_an_execution_error_has_the_context_that_raise_from_gives_it():
    executor = TaskExecutor()
    try:
        raise KeyError("outer")
    except KeyError as outer:
        raised = await of(executor.run(fail(ValueError("inner"))))
        assert raised.__context__ is raised.__cause__ and raised.__cause__.__context__ is outer
        with pytest.raises(TimeoutError) as timed_out:
            await executor.run(asyncio.sleep(60), timeout=1e-9)
        # An exception that is thrown into a coroutine has a context there, which the traceback hides.
        assert isinstance(timed_out.value.__cause__, asyncio.CancelledError) and timed_out.value.__suppress_context__
        assert timed_out.value.__context__ in (outer, timed_out.value.__cause__)


async def test_a_timeout_shows_where_the_coroutine_hung():
    async def inner():
        await asyncio.sleep(60)  # it hangs here

    async def outer():
        await inner()

    for awaited, timeout in [
        (outer(), 1e-9),
        (asyncio.create_task(outer()), 1e-9),
        (asyncio.create_task(outer()), 0),
    ]:
        await asyncio.sleep(0)
        with pytest.raises(TimeoutError) as raised:
            await TaskExecutor().run(awaited, timeout=timeout)
        error = raised.value
        assert isinstance(error.__cause__, asyncio.CancelledError) and error.__context__ is error.__cause__
        text = "".join(traceback.format_exception(error))
        assert "it hangs here" in text and "direct cause" in text
        assert text.rstrip().endswith(f"TimeoutError: TaskExecutor.run(timeout={timeout:g}): the time ran out.")
    with pytest.raises(TimeoutError) as raised:
        await TaskExecutor().run(outer(), timeout=0)
    assert raised.value.__cause__ is None  # it was not started


async def test_errors_show_the_line_that_failed():
    async def breaks():
        raise ValueError("bad")  # it fails here

    executor = TaskExecutor()
    for operation in (executor.run(breaks()), executor.gather(breaks()), executor.map(lambda _: breaks(), [1])):
        assert "it fails here" in "".join(traceback.format_exception(await of(operation)))


@pytest.mark.skipif(bridge_example is None, reason="bridge_example was not built")
async def test_errors_from_tasks_of_cpp_have_causes():
    bad = ValueError("bad")
    error = await of(bridge_example.twice_within(60, fail(bad)))
    assert error.__cause__ is error.__context__ is bad and str(error) == "task failed: ValueError: bad"

    async def stumble():
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            raise bad from None

    with pytest.raises(TimeoutError) as raised:
        await bridge_example.twice_within(0.01, stumble())
    assert raised.value.__cause__ is raised.value.__context__ is not None
    assert "ValueError: bad" in "".join(traceback.format_exception(raised.value))
