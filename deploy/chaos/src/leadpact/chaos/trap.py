"""Catching one of a service's workers at a place of its work: it stands still there until it is let go."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import psutil

from leadpact.kit.failpoints import Point

_LOOK = 0.05
Workers = Callable[[], Collection[psutil.Process]]


class Trap:
    """For one of a service's workers at a time, or nobody would be left to take over; `sprung` counts, by place.

    `arms`: the folder where a file named after a process tells its failpoint the place.
    """

    def __init__(self, arms: Path, sprung: Counter[Point]) -> None:
        self._arms = arms
        self._sprung = sprung
        self._set = asyncio.Lock()

    @asynccontextmanager
    async def catch(
        self, workers: Workers, point: Point, within: float, once_armed: Callable[[], object] = lambda: None
    ) -> AsyncIterator[psutil.Process]:
        """The first of `workers` that comes by the place, until the context is left: who has no work for it does not.

        Who is started meanwhile is armed too. `once_armed` brings it about. Raises `TimeoutError` when nobody came by
        in so many seconds.
        """
        if self._set.locked():
            raise TimeoutError("another stands still")
        async with self._set:
            armed = set[psutil.Process]()
            try:
                first = await self._first(workers, point, within, once_armed, armed)
                self._sprung[point] += 1
                yield first
            finally:
                for each in armed:
                    _let_go(each)

    async def _first(
        self,
        workers: Workers,
        point: Point,
        within: float,
        once_armed: Callable[[], object],
        armed: set[psutil.Process],
    ) -> psutil.Process:
        try:
            self._arm(workers, point, armed)
            once_armed()
            async with asyncio.timeout(within):
                while not any(map(_stands, armed)):
                    await asyncio.sleep(_LOOK)
                    self._arm(workers, point, armed)
        finally:
            for each in armed:
                self._file(each).unlink()
        await asyncio.sleep(_LOOK)  # another may have just read its file
        stand = list(filter(_stands, armed))
        for each in stand[1:]:
            _let_go(each)
        if not stand:
            raise TimeoutError("it has died meanwhile")
        return stand[0]

    def _arm(self, workers: Workers, point: Point, armed: set[psutil.Process]) -> None:
        for each in workers():
            if each not in armed:
                self._file(each).write_text(point)
                armed.add(each)

    def _file(self, process: psutil.Process) -> Path:
        return self._arms / str(process.pid)


def _let_go(process: psutil.Process) -> None:
    with suppress(psutil.Error):
        process.resume()


def _stands(process: psutil.Process) -> bool:
    with suppress(psutil.Error):
        return process.status() == psutil.STATUS_STOPPED
    return False
