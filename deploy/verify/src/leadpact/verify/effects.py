"""Check 10: what is done outside was asked for by a decision in live time; history asks for nothing (rule 43)."""

from collections.abc import Sequence
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


def done(scratch: Scratch, rows: Sequence[Effect], found: Findings) -> None:
    """Compare the ledger with what was asked for."""
    by_rule: dict[str, bool] = {}
    seen = {effect.id for effect in rows}
    for cause, silent in scratch.rows(_ASKED) if seen else ():
        for id_ in series(MOST, WRITER[SLA.name], cause, "mail"):
            if id_ in seen:
                by_rule[id_] = bool(silent)
    seen.clear()
    for effect in rows:
        found.count("effects")
        if effect.id in seen:
            found.violated(Check.EFFECTS, f"effect {effect.id}", "it stands twice")
        elif effect.id not in by_rule:
            found.violated(Check.EFFECTS, f"effect {effect.id}", f"no decision asks for this {effect.kind}")
        elif by_rule[effect.id]:
            found.violated(Check.EFFECTS, f"effect {effect.id}", f"history asks for no {effect.kind}")
        seen.add(effect.id)


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
