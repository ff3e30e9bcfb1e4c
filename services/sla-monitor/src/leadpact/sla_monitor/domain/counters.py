"""Smooth weighted round robin over those present: the same counters, the same choice (rule 33)."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

import msgspec

from leadpact.contracts.events.control import Rep
from leadpact.sla_monitor.domain.control import Control


class Turn(msgspec.Struct, frozen=True):
    """A rep's standing in the round robin and their open leads."""

    credit: int = 0
    load: int = 0


Counters = Mapping[str, Turn]


def row(team: str) -> str:
    """The name of the shared row that holds a team's counters."""
    return f"team:{team}"


def dump(counters: Counters) -> bytes:
    """Counters to bytes."""
    return msgspec.json.encode(counters, order="deterministic")


def load(raw: bytes | None) -> Counters:
    """Bytes to counters; a row not yet written is an empty team."""
    return msgspec.json.decode(raw, type=dict[str, Turn]) if raw else {}


def candidates(
    control: Control, team: str, at: datetime, counters: Counters, not_to: Collection[str]
) -> tuple[Rep, ...]:
    """Who may get a lead at an instant: present (rule 4), below capacity, and not among those who missed it."""
    return tuple(
        rep
        for rep in control.rosters.get(team, ())
        if rep.weight > 0
        and rep.id not in not_to
        and not control.absent(rep.id, at)
        and counters.get(rep.id, Turn()).load < rep.capacity
    )


def choose(reps: Sequence[Rep], counters: Counters) -> tuple[Rep, Counters]:
    """The next of some reps, and the counters after it: everybody earns their weight, the chosen one pays the sum."""
    earned = {rep.id: counters.get(rep.id, Turn()).credit + rep.weight for rep in reps}
    chosen = max(reps, key=lambda rep: earned[rep.id])
    earned[chosen.id] -= sum(rep.weight for rep in reps)
    loads = {rep.id: counters.get(rep.id, Turn()).load for rep in reps}
    return chosen, {**counters, **{rep.id: Turn(earned[rep.id], loads[rep.id]) for rep in reps}}


def moved(counters: Counters, previous: str | None, owner: str | None) -> Counters:
    """The counters after an open lead went from one owner to another, or to nobody."""
    changed = dict(counters)
    for rep, by in ((previous, -1), (owner, 1)):
        if rep is not None:
            turn = changed.get(rep, Turn())
            changed[rep] = Turn(turn.credit, max(turn.load + by, 0))
    return changed
