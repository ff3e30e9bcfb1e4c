"""Check 10: what is done outside was asked for by a decision in live time; history asks for nothing (rule 43)."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from leadpact.contracts.envelope import Lane
from leadpact.contracts.topics import QUALIFICATION, SLA
from leadpact.verify.findings import Check, Findings
from leadpact.verify.scratch import Scratch
from leadpact.verify.stories import Story, Told
from leadpact.verify.wire import WRITER, series

MOST = 12
"""Mails that one decision makes at most: the owner, the fallback, every step of the escalation."""
_NOTIFYING = frozenset({"clock.warned", "clock.judged", "lead.queued", "lead.escalated"})
_DONE = """
select e.told, e.kind, a.quiet
from effect e left join (
    select id, max(quiet) as quiet from asked where id in (select id from effect) group by id
) a using (id)
order by e.told
"""


class Effect(NamedTuple):
    """A row of a service's ledger of effects."""

    id: str
    kind: str


def asked(story: Story, controls: Sequence[Told]) -> list[tuple[bytes, bool]]:
    """Ids of the mails that a lead's decisions may have made, and whether they had to be silent."""
    past = {fact.envelope.id for fact in story.told[QUALIFICATION.name] if fact.envelope.lane is Lane.BACKFILL}
    causes: dict[str, bool] = {}
    for event in story.told[SLA.name]:
        if event.type in _NOTIFYING:
            causes.setdefault(event.envelope.causation, quiet(event, past, controls))
    writer = WRITER[SLA.name]
    return [(id_, quiet) for cause, quiet in causes.items() for id_ in series(MOST, writer, cause, "mail")]


def done(scratch: Scratch, rows: Sequence[Effect], found: Findings) -> None:
    """Compare the ledger with what was asked for."""
    seen: set[str] = set()
    for effect in rows:
        found.count("effects")
        if effect.id in seen:
            found.violated(Check.EFFECTS, f"effect {effect.id}", "it stands twice")
        seen.add(effect.id)
    scratch.put("effect", ((_raw(effect.id), effect.id, effect.kind) for effect in rows))
    for id_, kind, silent in scratch.rows(_DONE):
        if silent is None:
            found.violated(Check.EFFECTS, f"effect {id_}", f"no decision asks for this {kind}")
        elif silent:
            found.violated(Check.EFFECTS, f"effect {id_}", f"history asks for no {kind}")


def _raw(id_: str) -> bytes:
    """The sixteen bytes of an id; of what is none, bytes that nobody asks for."""
    try:
        return UUID(id_).bytes
    except ValueError:
        return id_.encode()


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
