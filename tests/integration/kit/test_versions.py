"""Point 6: an event of a version that new code has added stops old code's slot in front of it; new code goes on there.

The partition waits as a whole, in its order, so nothing is lost or overtaken, and nobody has to hand anything back.
"""

from collections.abc import AsyncIterator

import msgspec
import pytest

from leadpact.contracts import envelope as wire
from leadpact.contracts import registry
from leadpact.contracts.events.lead import Behaved
from leadpact.contracts.registry import Declared
from leadpact.kit.plumbing import Plumbing
from leadpact.kit.rows import Message, Stream
from leadpact.testkit.conformance.worker import SOURCE, START, Bench, said, working
from leadpact.testkit.eventually import eventually
from leadpact.testkit.facts import Facts
from tests.integration.kit.test_worker import connected

NAME = "lead.behaved"


@pytest.fixture
async def plumbing(kafka: str, topic_prefix: str, database: str) -> AsyncIterator[Plumbing]:
    async with connected(kafka, topic_prefix, database) as plumbing:
        yield plumbing


def knows_two(patch: pytest.MonkeyPatch) -> None:
    """New code: version 2 says the same under today's names, version 1 is brought to it."""
    declared = Declared(NAME, 2, Behaved, control=False)
    patch.setitem(registry.BY_NAME, NAME, declared)
    patch.setitem(registry.UPCASTERS, (NAME, 1), lambda data: data)


async def test_a_version_of_newer_code_waits_for_newer_code_and_nothing_is_lost(
    plumbing: Plumbing, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = Bench(plumbing)
    await bench.ensure()
    await bench.tell(0, "count", "count")
    newer = Facts()(Behaved(source="test", kind="page", subject="count"), lead="a", at=START).envelope
    value = wire.encode(msgspec.structs.replace(newer, version=2))
    async with working(plumbing) as old:
        await eventually(bench.has_counted(0, 2), within=20)
        await plumbing.log.publish(Stream(SOURCE.name, 0), [Message(b"a", value, 3), Message(b"a", value, 4)])

        async def stopped() -> bool:
            return "lead.behaved version 2, known up to 1" in old.troubles().get("counting/0", "")

        await eventually(stopped, within=20)
        await bench.tell(1, "count", lead="b")
        await eventually(bench.has_counted(1, 1), within=20)
        assert len(said(await bench.counted(0))) == 2
    knows_two(monkeypatch)
    async with working(plumbing, owner="new") as new:
        await eventually(bench.has_counted(0, 4), within=20)
        assert new.troubles() == {}
    assert [event.lead_version for event in said(await bench.counted(0))] == [1, 2, 3, 4]
