"""What the calls take, and what they say of what they do not take."""

import asyncio
import datetime
import decimal
import fractions
import math
import warnings

import pytest

from mtaio.core import AsyncQueue, Latch, LIFOQueue, PriorityQueue, TaskExecutor
from mtaio.exceptions import TimeoutError

QUEUES = [AsyncQueue, PriorityQueue, LIFOQueue]


async def ready():
    return "result"


async def stuck():
    await asyncio.Event().wait()


class Strange:
    def __repr__(self):
        raise RuntimeError("cannot be shown")


@pytest.fixture(autouse=True)
def nothing_is_left_unawaited():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def said(kind, call, *arguments, **keywords):
    with pytest.raises(kind) as raised:
        call(*arguments, **keywords)
    return str(raised.value)


# times

A_TIME = "a timeout is a number of seconds, a timedelta or None"


@pytest.mark.parametrize(
    "hour", [3600, 3600.0, datetime.timedelta(hours=1), decimal.Decimal(3600), fractions.Fraction(3600)]
)
@pytest.mark.parametrize("soon", [datetime.timedelta(microseconds=1), decimal.Decimal("1e-9"), 1e-9])
async def test_a_time_is_any_number_or_a_timedelta(hour, soon):
    executor, latch = TaskExecutor(), Latch(1)
    assert await executor.run(ready(), timeout=hour) == "result"
    assert await Latch(0).wait(timeout=hour) is True
    with pytest.raises(TimeoutError):
        await executor.run(stuck(), timeout=soon)
    assert await latch.wait(timeout=soon) is False


@pytest.mark.parametrize("long", [None, math.inf, 10**400, 1e300, datetime.timedelta.max])
async def test_a_time_may_be_longer_than_the_loop_can_count(long):
    latch = Latch(1)
    waiting = asyncio.create_task(latch.wait(timeout=long))
    assert await TaskExecutor().run(ready(), timeout=long) == "result"
    await asyncio.sleep(0)
    latch.count_down()
    assert await waiting is True


@pytest.mark.parametrize("past", [0, -1, -math.inf, -(10**400), -1e300, datetime.timedelta(-1), datetime.timedelta.min])
async def test_a_time_that_is_over_is_no_time(past):
    assert await Latch(1).wait(timeout=past) is False
    assert await Latch(0).wait(timeout=past) is True
    with pytest.raises(TimeoutError):
        await TaskExecutor().run(stuck(), timeout=past)


def test_a_timedelta_is_taken_to_the_microsecond():
    latch = Latch(1)
    handles = []

    class Loop(asyncio.SelectorEventLoop):
        def call_later(self, delay, *arguments, **keywords):
            handles.append(delay)
            return super().call_later(0, *arguments, **keywords)

    async def main():
        await latch.wait(datetime.timedelta(days=-1, seconds=86_401, microseconds=250_000))

    with asyncio.Runner(loop_factory=Loop) as runner:
        runner.run(main())
    assert handles[0] == 1.25


def test_what_is_not_a_time_is_named():
    executor = TaskExecutor()
    latch = Latch(1)
    wrong = [("5", "'5'", "str"), ([1], "[1]", "list"), (1j, "1j", "complex"), (Strange(), "<Strange>", "Strange")]
    for value, shown, kind in wrong:
        text = f"{A_TIME}, not a {kind}."
        assert said(TypeError, executor.run, ready(), timeout=value) == f"TaskExecutor.run(timeout={shown}): {text}"
        assert said(TypeError, latch.wait, value) == f"Latch.wait(timeout={shown}): {text}"
    for value in (math.nan, decimal.Decimal("nan")):
        rule = "a timeout is a number of seconds; use None to wait forever."
        assert said(ValueError, executor.run, ready(), timeout=value) == f"TaskExecutor.run(timeout={value!r}): {rule}"
        assert said(ValueError, latch.wait, value) == f"Latch.wait(timeout={value!r}): {rule}"


def test_a_long_value_is_shown_in_part():
    assert said(TypeError, Latch(1).wait, "x" * 1000) == f"Latch.wait(timeout='{'x' * 79}...): {A_TIME}, not a str."


def test_what_a_number_raises_itself_is_raised():
    class Broken:
        def __float__(self):
            raise KeyError("broken")

    assert said(KeyError, TaskExecutor().run, ready(), timeout=Broken()) == "'broken'"
