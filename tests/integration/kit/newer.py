"""What new code has added to old: a version of an event that says more, and a decider that wants to know it."""

from dataclasses import replace
from typing import Any

from msgspec import structs

from leadpact.contracts.events.lead import Behaved, Profiled
from leadpact.contracts.registry import event, upcaster
from leadpact.kit.decider import Decision, Emit, Fact, Scope
from leadpact.testkit.counting import Counting, Tally

NAME, VERSION = "lead.behaved", 2
UNKNOWN = "unknown"


class BehavedSomewhere(Behaved, frozen=True, kw_only=True):
    """Version 2 says on which device; version 1 did not."""

    device: str


def learn() -> None:
    """Be new code: version 2 is today's, and version 1 is brought to it."""
    event(NAME, version=VERSION)(BehavedSomewhere)
    upcaster(NAME, VERSION - 1)(_fill)


def _fill(data: dict[str, Any]) -> dict[str, Any]:
    return {**data, "device": UNKNOWN}


class CountingDevices(Counting):
    """Says besides on which device."""

    def decide(self, scope: Scope, control: int, state: Tally, fact: Fact) -> Decision:
        """As the decider of old code, and the device of whatever version the fact was written in."""
        decision = super().decide(scope, control, state, fact)
        (emit,) = decision.events
        assert isinstance(fact.event, BehavedSomewhere) and isinstance(emit.event, Profiled)
        features = {**emit.event.features, "device": fact.event.device}
        return replace(decision, events=(Emit(structs.replace(emit.event, features=features)),))
