"""Check 8 for what teams share: the credits of their round robin, and how many open leads each rep has.

Which of two partitions had its turn first is told nowhere. But each turn records the credits that it saw, from which
those behind it follow (rule 33), and no two turns see the same row: so what is seen and what stands in the end is what
turns lead to, each as often. The loads are counted. Nothing is said where a lead could not be judged.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from leadpact.verify.findings import Check, Findings
from leadpact.verify.owed import Owed
from leadpact.verify.scratch import Scratch

_ROW = "team:"
_UNJUDGED = "select count(*) from unjudged"
_CREDITS = """
select team, state, sum(number) from (
    select team, behind as state, 1 as number from turn where behind <> ''
    union all select distinct team, '{}', 1 from (select team from turn union select team from standing_turn)
    union all select team, seen, -1 from turn where behind <> ''
    union all select team, credits, -1 from standing_turn
) group by team, state having sum(number) <> 0 order by team, state
"""
_NOBODYS = """
select distinct team, seen from turn t where behind = '' and seen <> '{}'
and not exists (select 1 from turn o where o.team = t.team and o.behind = t.seen) order by team, seen
"""
_LOADS = """
select team, rep, sum(owned), sum(held) from (
    select team, rep, 1 as owned, 0 as held from owning union all select team, rep, 0, load from standing_load
) group by team, rep having sum(owned) <> sum(held) order by team, rep
"""


class Shared(NamedTuple):
    """A row that all slots of the sla-monitor share."""

    name: str
    data: bytes


def credits_(told: Mapping[str, int]) -> str:
    """Credits as text that is the same for equal ones; who has none is not named."""
    return msgspec.json.encode({rep: told[rep] for rep in sorted(told) if told[rep]}).decode()


def owning(now: Owed) -> Iterator[tuple[str, str]]:
    """The team and the owner of each open engagement of a lead."""
    return ((run.agreement["routing"]["team"], run.owner) for run in now.open() if run.owner is not None)


def held(scratch: Scratch, rows: Sequence[Shared], found: Findings) -> None:
    """What the table has, to be compared."""
    for each in rows:
        try:
            told = _read(each)
        except (AttributeError, LookupError, TypeError, ValueError) as error:
            found.violated(Check.STATE, f"shared {each.name}", f"it cannot be read: {type(error).__name__}")
            continue
        team = each.name.removeprefix(_ROW)
        scratch.put("standing_turn", [(team, credits_({rep: credit for rep, credit, _ in told}))])
        scratch.put("standing_load", [(team, rep, load) for rep, _, load in told])
    found.count("shared rows", len(rows))


def compare(scratch: Scratch, found: Findings) -> None:
    """Say what follows from no turn, what no turn has seen, and who has another number of leads."""
    [(unjudged,)] = scratch.rows(_UNJUDGED)
    if unjudged:
        return
    for team, state, number in scratch.rows(_CREDITS):
        says = f"a turn leads to {state}, which none sees and which does not stand"
        found.violated(Check.STATE, _where(team), says if number > 0 else f"no turn leads to {state}, which stands")
    for team, state in scratch.rows(_NOBODYS):
        found.violated(Check.STATE, _where(team), f"an assignment saw {state}, to which no turn leads")
    for team, rep, owned, load in scratch.rows(_LOADS):
        found.violated(Check.STATE, _where(team), f"{rep} has {owned} open leads, it holds {load}")


def _where(team: str) -> str:
    return f"shared {_ROW}{team}"


def _read(each: Shared) -> list[tuple[str, int, int]]:
    told: dict[str, Any] = msgspec.json.decode(each.data)
    return [(rep, turn["credit"], turn["load"]) for rep, turn in told.items()]
