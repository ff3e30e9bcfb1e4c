"""What a batch of records says: deliveries opened, mapped and understood, before anything is looked up."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import msgspec
import structlog

from leadpact.contracts.envelope import At, Envelope
from leadpact.contracts.errors import Malformed, UnknownType, unquoted
from leadpact.contracts.events.returns import ClosingRequested
from leadpact.contracts.registry import Event
from leadpact.contracts.topics import AGREEMENTS, RETURNS
from leadpact.intake import delivery as raw
from leadpact.intake.delivery import Delivery
from leadpact.intake.domain import draft as drafting
from leadpact.intake.domain import read
from leadpact.intake.domain.draft import Draft, Outcome, Refusal, refusal
from leadpact.intake.domain.entry import Entry, Source
from leadpact.intake.errors import IntakeError
from leadpact.intake.normaliser.state import OURS
from leadpact.kit.parking import reason
from leadpact.kit.reading import read_fact
from leadpact.kit.rows import Record
from leadpact.kit.vault import Safe

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Item:
    """One item: its draft, the hash of its delivery key, and what it is or why it is refused.

    `whole`: it stands for all of a delivery whose items could not be told apart.
    """

    draft: Draft
    key: str
    meant: Entry | Refusal
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Opened:
    """A raw record, read."""

    at: At
    delivery: Delivery
    items: list[Item]

    @property
    def received_at(self) -> datetime:
        """When the door had it."""
        return self.delivery.received_at

    @property
    def closes(self) -> str | None:
        """The lane it releases, if that is what it says."""
        return next((m.closes for i in self.items if isinstance(m := i.meant, Entry) and m.closes is not None), None)


@dataclass(frozen=True, slots=True)
class Agreed:
    """A record of `agreements`, read."""

    at: At
    envelope: Envelope
    event: Event

    @property
    def received_at(self) -> datetime:
        """When the qualifier recorded it."""
        return self.envelope.recorded_at


@dataclass(frozen=True, slots=True)
class Returned:
    """A record of `returns`, read; `key` is the hash by which a second one of the same event is known."""

    record: Record
    envelope: Envelope
    event: ClosingRequested
    key: str

    @property
    def at(self) -> At:
        """Where it stands."""
        return At(self.record.topic, self.record.partition, self.record.offset)

    @property
    def received_at(self) -> datetime:
        """When it was asked for."""
        return self.envelope.recorded_at


@dataclass(frozen=True, slots=True)
class Broken:
    """A record that is not what our own code writes."""

    record: Record
    reason: str


Readable = Opened | Agreed | Returned


class Inbox:
    """Opens records; what a sender did can only refuse an item, never raise.

    What a record of ours of a newer version says nobody here knows: that raises `Systemic`, and the slot stops.
    """

    def __init__(self, sources: Mapping[str, Source], safe: Safe, hasher: Callable[[str, str], str]) -> None:
        self._sources = sources
        self._safe = safe
        self._hasher = hasher

    async def open(self, record: Record) -> Readable | Broken:
        """What a record says."""
        at = At(record.topic, record.partition, record.offset)
        try:
            if record.topic == AGREEMENTS.name:
                fact = read_fact(record)
                return Agreed(at, fact.envelope, fact.event)
            if record.topic == RETURNS.name:
                return self._returned(record)
            delivery = raw.decode(record.value)
        except (Malformed, UnknownType) as error:
            return Broken(record, str(error))
        except msgspec.MsgspecError as error:
            return Broken(record, unquoted(error))
        if delivery.dropped is not None:
            return Opened(at, delivery, [])
        body = await self._safe.open_raw(delivery.received_at.date(), delivery.body)
        return Opened(at, delivery, self._items(delivery, body))

    def _returned(self, record: Record) -> Returned | Broken:
        fact = read_fact(record)
        if not isinstance(fact.event, ClosingRequested):
            return Broken(record, f"{fact.envelope.type} does not go round again")
        try:
            UUID(fact.envelope.lead)
        except ValueError:
            return Broken(record, "its lead is no id of ours")
        key = self._hasher("delivery", f"{RETURNS.name}\x1f\x1f{fact.envelope.id}")
        return Returned(record, fact.envelope, fact.event, key)

    def _items(self, delivery: Delivery, body: bytes | None) -> list[Item]:
        if body is None:
            return [self._refused(delivery, b"", Refusal(Outcome.REJECTED, "the key of its day was forgotten", ""))]
        if (why := _barred(delivery)) is not None:
            return [self._refused(delivery, body, why)]
        source = self._sources.get(delivery.source)
        if source is None:
            return [self._refused(delivery, body, Refusal(Outcome.QUARANTINED, "unknown source", ""))]
        try:
            found = read.understood(delivery, source, self._hasher, read.drafts(delivery, source, body))
        except IntakeError as error:
            return [self._refused(delivery, body, refusal(error))]
        except Exception as error:  # noqa: BLE001 - the edge: a bug of ours in one delivery must not stop all others
            _log.exception("delivery not understood", exc_info=error)
            return [self._refused(delivery, body, ours(reason(error)))]
        return [Item(item, self._key(delivery, item.key), meant) for item, meant in found]

    def _refused(self, delivery: Delivery, body: bytes, why: Refusal) -> Item:
        item = Draft(0, drafting.whole(delivery.key), body, why)
        return Item(item, self._key(delivery, item.key), why, whole=True)

    def _key(self, delivery: Delivery, key: str) -> str:
        """The hash of a delivery key: what means one thing at one door means another at the next (rule 7)."""
        return self._hasher("delivery", f"{delivery.source}\x1f{read.vendor(delivery.door)}\x1f{key}")


def _barred(delivery: Delivery) -> Refusal | None:
    """Why nothing in a delivery may become a fact as it came, if so."""
    if delivery.unreadable is not None:
        return Refusal(Outcome.REJECTED, *delivery.unreadable)
    return None if delivery.mistake is None else ours(delivery.mistake)


def ours(why: str) -> Refusal:
    """The refusal of an item that our own code failed on: it waits until that is mended."""
    return Refusal(Outcome.QUARANTINED, f"{OURS}: {why}", "")
