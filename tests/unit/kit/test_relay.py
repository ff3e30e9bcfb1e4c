"""What a turn committed is published as it was handed over; the outbox is asked for what others left (point 4)."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import pytest

from leadpact.kit.errors import Unavailable
from leadpact.kit.failpoints import NoFailpoints
from leadpact.kit.meter import CATALOGUE, KitMeter
from leadpact.kit.metrics import Metrics
from leadpact.kit.plumbing import Plumbing
from leadpact.kit.relay import Relay
from leadpact.kit.rows import Message, Slot, Stream
from leadpact.kit.turn import numbered
from leadpact.testkit.clock import ManualClock
from leadpact.testkit.memory import MemoryLog, MemoryStore

STREAM = Stream("leads", 3)


class Asked(MemoryStore):
    """A store that counts how often somebody looked into the outbox."""

    looks = 0

    async def outbox(self, after: Mapping[Stream, int], most: int) -> dict[Stream, list[Message]]:
        """The next messages of each stream."""
        self.looks += 1
        return await super().outbox(after, most)


class Scene:
    """A relay that has looked once and found nothing."""

    def __init__(self) -> None:
        clock = ManualClock(datetime(2026, 3, 2, 9, tzinfo=UTC))
        self.log, self.store = MemoryLog(), Asked(clock)
        meter = KitMeter(Metrics(*CATALOGUE))
        self.relay = Relay(Slot("one", 3), [STREAM], Plumbing(self.log, self.store, clock, meter, NoFailpoints()))

    async def committed(self, *values: bytes) -> dict[Stream, list[Message]]:
        """Messages as a turn of this process would leave them; how they are to be handed over."""
        messages = [Message(b"k", value) for value in values]
        await self.store.append(STREAM, messages)
        return {STREAM: numbered(messages, self.store.rows.streams[STREAM].next_seq - 1)}

    def published(self) -> Sequence[tuple[int, bytes]]:
        """What stands in the log."""
        return [(record.seq, record.value) for record in self.log.records[STREAM]]


@pytest.fixture
async def scene() -> Scene:
    made = Scene()
    await made.relay.drain()
    made.store.looks = 0
    return made


async def test_point4_what_is_handed_over_is_published_without_a_look_into_the_outbox(scene: Scene) -> None:
    scene.relay.hand(await scene.committed(b"a", b"b"))
    scene.relay.hand(await scene.committed(b"c"))
    assert await scene.relay.step()
    assert not await scene.relay.step()
    assert (scene.published(), scene.store.looks) == ([(1, b"a"), (2, b"b"), (3, b"c")], 0)


async def test_point4_what_stands_between_comes_from_the_outbox(scene: Scene) -> None:
    await scene.committed(b"another's")
    scene.relay.hand(await scene.committed(b"ours"))
    while await scene.relay.step():
        pass
    assert scene.published() == [(1, b"another's"), (2, b"ours")]


async def test_point4_what_could_not_be_published_is_looked_for_again(scene: Scene) -> None:
    scene.log.down = True
    scene.relay.hand(await scene.committed(b"a"))
    with pytest.raises(Unavailable):
        await scene.relay.step()
    scene.log.down = False
    scene.relay.wake()
    await scene.relay.step()
    assert scene.published() == [(1, b"a")]


async def test_point4_more_than_it_can_hold_is_left_in_the_outbox(scene: Scene) -> None:
    for _ in range(3):
        scene.relay.hand(await scene.committed(*[b"x"] * 1_500))
    while await scene.relay.step():
        pass
    assert [seq for seq, _ in scene.published()] == list(range(1, 4_501))
