"""The normaliser on books in memory: deliveries go in, facts come out, one slot, no server."""

import json
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING, Any, TypeVar, cast

import msgspec

from leadpact.contracts import envelope as wire
from leadpact.contracts.envelope import Actor, ActorKind, Envelope
from leadpact.contracts.events.lead import Captured
from leadpact.contracts.registry import Event, read
from leadpact.contracts.topics import AGREEMENTS, RAW, RETURNS, partition
from leadpact.intake import delivery as raw
from leadpact.intake.delivery import Chunk, Delivery
from leadpact.intake.domain.draft import Outcome, body_key
from leadpact.intake.domain.entry import Source
from leadpact.intake.normaliser.handler import CONSUMER, Normaliser
from leadpact.intake.normaliser.memory import MemoryBooks
from leadpact.kit.handling import Batch
from leadpact.kit.ids import derive
from leadpact.kit.rows import Lease, Position, Record, Slot
from leadpact.kit.turn import WritingTurn
from leadpact.kit.vault import Hasher, Safe
from leadpact.testkit.memory import MemorySafe

if TYPE_CHECKING:
    from leadpact.kit.ports import Turn

E = TypeVar("E", bound=Event)
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
KEY = Actor("website", ActorKind.AUTOMATION)
ANN = Actor("rep-ann", ActorKind.HUMAN)


class Desk:
    """One normaliser; `put` a delivery, `run` turns until nothing is left, read `facts`."""

    def __init__(self, *sources: Source, safe: Safe | None = None) -> None:
        self.safe = safe or MemorySafe()
        self.books = MemoryBooks()
        self.books.registered |= {source.name: source for source in sources}
        self.now = NOON
        self.out: list[Envelope] = []
        self.partitions: dict[int, list[Envelope]] = {}
        self.buried: list[str] = []
        self.turns = 0
        self._numbers = count(1)
        self._returns = count()
        self._offsets: dict[int, int] = {}
        self._pending: list[Record] = []
        self._lease = Lease(slot=Slot(CONSUMER, 0), owner="test", epoch=1, turn=0, positions={})
        self.restart()

    def restart(self) -> None:
        """Another owner goes on, who knows what is written and nothing else."""
        self._normaliser = Normaliser(lambda _: self.books, self.safe, Hasher(bytes(32)), lambda _changes, _types: None)

    async def put(  # noqa: PLR0913 - a test names only what matters to it
        self,
        door: str,
        body: Any,  # noqa: ANN401 - JSON, or bytes as they are
        *,
        source: str = "api",
        received: datetime | None = None,
        actor: Actor = KEY,
        speaks_for: bool = True,
        lane: str | None = None,
        chunk: Chunk | None = None,
        redrives: str | None = None,
        number: int | None = None,
    ) -> Delivery:
        """Append a delivery to the raw log, sealed on the day it was received; does not handle it."""
        value = body if isinstance(body, bytes) else json.dumps(body).encode()
        number = number or next(self._numbers)
        received = received or self.now
        delivery = Delivery(
            id=derive("delivery", number),
            door=door,
            source=source,
            received_at=received,
            key=body_key(value),
            actor=actor,
            body=await self.safe.seal_raw(received.date(), value),
            speaks_for=speaks_for,
            lane=lane,
            chunk=chunk,
            redrives=redrives,
        )
        self.keep(delivery)
        return delivery

    async def redrive(self, held_id: str, **changed: Any) -> Delivery:  # noqa: ANN401 - fields of a delivery
        """Try what waits in quarantine again, as the door does; or give it up, with `dropped`."""
        held = self.books.quarantine[held_id].delivery
        body = await self.safe.open_raw(held.received_at.date(), held.body)
        assert body is not None
        again = msgspec.structs.replace(
            held,
            id=derive("delivery", next(self._numbers)),
            received_at=self.now,
            body=await self.safe.seal_raw(self.now.date(), body),
            redrives=held_id,
            first_received_at=held.facts_received_at,
            **changed,
        )
        self.keep(again)
        await self.run(drained=False)
        return again

    def keep(self, delivery: Delivery) -> None:
        """Append a delivery as the door sealed it."""
        ordered = delivery.lane or delivery.door == "commands"
        self._append(partition("commands" if ordered else delivery.key), raw.encode(delivery))

    def put_raw(self, value: bytes) -> None:
        """Append bytes that the door never wrote."""
        self._append(0, value)

    def put_agreement(self, envelope: Envelope) -> None:
        """Append a record of `agreements`."""
        self._pending.append(Record(AGREEMENTS.name, 0, 0, b"", wire.encode(envelope), 1))

    def put_return(self, envelope: Envelope, number: int = 0) -> None:
        """Append a record of `returns`."""
        offset = next(self._returns)
        self._pending.append(Record(RETURNS.name, number, offset, b"", wire.encode(envelope), offset + 1))

    async def run(self, batch: int = 500, *, drained: bool = True, at_once: bool = False) -> None:
        """Take turns until everything is handled, then one more that finds the ends drained; or find it `at_once`."""
        if at_once:
            await self._turn(self._pending, self.now)
        while self._pending:
            await self._turn(self._pending[:batch], None)
        if drained:
            await self._turn([], self.now)

    async def deliver(self, door: str, body: Any, **kwargs: Any) -> Delivery:  # noqa: ANN401 - as `put`
        """Put and run."""
        delivery = await self.put(door, body, **kwargs)
        await self.run(drained=False)
        return delivery

    def facts(self, kind: type[E]) -> list[E]:
        """Every event of a kind so far; a control record once."""
        return [event for envelope in self.once() if isinstance(event := read(envelope), kind)]

    def envelopes(self, kind: type[Event]) -> list[Envelope]:
        """Their envelopes."""
        return [envelope for envelope in self.once() if isinstance(read(envelope), kind)]

    async def contacts(self) -> list[dict[str, str] | None]:
        """What was sealed of every lead that was captured."""
        told = [(e.lead, event.sealed) for e in self.once() if isinstance(event := read(e), Captured)]
        return await self.safe.open(told, reader="a test", purpose="to see it")

    def once(self) -> list[Envelope]:
        """Every event once, though control records stand in every partition."""
        return list({envelope.id: envelope for envelope in self.out}.values())

    def outcomes(self, delivery: Delivery) -> list[Outcome]:
        """What became of a delivery's items, in order."""
        found = sorted(
            (index, ended.outcome) for (id_, index), ended in self.books.outcomes.items() if id_ == delivery.id
        )
        return [outcome for _, outcome in found]

    @property
    def mark(self) -> datetime:
        """How far time has passed."""
        return self._lease.mark

    def later(self, **span: float) -> None:
        """Let time pass."""
        self.now += timedelta(**span)

    def _append(self, number: int, value: bytes) -> None:
        offset = self._offsets.get(number, 0)
        self._offsets[number] = offset + 1
        self._pending.append(Record(RAW.name, number, offset, b"", value))

    async def _turn(self, records: list[Record], drained_at: datetime | None) -> None:
        more = True
        while more:
            turn = _Turn(self._lease)
            batch = Batch(records, {}, drained_at, self.now)
            progress = await self._normaliser.handle(cast("Turn", turn), batch)  # its reading half is not used
            turn.move(
                {record.stream: Position(record.offset + 1) for record in records[: progress.taken]}, progress.mark
            )
            self._lease = turn.lease
            self.turns += 1
            for stream, messages in sorted(turn.writes.out.items()):
                told = [wire.decode(message.value) for message in messages]
                self.partitions.setdefault(stream.partition, []).extend(told)
                self.out += told
            self.buried += [dead.reason for dead in turn.writes.dead]
            self._pending = self._pending[progress.taken :]
            records, more = records[progress.taken :], progress.more


class _Turn(WritingTurn):
    """Only the writing half: the normaliser reads its own books."""
