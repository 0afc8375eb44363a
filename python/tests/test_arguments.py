"""The arguments of the calls, and the errors for wrong ones."""

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
async def test_a_timeout_of_zero_or_less_does_not_wait(past):
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


def test_the_error_of_a_wrong_time_names_it():
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


def test_an_exception_of_a_number_itself_is_raised():
    class Broken:
        def __float__(self):
            raise KeyError("broken")

    assert said(KeyError, TaskExecutor().run, ready(), timeout=Broken()) == "'broken'"


# limits, sizes, counts, priorities


def test_the_error_of_a_wrong_limit_names_it():
    executor = TaskExecutor()
    for name, call in [("gather", lambda **k: executor.gather(ready(), **k)), ("map", lambda **k: executor.map(len, [], **k))]:
        for value, kind in [("2", "str"), (2.0, "float"), ([], "list"), (math.inf, "float")]:
            rule = f"a limit is an integer or None, not a {kind}."
            assert said(TypeError, call, limit=value) == f"TaskExecutor.{name}(limit={value!r}): {rule}"
        for value in (0, -1, False, -(10**30)):
            rule = "a limit must be at least 1; use None for no limit."
            assert said(ValueError, call, limit=value) == f"TaskExecutor.{name}(limit={value!r}): {rule}"


async def test_a_limit_is_any_integer_however_large():
    class Three:
        def __index__(self):
            return 3

    for limit in (None, True, 10**30, Three()):
        assert await TaskExecutor().gather(ready(), ready(), limit=limit) == ["result", "result"]


@pytest.mark.parametrize("Queue", QUEUES)
def test_the_error_of_a_wrong_maxsize_names_it(Queue):
    name = Queue.__name__
    for value, kind in [("3", "str"), (None, "NoneType"), ([], "list"), (decimal.Decimal(3), "decimal.Decimal")]:
        assert said(TypeError, Queue, value) == f"{name}(maxsize={value!r}): maxsize is an integer, not a {kind}."
    for value in (-1, -1.5, -math.inf, -(10**30)):
        rule = "maxsize cannot be negative; use 0 for an unbounded queue."
        assert said(ValueError, Queue, value) == f"{name}({value!r}): {rule}"
    assert said(ValueError, Queue, math.nan) == f"{name}(maxsize=nan): maxsize must be a number."

    class Mine(Queue):
        pass

    assert said(TypeError, Mine, "3") == "Mine(maxsize='3'): maxsize is an integer, not a str."


@pytest.mark.parametrize("Queue", QUEUES)
def test_a_maxsize_may_be_large_or_infinite(Queue):
    for size, given in [(0, math.inf), (0, -0.5), (2, 1.5), (2, 2), (1, True)]:
        assert Queue(maxsize=given).maxsize == size
    for large in (10**30, 1e30):
        queue = Queue(large)
        queue.put_nowait(1)
        assert not queue.full() and queue.maxsize > 10**18


def test_the_error_of_a_wrong_count_names_it():
    for value, kind in [("1", "str"), (1.0, "float"), (None, "NoneType")]:
        assert said(TypeError, Latch, value) == f"Latch(count={value!r}): a count is an integer, not a {kind}."
        text = f"Latch.count_down(n={value!r}): n is an integer, not a {kind}."
        assert said(TypeError, Latch(1).count_down, value) == said(TypeError, Latch(1).count_down, n=value) == text
    assert said(ValueError, Latch, -1) == "Latch(-1): the count cannot be negative; use 0 for an open latch."
    assert "n must be zero or more" in said(ValueError, Latch(1).count_down, -(10**30))
    latch = Latch(3)
    for wrong in ("1", -1):
        said((TypeError, ValueError), latch.count_down, wrong)
    assert latch.get_count() == 3
    latch.count_down(10**30)
    assert latch.get_count() == 0


def test_the_error_of_a_wrong_priority_names_it():
    queue = PriorityQueue()
    for name in ("put", "put_nowait"):
        put = getattr(queue, name)
        for value, kind in [("high", "str"), (None, "NoneType"), (1j, "complex")]:
            text = f"PriorityQueue.{name}(priority={value!r}): a priority is a number, not a {kind}."
            assert said(TypeError, put, 1, value) == said(TypeError, put, 1, priority=value) == text
        rule = "a priority must be a number; use infinity for the least urgent."
        assert said(ValueError, put, 1, math.nan) == f"PriorityQueue.{name}(priority=nan): {rule}"
    assert queue.empty()
    for priority in (10**400, fractions.Fraction(1, 3), -(10**400), True, decimal.Decimal("0.5")):
        queue.put_nowait(priority, priority)
    assert [queue.get_nowait() for _ in range(5)] == [-(10**400), fractions.Fraction(1, 3), decimal.Decimal("0.5"), True, 10**400]


# too many, too few, unknown names


@pytest.mark.parametrize("Queue", QUEUES)
def test_wrong_arguments_of_a_queue_are_named_with_the_call(Queue):
    name, queue = Queue.__name__, Queue()
    most = "at most 2 positional arguments" if Queue is PriorityQueue else "1 positional argument"
    for member in ("put", "put_nowait"):
        put, call = getattr(queue, member), f"{name}.{member}()"
        assert said(TypeError, put) == f"{call} missing 1 required positional argument: 'item'"
        assert said(TypeError, put, 1, 2, 3) == f"{call} takes {most} but 3 were given"
        assert said(TypeError, put, 1, most=2) == f"{call} got an unexpected keyword argument 'most'"
        assert said(TypeError, put, 1, item=2) == f"{call} got multiple values for argument 'item'"
    assert said(TypeError, queue.shutdown, now=1) == f"{name}.shutdown() got an unexpected keyword argument 'now'"
    assert said(TypeError, Queue, size=1) == f"{name}() got an unexpected keyword argument 'size'"
    assert said(TypeError, Queue, 1, 2) == f"{name}() takes at most 1 positional argument but 2 were given"
    assert said(TypeError, Queue, 1, maxsize=2) == f"{name}() got multiple values for argument 'maxsize'"
    assert queue.empty()


def test_wrong_arguments_of_a_latch_are_named_with_the_call():
    latch = Latch(1)
    assert said(TypeError, Latch) == "Latch() missing 1 required positional argument: 'count'"
    assert said(TypeError, Latch, number=1) == "Latch() got an unexpected keyword argument 'number'"
    assert said(TypeError, latch.wait, 1, 2) == "Latch.wait() takes at most 1 positional argument but 2 were given"
    assert said(TypeError, latch.wait, seconds=1) == "Latch.wait() got an unexpected keyword argument 'seconds'"
    assert said(TypeError, latch.count_down, m=1) == "Latch.count_down() got an unexpected keyword argument 'm'"
    assert latch.get_count() == 1


def test_wrong_arguments_of_an_executor_are_named_with_the_call():
    executor = TaskExecutor()
    for text, call in {
        "run() missing 1 required positional argument: 'coro'": lambda: executor.run(),
        "run() takes 1 positional argument but 2 were given": lambda: executor.run(ready(), 5),
        "run() got an unexpected keyword argument 'time'": lambda: executor.run(ready(), time=5),
        "run() got multiple values for argument 'coro'": lambda: executor.run(ready(), coro=ready()),
        "gather() got an unexpected keyword argument 'most'": lambda: executor.gather(ready(), most=5),
        "map() got an unexpected keyword argument 'most'": lambda: executor.map(ready, [], most=5),
        "run_in_thread() missing 1 required positional argument: 'func'": lambda: executor.run_in_thread(),
    }.items():
        assert said(TypeError, call) == f"TaskExecutor.{text}"


def test_a_coroutine_of_a_refused_call_is_closed_however_it_was_passed():
    executor = TaskExecutor()
    made = [ready() for _ in range(6)]
    said(TypeError, executor.run, coro=made[0], most=5)
    said(TypeError, executor.run, made[1], made[2])
    said(TypeError, executor.run, made[3], timeout=made[4])
    said(TypeError, executor.gather, made[5], limit="2")
    assert all(each.cr_frame is None for each in made)


async def test_a_keyword_may_be_any_string():
    class Name(str):
        pass

    assert await TaskExecutor().run(**{Name("coro"): ready(), Name("timeout"): 5}) == "result"
    queue = AsyncQueue(**{Name("maxsize"): 3})
    queue.put_nowait(**{Name("item"): 1})
    assert queue.maxsize == 3


class NotTrue:
    def __bool__(self):
        raise KeyError("neither")


def test_an_exception_of_bool_is_raised():
    executor = TaskExecutor()
    assert said(KeyError, executor.gather, ready(), return_exceptions=NotTrue()) == "'neither'"
    assert said(KeyError, executor.map, len, [], return_exceptions=NotTrue()) == "'neither'"
    queue = AsyncQueue()
    assert said(KeyError, queue.shutdown, NotTrue()) == "'neither'"
    queue.put_nowait(1)  # it was not shut down
