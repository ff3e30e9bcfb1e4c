"""Partitions judged in this process, one after the other."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Protocol

from leadpact.verify.judging.operations import Cache
from leadpact.verify.log import Log
from leadpact.verify.partition import Job, Part, partition
from leadpact.verify.reading import Heard
from leadpact.verify.scratch import Scratch

Ended = Callable[[], Awaitable[list[Part]]]
"""Waits until all partitions are judged and their rows are in the scratch; the parts stand in the order of the jobs."""


class Judging(Protocol):
    """Judges partitions while other things are done; what is unfinished in the end is given up."""

    def __call__(self, jobs: Sequence[Job], scratch: Scratch, heard: Heard) -> AbstractAsyncContextManager[Ended]:
        """Begin; raises `VerifyError` in the end."""
        ...


class Here:
    """Begins only when the end is waited for: a log that stands at one partition at a time is enough."""

    def __init__(self, log: Log) -> None:
        self._log = log

    @asynccontextmanager
    async def __call__(self, jobs: Sequence[Job], scratch: Scratch, heard: Heard) -> AsyncIterator[Ended]:
        """Judge partitions; raises `Unreachable`."""
        hours = Cache()

        async def ended() -> list[Part]:
            return [await partition(job, self._log, scratch, hours, heard) for job in jobs]

        yield ended
