"""Point 6: an event of a version that new code has added stops old code's slot before it; new code goes on beside it.

The partition waits as a whole, in its order, so nothing is lost or overtaken, and nobody has to hand anything back.
"""

import asyncio
import signal
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import msgspec
import pytest

from leadpact.contracts import envelope as wire
from leadpact.contracts.events.lead import Behaved, Profiled
from leadpact.contracts.registry import read
from leadpact.kit.plumbing import Plumbing
from leadpact.kit.rows import Message, Stream
from leadpact.testkit.conformance.worker import SOURCE, START, WITHIN, Bench, said
from leadpact.testkit.eventually import eventually
from leadpact.testkit.facts import Facts
from tests.integration.kit.newer import UNKNOWN, VERSION, BehavedSomewhere
from tests.integration.kit.test_worker import connected

PROGRAM = "tests.integration.kit.versioned_worker"
ROOT = Path(__file__).parents[3]
OLD, NEW = 0, 1
"""The partitions that workers of old and of new code come to have."""


class Source:
    """Producers of old and of new code, one after the other, in both partitions alike."""

    def __init__(self, plumbing: Plumbing) -> None:
        self._log = plumbing.log
        self._facts = Facts()
        self._seq = 0

    async def tells(self, device: str = "", times: int = 1) -> None:
        """So many facts: with a device of version 2, else of version 1."""
        for _ in range(times):
            self._seq += 1
            for partition, lead in enumerate(["a", "b"]):
                fact = self._facts(Behaved(source="test", kind="page", subject="count"), lead=lead, at=START).envelope
                if device:
                    event = BehavedSomewhere(source="test", kind="page", subject="count", device=device)
                    fact = msgspec.structs.replace(fact, version=VERSION, data=wire.pack(event))
                message = Message(lead.encode(), wire.encode(fact), self._seq)
                await self._log.publish(Stream(SOURCE.name, partition), [message])


@pytest.fixture
async def plumbing(kafka: str, topic_prefix: str, database: str) -> AsyncIterator[Plumbing]:
    async with connected(kafka, topic_prefix, database) as plumbing:
        yield plumbing


@asynccontextmanager
async def process(age: str, address: tuple[str, str, str], says: Path) -> AsyncIterator[Process]:
    """A worker process of old or new code; it is killed at the end, if it still lives."""
    with says.open("wb") as output:
        started = await asyncio.create_subprocess_exec(
            sys.executable, "-m", PROGRAM, *address, age, stdout=output, cwd=ROOT
        )
    try:
        yield started
    finally:
        if started.returncode is None:
            started.kill()
        await started.wait()


async def devices(bench: Bench, partition: int) -> list[object]:
    """What was said of each fact's device, in order; None where old code spoke, which knows of none."""
    events = [read(envelope) for envelope in said(await bench.counted(partition))]
    return [event.features.get("device") for event in events if isinstance(event, Profiled)]


@pytest.fixture
async def pool(database: str) -> AsyncIterator[asyncpg.Pool]:
    async with asyncpg.create_pool(database, min_size=1, max_size=1) as pool:
        yield pool


async def test_point6_old_and_new_code_together_neither_lose_nor_overtake_what_only_new_code_reads(
    kafka: str, topic_prefix: str, database: str, plumbing: Plumbing, pool: asyncpg.Pool, tmp_path: Path
) -> None:
    bench, source, address = Bench(plumbing), Source(plumbing), (kafka, topic_prefix, database)
    await bench.ensure()

    async def owners() -> list[str]:
        return [row["owner"] for row in await pool.fetch("select owner from fence order by slot")]

    async def side_by_side() -> bool:
        return await owners() == ["old", "new"]

    async with process("old", address, tmp_path / "old") as old:
        await source.tells(times=3)
        for partition in (OLD, NEW):
            await eventually(bench.has_counted(partition, 3), within=WITHIN)
        async with process("new", address, tmp_path / "new"):
            await eventually(side_by_side, within=WITHIN)
            await source.tells(device="phone", times=2)
            await source.tells()
            await source.tells(device="watch")

            await eventually(bench.has_counted(NEW, 7), within=WITHIN)
            await eventually(lambda: "left the slot" in (tmp_path / "old").read_text(), within=WITHIN)
            assert await devices(bench, NEW) == [None] * 3 + ["phone", "phone", UNKNOWN, "watch"]
            assert await devices(bench, OLD) == [None] * 3
            assert await side_by_side(), "nobody else stumbles over it"

            old.send_signal(signal.SIGTERM)
            assert await asyncio.wait_for(old.wait(), WITHIN) == 0
            await eventually(bench.has_counted(OLD, 7), within=WITHIN)
            assert await owners() == ["new", "new"]
            assert await devices(bench, OLD) == [None] * 3 + ["phone", "phone", UNKNOWN, "watch"]
            assert [event.lead_version for event in said(await bench.counted(OLD))] == list(range(1, 8))
