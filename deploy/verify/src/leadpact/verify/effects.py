"""Check 10: what is done outside was asked for by a decision in live time; history asks for nothing (rule 43)."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from leadpact.contracts.envelope import Lane
from leadpact.contracts.topics import QUALIFICATION, SLA
from leadpact.verify.findings import Check, Findings
from leadpact.verify.scratch import Scratch
from leadpact.verify.stories import Story, Told
from leadpact.verify.wire import WRITER, series

MOST = 12
"""Mails that one decision makes at most: the owner, the fallback, every step of the escalation."""
_NOTIFYING = frozenset({"clock.warned", "clock.judged", "lead.queued", "lead.escalated"})
_ASKED = "select cause, max(quiet) from asked group by cause"
_TWICE = "select id from effect group by id having count(*) > 1 order by min(rowid)"
_UNASKED = """
select e.id, min(e.kind), max(a.quiet) from effect e left join allowed a using (id)
group by e.id having max(a.quiet) is not 0 order by min(e.rowid)
"""
_DIGITS = 6
"""Of an id, by which most of those are known at once that no mail has."""


class Effect(NamedTuple):
    """A row of a service's ledger of effects."""

    id: str
    kind: str


def asked(story: Story, controls: Sequence[Told]) -> list[tuple[str, bool]]:
    """Causes for which a lead's decisions may have made mails, and whether these had to be silent."""
    past = {fact.envelope.id for fact in story.told[QUALIFICATION.name] if fact.envelope.lane is Lane.BACKFILL}
    causes: dict[str, bool] = {}
    for event in story.told[SLA.name]:
        if event.type in _NOTIFYING and event.envelope.causation not in causes:
            causes[event.envelope.causation] = quiet(event, past, controls)
    return list(causes.items())


class Ledger:
    """The ledger of effects beside what was asked for; memory holds a bit for each beginning that an id can have."""

    def __init__(self, scratch: Scratch, found: Findings) -> None:
        self._scratch = scratch
        self._found = found
        self._begun = bytearray(16**_DIGITS // 8)

    def take(self, rows: Iterable[Effect]) -> None:
        """More rows as they stand."""
        self._scratch.put("effect", rows := list(rows))
        self._found.count("effects", len(rows))
        for effect in rows:
            byte, bit = _begins(effect.id)
            self._begun[byte] |= bit

    def ended(self) -> None:
        """Compare: each of them once, and asked for."""
        for cause, silent in self._scratch.rows(_ASKED) if any(self._begun) else ():
            for id_ in series(MOST, WRITER[SLA.name], cause, "mail"):
                byte, bit = _begins(id_)
                if self._begun[byte] & bit:
                    self._scratch.put("allowed", [(id_, silent)])
        for (id_,) in self._scratch.rows(_TWICE):
            self._found.violated(Check.EFFECTS, f"effect {id_}", "it stands twice")
        for id_, kind, silent in self._scratch.rows(_UNASKED):
            says = f"no decision asks for this {kind}" if silent is None else f"history asks for no {kind}"
            self._found.violated(Check.EFFECTS, f"effect {id_}", says)


def _begins(id_: str) -> tuple[int, int]:
    """The byte and the bit of how an id begins; of one that is none, the first."""
    try:
        number = int(id_[:_DIGITS], 16)
    except ValueError:
        number = 0
    return number >> 3, 1 << (number & 7)


def quiet(event: Told, past: set[str], controls: Sequence[Told]) -> bool:
    """Whether what an event decided had to be silent: it is of history, of a fact of the `past`, or of a timer due by
    the joining (rule 43)."""
    envelope = event.envelope
    if envelope.lane is Lane.BACKFILL or envelope.causation in past:
        return True
    joined = [
        record.envelope.mark
        for record in controls
        if record.type == "backfill.closed" and envelope.at is not None and record.offset <= envelope.at.offset
    ]
    fired = envelope.causation == envelope.correlation
    return fired and bool(joined) and envelope.received_at <= joined[-1]
