"""The normaliser on books in memory: deliveries go in, facts come out, one slot, no server."""

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING, Any, TypeVar, cast

import msgspec

from leadpact.contracts import envelope as wire
from leadpact.contracts.envelope import Actor, ActorKind, Envelope
from leadpact.contracts.registry import Event, read
from leadpact.contracts.topics import AGREEMENTS, RAW, partition
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
from leadpact.kit.vault import Hasher

if TYPE_CHECKING:
    from leadpact.kit.ports import Turn

E = TypeVar("E", bound=Event)
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
KEY = Actor("website", ActorKind.AUTOMATION)
ANN = Actor("rep-ann", ActorKind.HUMAN)


class OpenSafe:
    """Seals nothing, but shows what would have been sealed."""

    forgotten = date.min

    async def seal(self, contacts: Sequence[tuple[str, dict[str, str]]]) -> list[str]:
        return [
            f"sealed:{person}:{json.dumps(contact, sort_keys=True)}" if contact else "" for person, contact in contacts
        ]

    async def seal_raw(self, day: date, raw: bytes) -> bytes:
        return f"{day}:".encode() + raw

    async def open_raw(self, day: date, sealed: bytes) -> bytes | None:
        return None if day < self.forgotten else sealed.removeprefix(f"{day}:".encode())

    async def forget_raw(self, before: date) -> None:
        self.forgotten = before


class Desk:
    """One normaliser; `put` a delivery, `run` turns until nothing is left, read `facts`."""

    def __init__(self, *sources: Source) -> None:
        self.books = MemoryBooks()
        self.books.registered |= {source.name: source for source in sources}
        self.now = NOON
        self.out: list[Envelope] = []
        self.partitions: dict[int, list[Envelope]] = {}
        self.buried: list[str] = []
        self.turns = 0
        self._numbers = count(1)
        self._offsets: dict[int, int] = {}
        self._pending: list[Record] = []
        self._lease = Lease(slot=Slot(CONSUMER, 0), owner="test", epoch=1, turn=0, positions={})
        self._normaliser = Normaliser(
            lambda _: self.books, OpenSafe(), Hasher(bytes(32)), lambda _changes, _types: None
        )

    def put(  # noqa: PLR0913 - a test names only what matters to it
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
    ) -> Delivery:
        """Append a delivery to the raw log; does not handle it."""
        value = body if isinstance(body, bytes) else json.dumps(body).encode()
        number = next(self._numbers)
        received = received or self.now
        delivery = Delivery(
            id=derive("delivery", number),
            door=door,
            source=source,
            received_at=received,
            key=body_key(value),
            actor=actor,
            body=f"{received.date()}:".encode() + value,
            speaks_for=speaks_for,
            lane=lane,
            chunk=chunk,
            redrives=redrives,
        )
        return self._keep(delivery)

    async def redrive(self, held_id: str) -> Delivery:
        """Try what waits in quarantine again, as the door does."""
        held = self.books.quarantine[held_id].delivery
        body = held.body.removeprefix(f"{held.received_at.date()}:".encode())
        again = msgspec.structs.replace(
            held,
            id=derive("delivery", next(self._numbers)),
            received_at=self.now,
            redrives=held_id,
            first_received_at=held.facts_received_at,
        )
        self.put_delivery(again, body)
        await self.run(drained=False)
        return again

    def put_delivery(self, delivery: Delivery, body: bytes) -> None:
        """Append what the door kept."""
        sealed = f"{delivery.received_at.date()}:".encode() + body
        self._keep(msgspec.structs.replace(delivery, body=sealed))

    def _keep(self, delivery: Delivery) -> Delivery:
        ordered = delivery.lane or delivery.door == "commands"
        self._append(partition("commands" if ordered else delivery.key), raw.encode(delivery))
        return delivery

    def put_raw(self, value: bytes) -> None:
        """Append bytes that the door never wrote."""
        self._append(0, value)

    def put_agreement(self, envelope: Envelope) -> None:
        """Append a record of `agreements`."""
        self._pending.append(Record(AGREEMENTS.name, 0, 0, b"", wire.encode(envelope), 1))

    async def run(self, batch: int = 500, *, drained: bool = True) -> None:
        """Take turns until everything is handled, then one more that finds the ends drained."""
        while self._pending:
            await self._turn(self._pending[:batch], None)
        if drained:
            await self._turn([], self.now)

    async def deliver(self, door: str, body: Any, **kwargs: Any) -> Delivery:  # noqa: ANN401 - as `put`
        """Put and run."""
        delivery = self.put(door, body, **kwargs)
        await self.run(drained=False)
        return delivery

    def facts(self, kind: type[E]) -> list[E]:
        """Every event of a kind so far; a control record once."""
        return [event for envelope in self.once() if isinstance(event := read(envelope), kind)]

    def envelopes(self, kind: type[Event]) -> list[Envelope]:
        """Their envelopes."""
        return [envelope for envelope in self.once() if isinstance(read(envelope), kind)]

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
