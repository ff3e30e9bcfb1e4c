"""Partitions judged by several processes: each reads the log by itself, into scratches in files that the parent takes.

A process of which nothing more is heard before its partition has ended is an error, never a clean result.
"""

import asyncio
import gc
import os
import signal
from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from multiprocessing import get_context, resource_tracker
from multiprocessing.connection import Connection
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory
from typing import Protocol

from leadpact.verify.errors import Died, VerifyError
from leadpact.verify.here import Ended
from leadpact.verify.judging.operations import Cache
from leadpact.verify.log import Log
from leadpact.verify.partition import Job, Part, partition
from leadpact.verify.reading import Heard
from leadpact.verify.scratch import Scratch

_WORTH_ONE = 20_000
"""Records for which another process is worth its start."""
_SPAWN = get_context("spawn")
_ENDS_WITHIN = 5.0
_RARELY = 50_000, 20, 20


def fitting(records: int, most: int) -> int:
    """How many processes judge so many records in `most` partitions: one for each core that this one may use."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(cores, most, 1 + records // _WORTH_ONE)


class Unopened(Log, Protocol):
    """A log that can travel to another process before it is opened there."""

    async def open(self) -> None:
        """Connect; raises `Unreachable`."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...


class Processes:
    """So many processes, each with a log of its own; they end with the judging."""

    def __init__(self, log: Unopened, number: int) -> None:
        self._log = log
        self._number = number

    @asynccontextmanager
    async def __call__(self, jobs: Sequence[Job], scratch: Scratch, heard: Heard) -> AsyncIterator[Ended]:
        """Judge partitions; raises `Unreachable` and `Died`, as soon as they happen."""
        left, made = deque(jobs), dict[int, Part]()
        with TemporaryDirectory(prefix="leadpact-verify-", ignore_cleanup_errors=True) as name:
            folder = Path(name)
            workers = [_Worker(self._log, folder) for _ in range(min(self._number, len(jobs)))]
            try:
                async with asyncio.TaskGroup() as group:
                    tasks = [group.create_task(worker.work(left, made, heard)) for worker in workers]

                    async def ended() -> list[Part]:
                        await asyncio.wait(tasks)
                        for job in jobs:
                            scratch.take(_file(folder, job))
                        return [made[job.number] for job in jobs]

                    try:
                        yield ended
                    finally:
                        for worker in workers:
                            worker.end()
            except BaseExceptionGroup as errors:
                raise errors.exceptions[0] from None


class _Worker:
    """The parent's end of a process."""

    def __init__(self, log: Unopened, folder: Path) -> None:
        self._pipe, theirs = _SPAWN.Pipe()
        self._process = _SPAWN.Process(target=_serve, args=(theirs, log, folder), daemon=True)
        resource_tracker.ensure_running()  # it would let Ctrl-C through again
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            self._process.start()  # Ctrl-C is the parent's to hear, from the child's first moment on
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        theirs.close()

    async def work(self, left: deque[Job], made: dict[int, Part], heard: Heard) -> None:
        """Hand out what is left, a partition at a time; what comes back is read records, then the part."""
        while left:
            job = left.popleft()
            try:
                self._pipe.send(job)
                while isinstance(said := await asyncio.to_thread(self._pipe.recv), int):
                    heard(said)
            except (EOFError, OSError) as error:
                self._process.join(_ENDS_WITHIN)
                code = self._process.exitcode
                says = f"a process ended (exit code {code}) while it verified partition {job.number}"
                raise Died(f"{says}; nothing is verified: run it again") from error
            if isinstance(said, VerifyError):
                raise said
            made[job.number] = said

    def end(self) -> None:
        """End the process, whatever it does."""
        self._process.kill()
        self._process.join()


def _file(folder: Path, job: Job) -> Path:
    return folder / f"{job.number}.sqlite"


def _serve(pipe: Connection, log: Unopened, folder: Path) -> None:
    """What a process does: judge partitions until nobody listens any more."""
    gc.freeze()
    gc.set_threshold(*_RARELY)  # of what is read nearly nothing goes round in circles
    try:
        asyncio.run(_judge(pipe, log, folder))
    except (EOFError, BrokenPipeError, ConnectionResetError):
        rmtree(folder, ignore_errors=True)  # who should do it is gone


async def _judge(pipe: Connection, log: Unopened, folder: Path) -> None:
    hours = Cache()
    try:
        await log.open()
        while True:
            job: Job = pipe.recv()
            with Scratch(_file(folder, job)) as scratch:
                part = await partition(job, log, scratch, hours, pipe.send)
            pipe.send(part)
    except VerifyError as error:
        pipe.send(error)
    finally:
        await log.close()
