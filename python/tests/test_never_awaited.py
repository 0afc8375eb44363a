"""Operations that were made and never awaited: in the debug modes there is a warning, as for a coroutine."""

import asyncio
import gc
import subprocess
import sys
import textwrap
import warnings
from concurrent.futures import ThreadPoolExecutor

import pytest
from mtaio.core import AsyncQueue, Latch, LIFOQueue, PriorityQueue, TaskExecutor

try:
    import bridge_example as bridge
except ImportError:
    bridge = None


async def give(value):
    return value


def ignore(_):
    pass


def executor_with_pool():
    return TaskExecutor(ThreadPoolExecutor(1))


OPERATIONS = {
    "AsyncQueue.put": lambda: AsyncQueue().put(1),
    "AsyncQueue.get": lambda: AsyncQueue().get(),
    "AsyncQueue.join": lambda: AsyncQueue().join(),
    "AsyncQueue.__anext__": lambda: anext(AsyncQueue()),
    "PriorityQueue.put": lambda: PriorityQueue().put(1, priority=2),
    "LIFOQueue.get": lambda: LIFOQueue().get(),
    "Latch.wait": lambda: Latch(1).wait(1),
    "TaskExecutor.run": lambda: TaskExecutor().run(give(1)),
    "TaskExecutor.gather": lambda: TaskExecutor().gather(give(1), give(2)),
    "TaskExecutor.map": lambda: TaskExecutor().map(give, [1]),
    "TaskExecutor.run_in_thread": lambda: TaskExecutor().run_in_thread(id, 1),
    "TaskExecutor.cancel_all": lambda: TaskExecutor().cancel_all(),
    "TaskExecutor.close": lambda: TaskExecutor().close(),
}
all_operations = pytest.mark.parametrize("name", OPERATIONS)


def debugged(function, *, debug=True):
    """The warnings while a function ran in a loop."""

    async def main():
        with warnings.catch_warnings(record=True) as seen:
            warnings.simplefilter("always")
            function()
            gc.collect()
        return [str(each.message) for each in seen if issubclass(each.category, RuntimeWarning)]

    return asyncio.run(main(), debug=debug)


@all_operations
def test_there_is_a_warning(name):
    assert debugged(OPERATIONS[name]) == [f"{name}() was never awaited"]


def test_there_is_a_warning_of_a_call_in_a_pool():
    executor = executor_with_pool()
    assert debugged(lambda: executor.run_in_thread(id, 1)) == ["TaskExecutor.run_in_thread() was never awaited"]


@pytest.mark.skipif(bridge is None, reason="the example is not built")
def test_there_is_a_warning_of_a_task_in_cpp():
    assert debugged(lambda: bridge.add_slowly(1, 2, 0)) == ["add_slowly() was never awaited"]
    assert debugged(lambda: TaskExecutor().run(bridge.add_slowly(1, 2, 0))) == ["TaskExecutor.run() was never awaited"]


@all_operations
def test_outside_the_debug_modes_there_is_no_warning(name):
    assert debugged(OPERATIONS[name], debug=False) == []
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        OPERATIONS[name]()
        gc.collect()


@all_operations
def test_there_is_a_warning_of_an_operation_in_a_cycle(name):
    class Holder:
        pass

    def drop():
        holder = Holder()
        holder.itself, holder.operation = holder, OPERATIONS[name]()

    # Its coroutine may have been finalized first.
    assert debugged(drop)[-1] == f"{name}() was never awaited"


@all_operations
def test_there_is_no_warning_of_an_operation_that_was_closed_or_awaited(name):
    def close():
        OPERATIONS[name]().close()

    def throw():
        with pytest.raises(KeyError):
            OPERATIONS[name]().throw(KeyError())

    def step():
        operation = OPERATIONS[name]()
        try:
            operation.send(None)
        except (StopIteration, StopAsyncIteration):
            pass
        else:
            operation.close()

    def make_a_task():
        asyncio.get_running_loop().create_task(OPERATIONS[name]()).cancel()

    for use in (close, throw, step, make_a_task):
        assert debugged(use) == []


def test_the_result_of_count_down_may_be_ignored():
    assert debugged(lambda: Latch(2).count_down()) == []


@all_operations
def test_there_is_no_second_warning_of_an_operation_inside_another_one(name):
    executor = TaskExecutor()
    assert debugged(lambda: executor.run(OPERATIONS[name]())) == ["TaskExecutor.run() was never awaited"]
    gathered = debugged(lambda: executor.gather(OPERATIONS[name](), give(1)))
    assert gathered == ["TaskExecutor.gather() was never awaited"]
    assert debugged(lambda: executor.run(OPERATIONS[name]()).close()) == []


def test_there_is_no_warning_of_an_operation_that_another_one_did_not_start():
    async def main():
        async def fail():
            raise KeyError

        with warnings.catch_warnings():
            warnings.simplefilter("error")
            queue = AsyncQueue()
            (error,) = await asyncio.gather(
                TaskExecutor().gather(fail(), queue.put(1), queue.get(), limit=1), return_exceptions=True
            )
            assert isinstance(error.__cause__, KeyError)
            with pytest.raises(ValueError):
                TaskExecutor().gather(queue.put(1), limit=0)

    asyncio.run(main(), debug=True)


def test_there_is_a_warning_of_each_operation_although_their_memory_is_used_again():
    def forget():
        for _ in range(3):
            AsyncQueue().get()
            AsyncQueue().get().close()
            holder = [AsyncQueue().get()]
            holder.append(holder)
            del holder
            gc.collect()

    assert debugged(forget) == 6 * ["AsyncQueue.get() was never awaited"]


def test_an_operation_that_the_warning_has_kept_can_still_be_used():
    async def main():
        with warnings.catch_warnings(record=True) as seen:
            warnings.simplefilter("always")
            AsyncQueue().put(1)
            TaskExecutor().run(give(5))
        put, run = (each.source for each in seen)
        assert await put is None
        assert await run == 5

    asyncio.run(main(), debug=True)


def test_a_warning_that_is_an_error_is_passed_to_the_hook_and_the_exception_that_is_set_stays(monkeypatch):
    seen = []
    monkeypatch.setattr(sys, "unraisablehook", lambda each: seen.append((repr(each.exc_value), repr(each.object))))

    class Raises:
        def __init__(self):
            self.operation = AsyncQueue().get()

        def __await__(self):
            raise KeyError("raised")

    async def main():
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            queue = AsyncQueue()
            queue.shutdown()
            with pytest.raises(Exception, match="was shut down"):
                put = queue.put(queue.get())
                await put
            del put
            with pytest.raises(Exception, match="raised"):
                await TaskExecutor().run(Raises())
            gc.collect()

    asyncio.run(main(), debug=True)
    assert len(seen) == 2 and all("AsyncQueue.get() was never awaited" in error for error, _ in seen)
    assert all(each.startswith("<AsyncQueue.get(), not awaited yet") for _, each in seen)


def run_python(program, *options):
    done = subprocess.run(
        [sys.executable, *options, "-c", textwrap.dedent(program)], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stderr


def test_the_warning_shows_where_the_operation_was_made_and_dropped():
    for make in ("AsyncQueue().get()", "TaskExecutor().close()"):
        program = f"""
            from mtaio.core import AsyncQueue, TaskExecutor
            operation = {make}
            operation = None
        """
        said = run_python(program, "-X", "dev", "-X", "tracemalloc=5")
        assert said.startswith("<string>:4: RuntimeWarning: ")
        # In some versions of Python, tracemalloc does not know objects with a __dict__.
        assert 'File "<string>", lineno 3' in said or make.startswith("TaskExecutor")


def test_in_development_mode_there_is_a_warning_without_a_loop():
    program = "from mtaio.core import AsyncQueue; AsyncQueue().put(1)"
    assert "RuntimeWarning: AsyncQueue.put() was never awaited" in run_python(program, "-X", "dev")
    assert run_python(program) == ""


def test_at_the_interpreters_exit_there_is_no_warning():
    program = """
        import sys
        from mtaio.core import AsyncQueue, TaskExecutor
        class Kept:
            pass
        Kept.operations = [AsyncQueue().put(1), TaskExecutor().run(AsyncQueue().get()), TaskExecutor().close()]
        Kept.itself = Kept
        sys.kept = Kept
    """
    assert run_python(program, "-X", "dev", "-W", "error") == ""
