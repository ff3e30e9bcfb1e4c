"""What must come of the facts that were told, counted by hand: no batches, owners or crashes, and not by the kit."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from leadpact.contracts import envelope as wire
from leadpact.contracts.envelope import Lane
from leadpact.contracts.events.control import BackfillClosed, BackfillOpened
from leadpact.contracts.events.lead import Behaved, Consented, Profiled
from leadpact.contracts.registry import read
from leadpact.kit.decider import Fact
from leadpact.kit.rows import Record
from leadpact.testkit.counting import Tally


class Line(NamedTuple):
    """An event of the output: how many facts there were, which timer rang, or the id of what was passed on."""

    lead: str
    version: int
    says: str


class Asked(NamedTuple):
    """Something to be done outside, once."""

    kind: str
    says: str


@dataclass(slots=True)
class Books:
    """`lines` are the output, `tallies` the state and `effects` what was asked for, after the facts so far."""

    lines: list[Line] = field(default_factory=list)
    tallies: dict[str, Tally] = field(default_factory=dict)
    effects: Counter[Asked] = field(default_factory=Counter)
    _versions: Counter[str] = field(default_factory=Counter)
    _in_lane: set[str] = field(default_factory=set)
    _live: datetime | None = None
    _joined: datetime | None = None

    def take(self, fact: Fact) -> None:
        """The next fact: timers due by its mark ring before it, and again behind it."""
        envelope, event = fact.envelope, fact.event
        history = envelope.lane is Lane.BACKFILL
        if not history:
            self._live = max(self._live or envelope.mark, envelope.mark)
        if isinstance(event, BackfillClosed):
            self._ring(event.until or envelope.mark, in_lane=True)
        until = envelope.mark if self._live is None or history else self._live
        self._ring(until, in_lane=history)
        match event:
            case Behaved(subject=subject):
                self._count(envelope.lead, subject, fact, quiet=history)
            case BackfillOpened() | BackfillClosed():
                self._say("", envelope.id)
                if isinstance(event, BackfillClosed):
                    self._in_lane, self._joined = set(), self._live
            case _:
                raise AssertionError(f"nobody counts a {envelope.type}")
        self._ring(until, in_lane=history)

    def let_pass(self, mark: datetime) -> None:
        """Time has passed, and nothing came."""
        self._live = max(self._live or mark, mark)
        self._ring(self._live, in_lane=False)

    def _count(self, lead: str, subject: str, fact: Fact, *, quiet: bool) -> None:
        if quiet:
            self._in_lane.add(lead)
        before = self.tallies.get(lead, Tally())
        timers = dict(before.timers)
        if subject.startswith("in "):
            timers[subject] = fact.envelope.occurred_at + timedelta(seconds=int(subject[3:]))
        self.tallies[lead] = Tally(before.facts + 1, before.rings, timers)
        if subject == "pass":
            self._say(lead, fact.envelope.id)
        self._say(lead, f"{before.facts + 1} facts")
        if not quiet:
            self.effects[Asked("mail", str(before.facts))] += 1

    def _ring(self, until: datetime, *, in_lane: bool) -> None:
        while due := sorted(self._due(until, in_lane=in_lane)):
            instant, lead, name = due[0]
            before = self.tallies[lead]
            rest = {other: at for other, at in before.timers.items() if other != name}
            self.tallies[lead] = Tally(before.facts, before.rings + 1, rest)
            self._say(lead, f"{name} rang for {instant.isoformat()}")
            if not in_lane and (self._joined is None or instant > self._joined):
                self.effects[Asked("chat", name)] += 1

    def _due(self, until: datetime, *, in_lane: bool) -> Iterator[tuple[datetime, str, str]]:
        for lead, tally in self.tallies.items():
            if (lead in self._in_lane) is in_lane:
                yield from ((at, lead, name) for name, at in tally.timers.items() if at <= until)

    def _say(self, lead: str, says: str) -> None:
        self._versions[lead] += bool(lead)
        self.lines.append(Line(lead, self._versions[lead], says))


def counted(facts: Iterable[Fact], announced: Collection[tuple[int, datetime]] = ()) -> Books:
    """The books after these facts; behind so many of them it was announced that time has passed to an instant."""
    books = Books()
    for number, fact in enumerate(facts, 1):
        books.take(fact)
        for behind, mark in announced:
            if behind == number:
                books.let_pass(mark)
    return books


def lines(records: Sequence[Record]) -> list[Line]:
    """What stands in the log, as a reader takes it: each sequence once, up to the first gap."""
    found: list[Line] = []
    for record in records:
        if record.seq == len(found) + 1:
            envelope = wire.decode(record.value)
            match read(envelope):
                case Profiled(features=features):
                    says = f"{features['facts']} facts"
                case Consented(purpose=name, text=due):
                    says = f"{name} rang for {due}"
                case _:
                    says = envelope.id
            found.append(Line(envelope.lead, envelope.lead_version, says))
    return found
