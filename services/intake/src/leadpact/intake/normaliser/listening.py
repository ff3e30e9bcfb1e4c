"""Which feeds the agreements in force count on, and what is told of one that says nothing for too long (rule 30)."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import msgspec

from leadpact.contracts.events.agreement import Activated, Withdrawn
from leadpact.contracts.events.control import SourceResumed, SourceSilent
from leadpact.contracts.registry import Event
from leadpact.intake.delivery import Delivery
from leadpact.intake.domain.read import COMMANDS


class Pact(msgspec.Struct, frozen=True):
    """What an agreement in force counts on: after so many seconds without a word each of these feeds is silent."""

    version: int
    feeds: dict[str, int]


class Heard(msgspec.Struct, frozen=True):
    """When a feed spoke last, or somebody began to listen; told silent `until` an instant, if it is."""

    at: datetime
    until: datetime | None = None


class Listening(msgspec.Struct, frozen=True):
    """Agreements in force by id, and the feeds that any of them counts on."""

    pacts: dict[str, Pact] = {}
    heard: dict[str, Heard] = {}

    def after(self, event: Event, at: datetime) -> "Listening":
        """What is listened to once an agreement came into force, or went; who is listened to anew spoke just now.

        A running clock keeps its version, but nobody listens any more to a feed that no agreement in force counts on.
        """
        pacts = dict(self.pacts)
        match event:
            case Activated(agreement=agreement):
                pacts[agreement.id] = Pact(agreement.version, agreement.feeds)
            case Withdrawn(agreement=id_, version=version) if id_ in pacts and pacts[id_].version == version:
                del pacts[id_]
            case _:
                return self
        wanted = sorted({source for pact in pacts.values() for source in pact.feeds})
        return Listening(pacts, {source: self.heard.get(source, Heard(at)) for source in wanted})

    def silent(self, mark: datetime) -> Iterator[SourceSilent]:
        """What is to be told before time passes to an instant: each feed that will have said nothing for longer than
        agreed by then, told silent in steps of that time.

        Several agreements may count on a feed: the shortest time decides what is told, each judges by its own.
        """
        for source, heard in self.heard.items():
            agreed = timedelta(seconds=min(self._agreed(source)))
            if mark > (heard.until or heard.at + agreed):
                until = heard.at + -(-(mark - heard.at) // agreed) * agreed
                yield SourceSilent(control=0, source=source, since=heard.at, until=until)

    def told(self, told: SourceSilent) -> "Listening":
        """Once it is told that a feed is silent."""
        return self._with(told.source, Heard(told.since, told.until))

    def hears(self, delivery: Delivery) -> bool:
        """Whether a feed that is listened to speaks by a delivery, later than before, whatever becomes of what it says.

        A file or history, a second try of ours and a person's command are no word of the feed's.
        """
        heard = self.heard.get(delivery.source)
        ours = delivery.chunk is not None or delivery.lane is not None or delivery.redrives is not None
        return heard is not None and heard.at < delivery.received_at and not ours and delivery.door != COMMANDS

    def resumed(self, delivery: Delivery) -> Iterator[SourceResumed]:
        """What is to be told before the facts of a delivery by which a feed speaks, if it was told silent."""
        heard, now = self.heard[delivery.source], delivery.received_at
        if heard.until is not None:
            yield SourceResumed(control=0, source=delivery.source, from_at=heard.at, to_at=now)

    def spoke(self, delivery: Delivery) -> "Listening":
        """Once it has spoken."""
        return self._with(delivery.source, Heard(delivery.received_at))

    def _with(self, source: str, heard: Heard) -> "Listening":
        return Listening(self.pacts, {**self.heard, source: heard})

    def _agreed(self, source: str) -> Iterator[int]:
        return (pact.feeds[source] for pact in self.pacts.values() if source in pact.feeds)


encode = msgspec.json.Encoder(order="deterministic").encode
"""What is listened to as JSON, which SQL reads too."""
decode = msgspec.json.Decoder(Listening).decode
"""And back."""
