"""The code blocks of the Core API Reference, word for word, in reference/*.py.txt."""

import ast
import asyncio
import concurrent.futures
import inspect
import itertools
import logging
import pathlib
import sys
import textwrap
from typing import Any, Awaitable, Callable, Coroutine, List, Optional, TypeVar

import conftest
import pytest

import mtaio.core
import mtaio.exceptions
from mtaio.exceptions import ExecutionError

BLOCKS = {path.name.split(".")[0]: path.read_text() for path in pathlib.Path(__file__).parent.glob("reference/*.txt")}


def chunks(items, size):
    items = iter(items)
    while batch := list(itertools.islice(items, size)):
        yield batch


async def square(i):
    await asyncio.sleep(0)
    return i * i


async def risky_operation():
    raise ValueError("risky")


async def run_block(name, **names):
    """Runs a block with the names that it does not define; returns the names that it has defined."""
    T = TypeVar("T")
    names = {
        "TaskExecutor": mtaio.core.TaskExecutor,
        "AsyncQueue": mtaio.core.AsyncQueue,
        "ThreadPoolExecutor": concurrent.futures.ThreadPoolExecutor,
        "Optional": Optional,
        "Awaitable": Awaitable,
        "Coroutine": Coroutine,
        "List": List,
        "Any": Any,
        "AsyncCallable": Callable[..., Awaitable[T]],
        "T": T,
        "concurrent": concurrent,
        "logger": logging.getLogger("test"),
        "risky_operation": risky_operation,
        **names,
    }
    code = compile(textwrap.dedent(BLOCKS[name]), name, "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    result = eval(code, names)
    if inspect.iscoroutine(result):
        await result
    return names


def test_all_blocks_are_here():
    assert len(BLOCKS) == 16


async def test_task_executor():
    names = await run_block("01_task_executor")
    assert names["result"] == "Processed: data"
    assert names["results"] == ["Processed: item1", "Processed: item2", "Processed: item3"]


async def test_thread_pool():
    called = []
    free = {"cpu_intensive_function": lambda *args: called.append(args), "arg1": 1, "arg2": 2}
    names = await run_block("03_thread_pool", **free)
    await names["process_with_thread_pool"]()
    assert called == [(1, 2)]


async def test_error_handling_of_gather(capsys):
    names = await run_block("04_error_handling", tasks=[square(2), risky_operation()])
    await names["handle_execution_errors"]()
    assert capsys.readouterr().out == "Task failed: risky\n"


@pytest.mark.parametrize(
    "block, function",
    [
        ("05_async_queue", "producer_consumer"),
        ("07_priority_queue", "priority_queue_example"),
        ("08_lifo_queue", "lifo_queue_example"),
    ],
)
async def test_queues(block, function):
    names = await run_block(block)
    await names[function]()


async def test_items_are_retrieved_as_the_comments_say():
    for block, expected in [("07_priority_queue", "urgent task"), ("08_lifo_queue", "second")]:
        source = BLOCKS[block].rstrip() + "\n    return item\n"
        names = {}
        exec(source, names)
        (function,) = (each for name, each in names.items() if name.endswith("_example"))
        assert await function() == expected


def test_latch():
    # It counts down once instead of three times, and so waits for five seconds, in all loops concurrently.
    async def wait():
        names = await run_block("09_latch")
        await names["latch_example"]()

    with concurrent.futures.ThreadPoolExecutor(len(conftest.LOOPS)) as threads:
        list(threads.map(lambda loop: conftest.run(wait(), loop), conftest.LOOPS))


@pytest.mark.parametrize(
    "block, name", [("02_class_task_executor", "TaskExecutor"), ("06_class_async_queue", "AsyncQueue"), ("10_class_latch", "Latch")]
)
async def test_class_listings(block, name):
    if "[T]" in BLOCKS[block] and sys.version_info < (3, 12):
        pytest.skip("this syntax is for Python 3.12 and later")
    listed = (await run_block(block))[name]
    ours = getattr(mtaio.core, name)
    for member, function in vars(listed).items():
        if not inspect.isfunction(function):
            continue
        expected = inspect.signature(function).parameters
        found = inspect.signature(getattr(ours, member) if member != "__init__" else ours).parameters
        for parameter in expected.values():
            if parameter.name == "self":
                continue
            assert found[parameter.name].kind == parameter.kind, (name, member)
            assert found[parameter.name].default == parameter.default, (name, member)


async def test_best_practices():
    names = await run_block("11_resource_management")
    assert names["item"] == "item" and names["queue"].empty()
    names = await run_block("12_concurrency_control", long_running_tasks=[square(i) for i in range(20)])
    assert names["results"] == [i * i for i in range(20)]
    assert names["queue"].maxsize == 100


async def test_error_handling(caplog):
    async def risky_timeout():
        raise TimeoutError("slow")

    for operation, text in [(risky_operation, "Execution failed: task failed: ValueError: risky"), (risky_timeout, "slow")]:
        caplog.clear()
        names = await run_block("13_error_handling", risky_operation=operation)
        await names["handle_execution"]()
        assert text in caplog.text


async def test_performance_tips():
    done = []

    async def work(i):
        done.append(i)

    await run_block("14_task_batching", tasks=[work(i) for i in range(25)], chunks=chunks)
    assert done == list(range(25))
    assert (await run_block("15_queue_sizing"))["queue"].maxsize == 1000
    executor = (await run_block("16_resource_limits"))["executor"]
    assert await executor.run_in_thread(abs, -1) == 1


async def test_execution_error_is_what_run_raises():
    with pytest.raises(ExecutionError):
        await mtaio.core.TaskExecutor().run(risky_operation())
