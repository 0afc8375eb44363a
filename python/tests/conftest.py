"""Every test that is a coroutine function runs on asyncio, in asyncio's debug mode, and on uvloop if it is there."""

import asyncio
import gc
import inspect
import sys
import warnings

import pytest

try:
    import uvloop
except ImportError:
    uvloop = None

LOOPS = {"asyncio": {}, "debug": {"debug": True}}
if uvloop is not None:
    LOOPS["uvloop"] = {"loop_factory": uvloop.new_event_loop}


def run(main, loop):
    """Runs a coroutine. It may leave no task, cause no warning, and call no handler of the loop."""
    complaints = []

    async def watched():
        asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
        result = await asyncio.wait_for(main, 60)
        left = asyncio.all_tasks() - {asyncio.current_task()}
        assert not left, f"left running: {left}"
        return result

    with asyncio.Runner(**LOOPS[loop]) as runner:
        result = runner.run(watched())
    gc.collect()
    assert not complaints, complaints
    return result


def pytest_configure(config):
    # While a test runs, pytest itself handles unraisable exceptions, and only warns of them.
    config.addinivalue_line("filterwarnings", "error::pytest.PytestUnraisableExceptionWarning")
    config.addinivalue_line("markers", "forgets: the test drops operations that were never awaited")


def pytest_generate_tests(metafunc):
    if inspect.iscoroutinefunction(metafunc.function):
        metafunc.fixturenames.append("loop_name")
        metafunc.parametrize("loop_name", LOOPS)


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem):
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    arguments = {name: pyfuncitem.funcargs[name] for name in inspect.signature(pyfuncitem.obj).parameters}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        if pyfuncitem.get_closest_marker("forgets"):
            warnings.filterwarnings("ignore", ".* was never awaited", RuntimeWarning)
        run(pyfuncitem.obj(**arguments), pyfuncitem.callspec.params["loop_name"])
    return True


@pytest.fixture(autouse=True)
def no_unraisable_errors(monkeypatch):
    """An unraisable exception, or a warning of a coroutine that was never awaited, fails the test."""
    seen = []
    monkeypatch.setattr(sys, "unraisablehook", lambda each: seen.append((each.exc_value, each.object)))
    gc.freeze()  # collections in this test then skip the objects of pytest and of other tests
    yield
    gc.collect()
    assert not seen, seen
