"""A small decider with everything a decider may do, for tests of whatever runs deciders.

What a fact asks for stands in the `subject` of a `lead.behaved`: `count`, `pass` (forward it too), `bug` (fail unless
`mended`), `in N` (a timer after N seconds), `again N` (one that sets another when it rings), `share` (count in a shared
row), `tally` (count in the partition's tallies), `back` (send `closing.requested` round again).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from leadpact.contracts.events.control import ClosureDeclared
from leadpact.contracts.events.lead import Behaved, Consented, Profiled
from leadpact.contracts.events.returns import ClosingRequested
from leadpact.contracts.topics import LEADS, QUALIFICATION, Topic
from leadpact.kit.decider import Count, Decision, Effect, Emit, Fact, Ring, Scope

SHARED = "total"
TALLIED = "asked"


class Tally(msgspec.Struct, frozen=True):
    """A key's state: how many facts and rings, and which timers are set."""

    facts: int = 0
    rings: int = 0
    timers: dict[str, datetime] = {}


class Counting:
    """Emits `lead.profiled` for every fact and `lead.consented` for every ring, each with an effect."""

    consumer = "counting"
    revision = 1
    shape = 1

    def __init__(self, input_: Topic = LEADS, output: Topic = QUALIFICATION, back: Topic | None = None) -> None:
        self.input = input_
        self.output = output
        self.back = back
        self.mended = False
        self._encode = msgspec.msgpack.Encoder().encode
        self._decode = msgspec.msgpack.Decoder(Tally).decode

    def initial(self, key: str) -> Tally:
        """Nothing counted."""
        del key
        return Tally()

    def initial_control(self) -> int:
        """No control record yet."""
        return 0

    def dump(self, state: Tally) -> bytes:
        """MessagePack."""
        return self._encode(state)

    def load(self, raw: bytes) -> Tally:
        """MessagePack."""
        return self._decode(raw)

    def dump_control(self, control: int) -> bytes:
        """Digits."""
        return str(control).encode()

    def load_control(self, raw: bytes) -> int:
        """Digits."""
        return int(raw)

    def decide(self, scope: Scope, control: int, state: Tally, fact: Fact) -> Decision:
        """Say how many facts there were, under how many control records."""
        assert isinstance(fact.event, Behaved)
        if fact.event.subject == "bug" and not self.mended:
            raise ZeroDivisionError
        shared = {}
        features: dict[str, int] = {"facts": state.facts + 1, "control": control}
        if fact.event.subject == "share":
            features["total"] = int(scope.shared.get(SHARED, b"0")) + 1
            shared[SHARED] = str(features["total"]).encode()
        events = (Emit(Profiled(source="counting", features=dict(features))),)
        again = ClosingRequested(engagement="", reason=fact.event.kind, cadence="")
        return Decision(
            events,
            (Effect("mail", {"n": str(state.facts)}),),
            shared,
            forward=fact.event.subject == "pass",
            back=(Emit(again),) if fact.event.subject == "back" else (),
            counts=(Count(TALLIED, fact.envelope.occurred_at),) if fact.event.subject == "tally" else (),
        )

    def ring(self, scope: Scope, control: int, state: Tally, ring: Ring) -> Decision:
        """Say that a timer rang."""
        del scope, control, state
        event = Consented(source="counting", purpose=ring.name, granted=True, text=ring.due.isoformat())
        return Decision((Emit(event),), (Effect("chat", {"name": ring.name}),))

    def evolve(self, state: Tally, fact: Fact) -> Tally:
        """Count, and keep timers."""
        match fact.event:
            case Behaved(subject=subject):
                timers = dict(state.timers)
                if subject.startswith(("in ", "again ")):
                    timers[subject] = fact.envelope.occurred_at + timedelta(seconds=int(subject.split()[1]))
                return Tally(state.facts + 1, state.rings, timers)
            case Consented(purpose=name):
                timers = dict(state.timers)
                due = timers.pop(name)
                if name.startswith("again "):
                    timers[f"in {name.split()[1]}"] = due + timedelta(seconds=int(name.split()[1]))
                return Tally(state.facts, state.rings + 1, timers)
            case _:
                return state

    def evolve_control(self, control: int, fact: Fact) -> int:
        """Count control records."""
        if isinstance(fact.event, ClosureDeclared) and fact.event.reason == "bug":
            raise ZeroDivisionError
        return control + 1

    def forwards(self, fact: Fact) -> bool:
        """Every control record goes on."""
        del fact
        return True

    def timers(self, control: int, state: Tally) -> Mapping[str, datetime]:
        """As they are set."""
        del control
        return state.timers

    def shares(self, control: int, facts: Sequence[Fact], rings: Sequence[Ring]) -> Sequence[str]:
        """One row, for the facts that count in it."""
        del control, rings
        return [SHARED] if any(isinstance(f.event, Behaved) and f.event.subject == "share" for f in facts) else []
