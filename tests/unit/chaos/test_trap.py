"""Who comes by a place first is caught there, though it is not known beforehand who has work for it."""

import asyncio
import sys
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import psutil
import pytest

from leadpact.chaos.trap import Trap
from leadpact.kit.failpoints import Point
from leadpact.testkit.eventually import eventually

WORKER = """
import signal, sys, time
from leadpact.chaos.failing import parse
from leadpact.kit.failpoints import Point
points = parse(f"stop @{sys.argv[1]}/%p")
signal.signal(signal.SIGTERM, lambda *_: points.passed(Point.HAND_OVER))
print("ready", flush=True)
while True:
    for name in sys.argv[2:]:
        points.passed(Point(name))
    time.sleep(0.01)
"""
Start = Callable[..., Awaitable[psutil.Process]]


@pytest.fixture
async def start(tmp_path: Path) -> AsyncIterator[Start]:
    """Starts a process that comes by these places, and by handing over when it is asked to end."""
    started = []

    async def worker(*places: Point) -> psutil.Process:
        program = await asyncio.create_subprocess_exec(
            sys.executable, "-c", WORKER, str(tmp_path), *places, stdout=asyncio.subprocess.PIPE
        )
        started.append(program)
        assert program.stdout is not None
        await program.stdout.readline()
        return psutil.Process(program.pid)

    yield worker
    for program in started:
        if program.returncode is None:
            program.kill()
        await program.wait()


def stands(process: psutil.Process) -> bool:
    return process.status() == psutil.STATUS_STOPPED


def set_in(arms: Path) -> tuple[Trap, Counter[Point]]:
    """A trap, and what it counts."""
    sprung: Counter[Point] = Counter()
    return Trap(arms, sprung), sprung


def nobody_armed(arms: Path) -> bool:
    return not list(arms.iterdir())


async def test_who_has_no_work_for_the_place_is_left_alone_and_who_has_it_stands_until_it_is_let_go(
    start: Start, tmp_path: Path
) -> None:
    idle, busy = await start(), await start(Point.BEFORE_FENCE, Point.AFTER_SEND)
    trap, sprung = set_in(tmp_path)
    async with trap.catch(lambda: [idle, busy], Point.AFTER_SEND, within=20) as caught:
        assert caught == busy and stands(busy) and not stands(idle)
    await eventually(lambda: not stands(busy), within=10)
    assert sprung == {Point.AFTER_SEND: 1}
    assert nobody_armed(tmp_path)


async def test_only_one_of_two_that_come_by_stands(start: Start, tmp_path: Path) -> None:
    both = [await start(Point.BEFORE_FENCE), await start(Point.BEFORE_FENCE)]
    async with set_in(tmp_path)[0].catch(lambda: both, Point.BEFORE_FENCE, within=20) as caught:
        (other,) = (each for each in both if each != caught)
        await eventually(lambda: not stands(other), within=10)
        assert stands(caught)


async def test_who_is_started_meanwhile_is_armed_too(start: Start, tmp_path: Path) -> None:
    living = [await start()]
    trap, _ = set_in(tmp_path)

    async def started() -> None:
        living[:] = [await start(Point.BEFORE_FENCE)]

    later: list[asyncio.Task[None]] = []
    async with trap.catch(
        lambda: living, Point.BEFORE_FENCE, 20, lambda: later.append(asyncio.create_task(started()))
    ) as caught:
        assert [caught] == living
    assert nobody_armed(tmp_path)


async def test_what_brings_it_about_is_done_once_they_are_armed(start: Start, tmp_path: Path) -> None:
    giver = await start()
    trap, sprung = set_in(tmp_path)
    async with trap.catch(lambda: [giver], Point.HAND_OVER, 20, giver.terminate):
        giver.kill()
    assert sprung == {Point.HAND_OVER: 1}


async def test_nobody_comes_by_and_nobody_stays_armed(start: Start, tmp_path: Path) -> None:
    trap, sprung = set_in(tmp_path)
    elsewhere = await start(Point.BEFORE_FENCE)
    with pytest.raises(TimeoutError):
        async with trap.catch(lambda: [elsewhere], Point.AFTER_SEND, within=0.1):
            raise AssertionError
    assert sprung == {} and nobody_armed(tmp_path)


async def test_while_one_stands_still_no_other_is_caught(start: Start, tmp_path: Path) -> None:
    (trap, _), workers = set_in(tmp_path), [await start(Point.BEFORE_FENCE) for _ in range(2)]
    async with trap.catch(lambda: workers[:1], Point.BEFORE_FENCE, within=20):
        with pytest.raises(TimeoutError, match="another stands still"):
            async with trap.catch(lambda: workers[1:], Point.BEFORE_FENCE, within=20):
                raise AssertionError
        assert not stands(workers[1])
