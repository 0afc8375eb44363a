"""Destructors and weakref callbacks may run any code. They may even use the operation that drops the object."""

import asyncio
import contextlib
import contextvars
import gc
import sys
import warnings
import weakref

import pytest
from mtaio.core import AsyncQueue, Latch, LIFOQueue, PriorityQueue, TaskExecutor


@pytest.fixture(autouse=True, scope="module")
def nothing_else_to_collect():
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


class Item:
    pass


async def give(value):
    return value


def started(operation):
    """An operation that waits, and the object that it waits for."""
    return operation, operation.send(None)


def ended(operation):
    try:
        return operation.send(None)
    except StopIteration as stop:
        return stop.value


def workers_of_gather():
    return [each for each in asyncio.all_tasks() if each.get_coro().__qualname__ .startswith("TaskExecutor.gather")]


# --- Results of operations ---


async def test_results_that_refer_to_the_operation_may_be_dropped_by_the_next_one():
    async def time_out():
        async with asyncio.timeout(0.001):
            await asyncio.sleep(10)

    executor = TaskExecutor()
    for _ in range(5):
        await executor.gather(time_out(), time_out(), return_exceptions=True)


async def test_results_are_destroyed_when_the_program_drops_them():
    async def fail():
        error = ValueError()
        error.item = item
        error.task = asyncio.current_task()
        raise error

    executor = TaskExecutor()
    item = Item()
    seen = weakref.ref(item)
    results = await executor.gather(fail(), return_exceptions=True)
    del item, results
    gc.collect()
    assert seen() is None


@pytest.mark.parametrize("end", ["next", "send"])
def test_a_value_is_destroyed_with_the_stop_iteration_that_carried_it(end):
    queue = AsyncQueue()
    item = Item()
    seen = weakref.ref(item)
    queue.put_nowait(item)
    del item
    get = queue.get()
    with pytest.raises(StopIteration) as raised:
        next(get) if end == "next" else get.send(None)
    assert raised.value.value is seen()
    del raised
    gc.collect()
    assert seen() is None


def test_an_exception_that_was_kept_keeps_its_value():
    queue = AsyncQueue()
    caught = []
    for i in range(3):
        queue.put_nowait(i)
        try:
            next(queue.get())
        except StopIteration as stop:
            stop.args = (i,)
            caught.append(stop)
    queue.put_nowait("new")
    with pytest.raises(StopIteration) as raised:
        next(queue.get())
    assert [each.value for each in caught] == [0, 1, 2]
    assert raised.value.value == "new" and raised.value.args == () and repr(raised.value) == "StopIteration()"


async def test_the_destructor_of_a_value_may_end_other_operations():
    class Busy:
        def __del__(self):
            other = AsyncQueue()
            other.put_nowait(1)
            with pytest.raises(StopIteration):
                next(other.get())

    queue = AsyncQueue()
    for _ in range(3):
        await queue.put(Busy())
        await queue.get()
        queue.put_nowait(Busy())
        with pytest.raises(StopIteration):
            next(queue.get())


# --- Operations that run coroutines ---


async def test_an_asynchronous_iterator_may_end_the_map_that_pulls_it(monkeypatch):
    before = sys.get_asyncgen_hooks()
    seen = []

    def first(generator):
        seen.append(generator.__name__)
        mapping.close()

    async def numbers():
        yield 1

    mapping = TaskExecutor().map(give, numbers())
    mapping.send(None)
    sys.set_asyncgen_hooks(firstiter=first, finalizer=None)
    try:
        while len(seen) < 2:  # the package's own generator, and this one
            await asyncio.sleep(0)
    finally:
        sys.set_asyncgen_hooks(*before)
    await asyncio.sleep(0)
    with pytest.raises(RuntimeError):
        mapping.send(None)


async def test_workers_may_end_while_their_gather_is_about_to_wait():
    loop = asyncio.get_running_loop()
    if not isinstance(loop, asyncio.BaseEventLoop):
        return  # none of its methods can be replaced
    gather = TaskExecutor().gather(asyncio.Event().wait(), asyncio.Event().wait())
    waits_for = gather.send(None)
    waits_for.add_done_callback(repr)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    workers = workers_of_gather()

    def call_soon(callback, *arguments, **keywords):
        if callback is repr:
            for task in workers:
                task.get_coro().close()
        return type(loop).call_soon(loop, callback, *arguments, **keywords)

    loop.call_soon = call_soon
    try:
        with pytest.raises(KeyError):
            gather.throw(KeyError())
    finally:
        del loop.call_soon
    await asyncio.gather(*workers, return_exceptions=True)


async def test_the_destructor_of_an_iterator_may_close_the_map_that_drops_it():
    class Numbers:
        def __iter__(self):
            return self

        def __next__(self):
            return 1

        def __del__(self):
            with contextlib.suppress(ValueError):  # it is already executing
                mapping.close()
            closed.append(repr(mapping))

    closed = []
    for started in (True, False):
        mapping = TaskExecutor().map(give, Numbers(), Numbers(), limit=2)
        if started:
            mapping.send(None)
        mapping.close()
        await asyncio.sleep(0)
    assert len(closed) == 4 and all("done" in each for each in closed)


async def test_code_that_shows_a_worker_may_end_its_coroutine():
    class Shown:
        def __repr__(self):
            gather.close()
            for task in workers:
                with contextlib.suppress(asyncio.CancelledError, RuntimeError):
                    task.get_coro().close()
            return "shown"

    queue = AsyncQueue(1)
    queue.put_nowait(0)
    gather = TaskExecutor().gather(queue.put(slice(Shown(), Shown())))
    gather.send(None)
    await asyncio.sleep(0)
    workers = workers_of_gather()
    (worker,) = workers
    assert "shown" in repr(worker.get_coro())
    await asyncio.gather(*workers, return_exceptions=True)


# --- Operations that are being resumed ---


async def test_an_operation_cannot_be_used_while_it_executes():
    class Reenters:
        def __await__(self):
            for use in (lambda: run.send(None), lambda: next(run), lambda: run.throw(KeyError()), run.close):
                with pytest.raises(ValueError, match=r"^TaskExecutor.run\(\) is already executing$"):
                    use()
            assert "running None" in repr(run)
            return iter([])

    run = TaskExecutor().run(Reenters())
    assert await run is None


async def test_an_item_that_comes_while_a_get_is_about_to_wait_wakes_it():
    class Garbage:
        def __del__(self):
            queue.put_nowait("item")

    others = [started(AsyncQueue().get()) for _ in range(300)]  # so that its future is allocated
    queue = AsyncQueue()
    get = queue.get()
    before = gc.get_threshold()
    gc.disable()
    try:
        garbage = Garbage()
        garbage.itself = garbage
        del garbage
        gc.set_threshold(1)
        gc.enable()
        waits_for = ended(get)
    finally:
        gc.set_threshold(*before)
        gc.enable()
    for _ in range(3):
        await asyncio.sleep(0)
    assert waits_for == "item" or (waits_for.done() and ended(get) == "item")
    del others


@pytest.mark.parametrize("use", ["put", "get", "join"])
def test_a_queue_in_use_is_not_replaced(use):
    class Late(AsyncQueue):
        def __init__(self):
            if use != "get":
                self.put_nowait(1)
            self.operation = getattr(self, use)(*[2][: use == "put"])

            async def start():
                with contextlib.suppress(StopIteration):
                    self.operation.send(None)

            asyncio.run(start())
            with pytest.raises(RuntimeError, match="the queue has been used before"):
                super().__init__(5)
            self.operation.close()

    Late()


@pytest.mark.parametrize("make", [AsyncQueue.get, lambda queue: TaskExecutor().gather(queue.get())])
async def test_a_task_whose_operation_another_one_closes_does_not_wait_forever(make):
    queue = AsyncQueue()
    task = asyncio.create_task(make(queue))
    await asyncio.sleep(0)
    task.get_coro().close()
    with pytest.raises(RuntimeError, match="cannot reuse already awaited"):
        await asyncio.wait_for(task, 5)


# --- Cycles that the garbage collector clears, one object at a time ---


class Own(AsyncQueue):
    pass


async def put_in_a_full_queue():
    queue = Own(1)
    queue.put_nowait(1)
    queue.task = asyncio.create_task(queue.put(queue))
    await asyncio.sleep(0)


async def two_gets_of_which_one_was_served():
    queue = Own()
    queue.tasks = [asyncio.create_task(queue.get()) for _ in range(2)]
    await asyncio.sleep(0)
    queue.put_nowait(queue)


async def gather_of_operations():
    queue = Own()
    queue.task = asyncio.create_task(TaskExecutor().gather(queue.get(), queue.get()))
    await asyncio.sleep(0)
    await asyncio.sleep(0)


@pytest.mark.parametrize("waits", [put_in_a_full_queue, two_gets_of_which_one_was_served, gather_of_operations])
def test_tasks_that_wait_may_be_garbage_with_their_queues(waits):
    async def main():
        asyncio.get_running_loop().set_exception_handler(lambda *_: None)  # of tasks that were destroyed
        for _ in range(5):
            await waits()
            gc.collect()
            await asyncio.sleep(0)
            await asyncio.sleep(0)

    asyncio.run(main())


def test_a_task_that_a_finalizer_has_kept_continues():
    kept = []

    async def main():
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: kept.append(context["task"]))
        queue = Own()
        queue.task = asyncio.create_task(queue.get())
        await asyncio.sleep(0)
        del queue
        gc.collect()
        assert len(kept) == 1
        (queue,) = [each for each in gc.get_referents(kept[0].get_coro()) if isinstance(each, Own)]
        queue.put_nowait("item")
        assert await asyncio.wait_for(kept[0], 10) == "item"

    asyncio.run(main())


# --- Every kind of dropped object, with everything that its destructor may do ---


class Place:
    """The objects that the destructors can use."""

    def __init__(self, act):
        self.act = act
        self.ends = 0
        self.queue = AsyncQueue(2)
        self.latch = Latch(2)
        self.executor = TaskExecutor()
        self.operation = None
        self.references = []

    def end(self, *_):
        self.ends += 1
        with contextlib.suppress(Exception, asyncio.CancelledError):
            self.act(self)

    async def ending(self, wait=True):
        try:
            if wait:
                await asyncio.Event().wait()
            return self.object()
        finally:
            self.end()


class Deleted:
    def __init__(self, place):
        self.place = place

    def __call__(self, *_, **__):
        return 1

    def __del__(self):
        self.place.end()


class Watched:
    def __init__(self, place):
        place.references.append(weakref.ref(self, place.end))

    def __call__(self, *_, **__):
        return 1


class Cyclic(Deleted):
    """Part of a cycle: the garbage collector, which runs immediately here, destroys it."""

    def __init__(self, place):
        super().__init__(place)
        self.itself = self


def use_the_queue(place):
    queue = place.queue
    for use in (lambda: queue.put_nowait([1]), queue.get_nowait, queue.task_done, queue.qsize, lambda: repr(queue)):
        with contextlib.suppress(Exception):
            use()


def shut_the_queue_down(place):
    place.queue.shutdown(immediate=True)


def initialise_the_queue(place):
    place.queue.__init__(5)


def make_operations(place):
    queue, latch, executor = place.queue, place.latch, place.executor
    made = [queue.get(), queue.put(place.end), queue.join(), anext(queue), latch.wait(), executor.run(give(1))]
    made += [executor.gather(give(1), give(2)), executor.map(give, [1, 2]), executor.run_in_thread(id, 1)]
    for each in made[::2]:
        with contextlib.suppress(StopIteration):
            each.send(None)
    for each in made:
        with contextlib.suppress(Exception):
            each.close()


def step(place):
    place.operation.send(None)


def step_and_keep(place):
    place.kept = place.operation, next(place.operation, None)


def throw(place):
    place.operation.throw(KeyError())


def close(place):
    place.operation.close()


def drop(place):
    place.operation = None


def show(place):
    repr(place.operation), repr(place.queue), repr(place.executor)


def count_down(place):
    place.latch.count_down(5)


def collect(_):
    gc.collect()


ACTIONS = [use_the_queue, shut_the_queue_down, initialise_the_queue, make_operations, step, step_and_keep, throw, close]
ACTIONS += [drop, show, count_down, collect]


async def item_of_get(place):
    place.queue.put_nowait(place.object())
    place.operation = place.queue.get()
    await place.operation


async def item_of_get_nowait(place):
    place.queue.put_nowait(place.object())
    place.queue.get_nowait()


async def item_of_a_get_that_waited(place):
    place.operation, waits_for = started(place.queue.get())
    place.queue.put_nowait(place.object())
    await asyncio.sleep(0)
    ended(place.operation)


async def item_put_back(place):
    place.operation, waits_for = started(place.queue.get())
    place.queue.put_nowait(place.object())
    place.operation.close()
    place.queue.shutdown(immediate=True)


async def items_of_a_shutdown(place):
    place.queue.put_nowait(place.object())
    place.queue.put_nowait(place.object())
    place.operation, _ = started(place.queue.put(place.object()))
    place.queue.shutdown(immediate=True)
    place.operation.close()


def items_of_a_queue_that_goes(kind):
    async def go(place):
        queue = kind()
        for _ in range(3):
            queue.put_nowait(place.object())
        place.operation, _ = started(place.queue.get())
        del queue

    go.__name__ += "_" + kind.__name__
    return go


async def items_of_a_queue_in_a_cycle(place):
    queue = PriorityQueue()
    queue.put_nowait(place.object(), 2)
    queue.put_nowait(queue, 1)
    place.operation, _ = started(place.queue.get())
    del queue
    gc.collect()


async def item_of_a_put_that_is_closed(place):
    place.operation = place.queue.put(place.object())
    place.operation.close()


async def item_of_a_put_that_is_dropped(place):
    place.queue.put(place.object()).close()
    place.operation = place.queue.get()
    place.operation.close()


async def item_of_a_put_that_waits(place):
    place.queue.put_nowait(1)
    place.queue.put_nowait(2)
    place.operation, _ = started(place.queue.put(place.object()))
    place.operation.close()


async def what_is_thrown(place):
    place.operation, _ = started(place.queue.get())
    error = KeyError()
    error.object = place.object()
    with contextlib.suppress(KeyError):
        place.operation.throw(error)
    del error


async def callbacks_of_a_wait(place):
    for make in (place.queue.get, lambda: place.latch.wait(5), lambda: place.executor.gather(place.ending())):
        place.operation, waits_for = started(make())
        for _ in range(3):
            waits_for.add_done_callback(place.object())
        del waits_for
        with contextlib.suppress(Exception):
            place.operation.close()


async def callbacks_that_are_called(place):
    place.operation, waits_for = started(place.queue.get())
    for _ in range(3):
        waits_for.add_done_callback(place.object())
    del waits_for
    place.queue.put_nowait(1)
    await asyncio.sleep(0)
    with contextlib.suppress(Exception):
        place.operation.close()


async def callbacks_that_are_removed(place):
    place.operation, waits_for = started(place.queue.get())
    for each in (place.object(), place.object(), place.object()):
        waits_for.add_done_callback(each)
        waits_for.remove_done_callback(each)
        del each
    with contextlib.suppress(Exception):
        place.operation.close()


async def contexts_of_callbacks(place):
    variable = contextvars.ContextVar("variable")
    place.operation, waits_for = started(place.queue.get())
    for _ in range(2):
        context = contextvars.Context()
        context.run(variable.set, place.object())
        waits_for.add_done_callback(print, context=context)
        del context
    waits_for.remove_done_callback(print)
    with contextlib.suppress(Exception):
        place.operation.close()


async def comparisons_of_callbacks(place):
    class Equal:
        def __call__(self, *_):
            pass

        def __eq__(self, other):
            place.end()
            return True

    place.operation, waits_for = started(place.queue.get())
    for _ in range(3):
        waits_for.add_done_callback(Equal())
    waits_for.remove_done_callback(place.object())
    with contextlib.suppress(Exception):
        place.operation.close()


async def representations(place):
    class Shown:
        shown = False

        def __repr__(self):
            if not self.shown:
                self.shown = True
                place.end()
            return "shown"

    place.queue.put_nowait(slice(Shown(), Shown()))
    repr(place.queue)
    place.queue.put_nowait(place.object())
    place.operation, waits_for = started(place.queue.put(slice(Shown(), Shown())))
    repr(waits_for), repr(place.operation)
    place.operation = place.executor.run(place.queue.put(slice(Shown(), Shown())))
    repr(place.operation)
    with contextlib.suppress(Exception):
        place.operation.close()
    place.operation = place.executor.run_in_thread(Deleted(place))
    repr(place.operation)
    with contextlib.suppress(Exception):
        place.operation.close()


async def results_of_gather(place):
    place.operation = place.executor.gather(give(place.object()), give(place.object()))
    results = await place.operation
    del results


async def results_of_a_gather_that_fails(place):
    async def fail():
        await asyncio.sleep(0)
        raise KeyError

    place.operation = place.executor.gather(give(place.object()), give(place.object()), fail())
    with contextlib.suppress(Exception):
        await place.operation


async def failures_of_gather(place):
    async def fail():
        error = KeyError()
        error.object = place.object()
        raise error

    for return_exceptions in (True, False):
        place.operation = place.executor.gather(fail(), fail(), return_exceptions=return_exceptions)
        with contextlib.suppress(Exception):
            await place.operation


async def coroutines_of_a_gather_that_is_closed(place):
    for limit in (1, None):
        place.operation, _ = started(place.executor.gather(place.ending(), place.ending(), limit=limit))
        await asyncio.sleep(0)
        with contextlib.suppress(Exception):
            place.operation.close()
        await asyncio.sleep(0)


async def arguments_of_map(place):
    class Items:
        def __iter__(self):
            return self

        def __next__(self):
            return place.object()

        __del__ = place.end

    async def wait(*_):
        await asyncio.sleep(0)

    place.operation, _ = started(place.executor.map(wait, Items(), Items(), limit=2))
    await asyncio.sleep(0)
    with contextlib.suppress(Exception):
        place.operation.close()
    await asyncio.sleep(0)


async def what_map_applies(place):
    place.operation = place.executor.map(place.object(), [1, 2])
    with contextlib.suppress(Exception):
        place.operation.close()
    place.operation = place.executor.map(give, [place.object(), place.object()])
    with contextlib.suppress(Exception):
        await place.operation


async def coroutine_of_run(place):
    for timeout in (None, 5, 0):
        place.operation = place.executor.run(place.ending(False), timeout=timeout)
        with contextlib.suppress(Exception):
            await place.operation
    place.operation, _ = started(place.executor.run(place.ending()))
    with contextlib.suppress(Exception):
        place.operation.close()


async def arguments_of_a_thread(place):
    place.operation = place.executor.run_in_thread(place.object(), place.object(), key=place.object())
    with contextlib.suppress(Exception):
        await place.operation
    place.operation = place.executor.run_in_thread(place.object(), place.object(), key=place.object())
    with contextlib.suppress(Exception):
        place.operation.close()


async def result_of_a_thread(place):
    place.operation = place.executor.run_in_thread(place.object)
    with contextlib.suppress(Exception):
        await place.operation
    place.operation, _ = started(place.executor.run_in_thread(place.object))
    await asyncio.sleep(0.001)
    with contextlib.suppress(Exception):
        place.operation.close()


async def failure_of_a_thread(place):
    def fail():
        error = KeyError()
        error.object = place.object()
        raise error

    place.operation = place.executor.run_in_thread(fail)
    with contextlib.suppress(Exception):
        await place.operation


PLACES = [item_of_get, item_of_get_nowait, item_of_a_get_that_waited, item_put_back, items_of_a_shutdown]
PLACES += [items_of_a_queue_that_goes(kind) for kind in (AsyncQueue, PriorityQueue, LIFOQueue)]
PLACES += [items_of_a_queue_in_a_cycle, item_of_a_put_that_is_closed, item_of_a_put_that_is_dropped]
PLACES += [item_of_a_put_that_waits, what_is_thrown, callbacks_of_a_wait, callbacks_that_are_called]
PLACES += [callbacks_that_are_removed, contexts_of_callbacks, comparisons_of_callbacks, representations]
PLACES += [results_of_gather, results_of_a_gather_that_fails, failures_of_gather]
PLACES += [coroutines_of_a_gather_that_is_closed, arguments_of_map, what_map_applies, coroutine_of_run]
PLACES += [arguments_of_a_thread, result_of_a_thread, failure_of_a_thread]


@pytest.mark.parametrize("action", ACTIONS, ids=lambda each: each.__name__)
@pytest.mark.parametrize("kind", [Deleted, Watched, Cyclic], ids=lambda each: each.__name__.lower())
@pytest.mark.parametrize("dropped", PLACES, ids=lambda each: each.__name__)
def test_the_destructor_of_a_dropped_object_may_do_anything(dropped, kind, action):
    place = Place(action)
    place.object = lambda: kind(place)

    async def main():
        asyncio.get_running_loop().set_exception_handler(lambda *_: None)
        with contextlib.suppress(Exception, asyncio.CancelledError):
            await dropped(place)
        gc.collect()
        await asyncio.sleep(0)
        place.operation = None
        gc.collect()
        assert place.ends > 0

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of coroutines that were closed while they ran
        asyncio.run(asyncio.wait_for(main(), 20))
