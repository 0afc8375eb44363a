import asyncio
import math
import threading
import time

import pytest

from mtaio.core import Latch


async def settle():
    for _ in range(5):
        await asyncio.sleep(0)


async def test_wait_returns_when_the_count_is_zero():
    latch = Latch(2)
    waiting = [asyncio.create_task(latch.wait()) for _ in range(3)]
    await settle()
    await latch.count_down()
    await settle()
    assert not any(each.done() for each in waiting)
    assert latch.get_count() == 1
    await latch.count_down()
    assert await asyncio.gather(*waiting) == [True, True, True]
    assert await latch.wait() is True


async def test_count_down_takes_effect_at_the_call_and_stops_at_zero():
    latch = Latch(3)
    latch.count_down(2)
    assert latch.get_count() == 1
    await latch.count_down(5)
    assert latch.get_count() == 0


async def test_a_latch_of_zero_is_open():
    assert await Latch(0).wait() is True
    assert await Latch(0).wait(timeout=0) is True


async def test_a_timeout_gives_false_and_leaves_the_latch_as_it_was():
    latch = Latch(1)
    began = time.monotonic()
    assert await latch.wait(timeout=0.02) is False
    assert time.monotonic() - began >= 0.019
    assert await latch.wait(0) is False
    assert await latch.wait(-1) is False
    assert latch.get_count() == 1
    waiting = asyncio.create_task(latch.wait(timeout=math.inf))
    await settle()
    latch.count_down()
    assert await waiting is True
    assert await latch.wait(timeout=30) is True


async def test_a_cancelled_wait_leaves_the_others_waiting():
    latch = Latch(1)
    first, second = (asyncio.create_task(latch.wait(timeout=60)) for _ in range(2))
    await settle()
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    latch.count_down()
    assert await second is True


async def test_the_latch_beats_a_timeout_that_fires_in_the_same_turn():
    for _ in range(50):
        latch = Latch(1)
        waiting = asyncio.create_task(latch.wait(timeout=0.0005))
        await asyncio.sleep(0.0005)
        latch.count_down()
        assert await waiting in (True, False)


async def test_threads_count_down():
    latch = Latch(8)
    threads = [threading.Thread(target=latch.count_down) for _ in range(8)]
    for thread in threads:
        thread.start()
    assert await latch.wait(timeout=30) is True
    for thread in threads:
        thread.join()


def test_bad_arguments():
    with pytest.raises(ValueError, match=r"Latch\(-1\): the count cannot be negative"):
        Latch(-1)
    with pytest.raises(TypeError):
        Latch()
    with pytest.raises(TypeError):
        Latch("1")
    with pytest.raises(ValueError):
        Latch(1).count_down(-1)
    with pytest.raises(ValueError, match="nan"):
        Latch(1).wait(timeout=math.nan)
    with pytest.raises(TypeError):
        Latch(1).wait(timeout="1")


@pytest.mark.forgets
async def test_repr_shows_the_state():
    latch = Latch(3)
    assert "count=3" in repr(latch)
    assert repr(latch.wait()).startswith("<Latch.wait(), not awaited yet, of <Latch at")
    latch.count_down(3)
    assert "open" in repr(latch)
