"""What is known of a lead at a position: signals, attributes, capture (rules 5, 12, 14); instants are microseconds.

What definitions may read is bounded: of signals the first 32 per kind, subject and UTC day, of an attribute's values
the last 32 per day, nothing older than 400 days before the latest fact's day.
"""

from bisect import bisect_left, insort
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from leadpact.verify.stories import Told
from leadpact.verify.wire import micros

SECOND = 1_000_000
DAY = 86_400 * SECOND
HORIZON = 400 * DAY
MOST_A_DAY = 32
LONG_AGO = -(1 << 62)
_MOST = 1 << 63
OTHER = "other"
FOUND = ("channel", "source", "form", "campaign")
"""What the capture alone says of how the lead found us."""


class Signal(NamedTuple):
    """A sign of interest."""

    at: int
    id: str
    kind: str
    subject: str


class Value(NamedTuple):
    """What an attribute became."""

    at: int
    id: str
    value: Any


@dataclass(slots=True)
class Facts:
    """Everything so far, in order of time; ties by event id (rule 49)."""

    signals: list[Signal] = field(default_factory=list)
    values: dict[str, list[Value]] = field(default_factory=dict)
    capture: tuple[int, str, str, str] | None = None
    test: bool = False
    latest: int = LONG_AGO
    whole_from: int = LONG_AGO
    """No earlier instant can be judged any more: of what it would read something has left."""
    _cut: int = LONG_AGO
    _instants: list[int] | None = None

    def add(self, event: Told) -> None:
        """One more fact, in whatever order it comes."""
        at, id_, said = micros(event.envelope.occurred_at), event.envelope.id, event.said
        match event.type:
            case "lead.captured":
                self._captured(at, id_, said)
            case "lead.profiled":
                self._values(at, id_, said.get("features", {}))
            case "lead.behaved":
                self._signal(Signal(at, id_, said["kind"], said["subject"]))
                if said.get("channel") is not None:
                    self._values(at, id_, {"visit_channel": said["channel"]})
            case "lead.dealt":
                self._values(at, id_, {"deal_status": said["status"]})
            case _:
                pass
        self.latest = max(self.latest, at)
        self._instants = None
        cut = (self.latest - HORIZON) // DAY * DAY
        if cut != self._cut or at < cut or event.type == "lead.captured":  # else nothing has become too old
            self._forget(cut)

    def value(self, name: str, at: int) -> Value | None:
        """The value that holds at an instant."""
        held = None
        for value in self.values.get(name, ()):
            if value.at > at:
                break
            held = value
        return held

    def within(self, after: int, upto: int) -> list[Signal]:
        """Signals in `(after, upto]`."""
        return self.signals[bisect_left(self.signals, (after + 1,)) : bisect_left(self.signals, (upto + 1,))]

    def instants(self) -> list[int]:
        """When something that definitions read occurred, ascending."""
        if self._instants is None:
            read = {value.at for values in self.values.values() for value in values}
            self._instants = sorted(read.union(signal.at for signal in self.signals))
        return self._instants

    def channel(self) -> str:
        """How the lead found us: as captured, else as the earliest visit that tells."""
        told = OTHER if self.capture is None else self.capture[3]
        visits = (value.value for value in self.values.get("visit_channel", ()))
        return told if told != OTHER else next((visit for visit in visits if visit != OTHER), OTHER)

    def _captured(self, at: int, id_: str, said: dict[str, Any]) -> None:
        """How the lead found us is what the earliest capture says; a later one with a form is a visit."""
        self.test = self.test or bool(said.get("test"))
        self._values(at, id_, {name: value for name, value in said.get("features", {}).items() if name not in FOUND})
        if said.get("form") is not None:
            self._signal(Signal(at, id_, "form", said["form"]))
        visit = capture = (at, id_, said["source"], said["channel"])
        by_form = said.get("form") is not None
        if self.capture is None or capture < self.capture:
            former, self.capture = self.capture, capture
            visit = former or capture
            by_form = former is not None and any(value.id == former[1] for value in self.values.get("form", ()))
            for name in FOUND:
                self.values[name] = [value for value in self.values.get(name, ()) if value.id != visit[1]]
            self._values(at, id_, {name: said[name] for name in FOUND if said.get(name) is not None})
        if by_form and visit != self.capture:
            self._values(visit[0], visit[1], {"visit_channel": visit[3]})

    def _signal(self, signal: Signal) -> None:
        begins = signal.at // DAY * DAY
        today = self.signals[bisect_left(self.signals, (begins,)) : bisect_left(self.signals, (begins + DAY,))]
        if signal in today:
            return
        insort(self.signals, signal)
        same = sorted([signal, *(each for each in today if each[2:] == signal[2:])])
        if len(same) > MOST_A_DAY:
            self.signals.remove(same[-1])

    def _values(self, at: int, id_: str, values: dict[str, Any]) -> None:
        for name, value in values.items():
            if isinstance(value, int) and abs(value) >= _MOST:
                continue
            held = self.values.setdefault(name, [])
            if all((each.at, each.id) != (at, id_) for each in held):
                insort(held, Value(at, id_, value), key=lambda each: (each.at, each.id))
            today = [each for each in held if each.at // DAY == at // DAY]
            if len(today) > MOST_A_DAY:
                held.remove(today[0])

    def _forget(self, cut: int) -> None:
        self._cut = cut
        gone = [signal for signal in self.signals if signal.at < cut]
        if gone:
            self.whole_from = max(self.whole_from, (gone[-1].at // DAY + 1) * DAY + HORIZON)
            self.signals = [signal for signal in self.signals if signal.at >= cut]
        for name, held in self.values.items():
            old = [value for value in held if value.at < cut]
            if len(old) > 1:  # the one that still holds stays
                self.whole_from = max(self.whole_from, old[-1].at)
                self.values[name] = held[len(old) - 1 :]
