"""Methods that return awaitables look async to inspect, and otherwise behave as methods."""

import asyncio
import functools
import gc
import inspect
import pickle
import pydoc
import types
import weakref
from unittest import mock

import pytest

from mtaio.core import AsyncQueue, Latch, LIFOQueue, PriorityQueue, TaskExecutor

QUEUES = [AsyncQueue, PriorityQueue, LIFOQueue]
METHODS = [
    *((queue, name) for queue in QUEUES for name in ("put", "get", "join")),
    (Latch, "wait"),
    *((TaskExecutor, name) for name in ("run", "gather", "map", "run_in_thread", "cancel_all", "close")),
]
# A method that takes effect at the call may be a callback of a loop, which refuses async functions.
CALLS = [*((queue, name) for queue in QUEUES for name in ("put_nowait", "get_nowait", "task_done", "shutdown", "qsize"))]
CALLS += [(Latch, "count_down"), (Latch, "get_count"), (TaskExecutor, "create_task")]


def make(cls):
    return cls(1) if cls is Latch else cls()


async def double(i):
    return 2 * i


@pytest.mark.parametrize("cls, name", METHODS)
def test_a_method_whose_result_is_awaited_is_async_to_inspect(cls, name):
    for method in (getattr(cls, name), getattr(make(cls), name)):
        assert inspect.iscoroutinefunction(method) and asyncio.iscoroutinefunction(method)
        assert asyncio.iscoroutinefunction(functools.partial(method))
        assert inspect.isroutine(method)


@pytest.mark.parametrize("cls, name", CALLS)
def test_a_method_that_takes_effect_at_the_call_is_not_async_to_inspect(cls, name):
    for method in (getattr(cls, name), getattr(make(cls), name)):
        assert not inspect.iscoroutinefunction(method) and not asyncio.iscoroutinefunction(method)


async def test_a_latch_may_be_counted_down_by_the_loop():
    latch = Latch(2)
    asyncio.get_running_loop().call_soon(latch.count_down)
    asyncio.get_running_loop().call_soon_threadsafe(latch.count_down, 1)
    assert await latch.wait(timeout=60)


SIGNATURES = {
    (AsyncQueue, "put"): "(self, /, item)",
    (PriorityQueue, "put"): "(self, /, item, priority=0)",
    (LIFOQueue, "get"): "(self, /)",
    (Latch, "wait"): "(self, /, timeout=None)",
    (TaskExecutor, "run"): "(self, /, coro, *, timeout=None)",
    (TaskExecutor, "run_in_thread"): "(self, func, /, *args, **kwargs)",
    (TaskExecutor, "close"): "(self) -> 'Coroutine[Any, Any, None]'",
}


@pytest.mark.parametrize("cls, name", SIGNATURES)
def test_signatures_and_help_are_those_of_the_method(cls, name):
    signature = SIGNATURES[cls, name]
    assert str(inspect.signature(getattr(cls, name))) == signature
    bound = list(inspect.signature(getattr(cls, name)).parameters.values())[1:]
    assert list(inspect.signature(getattr(make(cls), name)).parameters.values()) == bound
    text = pydoc.plain(pydoc.render_doc(cls))
    assert f"async {name}{signature}" in text
    assert inspect.getdoc(getattr(cls, name)).splitlines()[0] in text
    assert inspect.getdoc(getattr(make(cls), name)) == inspect.getdoc(getattr(cls, name))
    assert name in pydoc.plain(pydoc.render_doc(getattr(make(cls), name)))


@pytest.mark.parametrize("cls, name", METHODS)
def test_names_are_those_of_a_method(cls, name):
    function, bound = getattr(cls, name), getattr(make(cls), name)
    assert (function.__name__, bound.__name__) == (name, name)
    assert function.__qualname__.endswith("." + name) and bound.__qualname__ == function.__qualname__
    assert function.__module__.startswith("mtaio.") and bound.__module__ == function.__module__
    assert function.__qualname__ in repr(function) and f"bound method {function.__qualname__} of <" in repr(bound)
    assert bound.__func__ is function and isinstance(bound.__self__, cls)
    assert isinstance(function, types.FunctionType) and isinstance(bound, types.MethodType)
    assert isinstance(function.__globals__, dict) and inspect.get_annotations(function) is not None
    with pytest.raises(AttributeError):
        function.nonsense
    with pytest.raises(AttributeError):
        bound.nonsense


@pytest.mark.parametrize("cls, name", METHODS)
def test_methods_can_be_compared_hashed_pickled_and_referred_to_weakly(cls, name):
    of, other = make(cls), make(cls)
    assert getattr(of, name) == getattr(of, name) != getattr(other, name)
    assert getattr(of, name) != name
    assert len({getattr(of, name), getattr(of, name), getattr(other, name)}) == 2
    for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
        assert pickle.loads(pickle.dumps(getattr(cls, name), protocol)) is getattr(cls, name)
    assert getattr(of, name).__reduce__()[0](*getattr(of, name).__reduce__()[1]) == getattr(of, name)
    assert weakref.ref(getattr(cls, name))() is getattr(cls, name)
    method = weakref.WeakMethod(getattr(of, name))
    assert method() == getattr(of, name)
    del of
    gc.collect()
    assert method() is None


async def test_a_bound_method_can_be_called_in_every_way():
    queue, executor, latch = PriorityQueue(), TaskExecutor(), Latch(0)
    put = queue.put
    for call in [
        queue.put("a", 3),
        queue.put("a", priority=3),
        queue.put(item="a", priority=3),
        queue.put(*["a"], **{"priority": 3}),
        put("a", 3),
        PriorityQueue.put(queue, "a", 3),
        PriorityQueue.put(queue, item="a", priority=3),
        functools.partial(put, "a")(priority=3),
        PriorityQueue.put.__get__(queue)("a"),
    ]:
        assert await call is None
        assert await queue.get() == "a"
    assert await latch.wait(1) is await latch.wait(timeout=1) is await Latch.wait(latch, timeout=1) is True
    gather = executor.gather
    for call in [
        executor.gather(double(1), double(2), limit=1),
        executor.gather(*[double(1), double(2)], limit=1),
        executor.gather(*[double(1), double(2)]),
        gather(double(1), double(2), limit=1),
        TaskExecutor.gather(executor, double(1), double(2), limit=1),
        TaskExecutor.gather(executor, *[double(1), double(2)], **{"limit": 1}),
    ]:
        assert await call == [2, 4]
    assert await executor.run_in_thread(dict, a=1) == await TaskExecutor.run_in_thread(executor, dict, a=1) == {"a": 1}
    assert await TaskExecutor.map(executor, double, [1]) == [2]


@pytest.mark.parametrize("cls, name", METHODS)
def test_a_method_refuses_objects_of_other_classes(cls, name):
    function = getattr(cls, name)
    with pytest.raises((TypeError, AttributeError)):
        function()
    for other in (3, object(), AsyncQueue() if cls is not AsyncQueue else Latch(1)):
        with pytest.raises((TypeError, AttributeError)):
            function(other)
        with pytest.raises((TypeError, AttributeError)):
            function.__get__(other)()


async def test_subclasses_override_and_extend_them():
    class Logged(AsyncQueue):
        async def put(self, item):
            log.append(item)
            await super().put(item)

        def get(self):
            log.append("get")
            return super().get()

    class Careful(TaskExecutor):
        async def gather(self, *coroutines, **keywords):
            return await super().gather(*coroutines, **{"limit": 1, **keywords})

    log, queue = [], Logged()
    await queue.put(3)
    assert await queue.get() == 3
    assert log == [3, "get"]
    assert await Careful().gather(double(1), double(2)) == [2, 4]
    assert inspect.iscoroutinefunction(queue.put) and not inspect.iscoroutinefunction(queue.get)
    assert inspect.iscoroutinefunction(queue.join)


# unittest.mock


@pytest.mark.parametrize("instance", [False, True])
@pytest.mark.parametrize("queue", QUEUES)
async def test_a_queue_with_autospec_can_be_awaited_and_knows_its_parameters(queue, instance):
    made = mock.create_autospec(queue, instance=instance)
    mocked = made if instance else made()
    mocked.get.return_value = 3
    assert await mocked.put("item") is not None and await mocked.get() == 3
    await mocked.join()
    mocked.put.assert_awaited_once_with("item")
    mocked.put_nowait("item")
    assert not inspect.isawaitable(mocked.put_nowait("item"))
    for wrong in [
        lambda: mocked.put(),
        lambda: mocked.put(1, 2, 3),
        lambda: mocked.put(1, most=2),
        lambda: mocked.get(1),
    ]:
        with pytest.raises(TypeError):
            await wrong()
    with pytest.raises(AttributeError):
        mocked.nonsense


async def test_an_executor_is_mocked():
    for mocked in (mock.AsyncMock(spec=TaskExecutor), mock.create_autospec(TaskExecutor, instance=True)):
        for name in ("run", "gather", "map", "run_in_thread"):
            getattr(mocked, name).return_value = name
        assert await mocked.run("anything") == "run" and await mocked.gather(1, 2, limit=3) == "gather"
        assert await mocked.map(double, [1]) == "map" and await mocked.run_in_thread(int) == "run_in_thread"
        await mocked.cancel_all()
        await mocked.close()
    with pytest.raises(TypeError):
        await mocked.run()
    with pytest.raises(TypeError):
        await mocked.gather(1, most=2)
    with pytest.raises(TypeError):
        await mocked.map()


async def test_methods_are_patched_with_autospec():
    queue, executor = AsyncQueue(), TaskExecutor()
    with mock.patch.object(AsyncQueue, "get", autospec=True, return_value=3) as get:
        assert await queue.get() == 3
        get.assert_awaited_once_with(queue)
        with pytest.raises(TypeError):
            await queue.get(1)
    with mock.patch.object(TaskExecutor, "gather", autospec=True, return_value=[]) as gather:
        assert await executor.gather(1, 2, limit=3) == []
        gather.assert_awaited_once_with(executor, 1, 2, limit=3)
        with pytest.raises(TypeError):
            await executor.gather(most=3)
    with mock.patch.object(executor, "map", autospec=True, return_value=[]) as patched:
        assert await executor.map(double, [1]) == []
        patched.assert_awaited_once_with(double, [1])
    queue.put_nowait(4)
    assert await queue.get() == 4 and await executor.gather(double(1)) == [2]


def test_the_loop_refuses_one_as_a_callback_in_debug_mode():
    loop = asyncio.new_event_loop()
    loop.set_debug(True)
    with pytest.raises(TypeError, match="coroutines cannot be used"):
        loop.call_soon(AsyncQueue().put, 1)
    loop.close()
