"""Check 12: what goes round again is what the rules ask for, once, and becomes exactly one fact of its lead (rule 27).

A closing is asked for by each cadence that is judged kept by its attempts alone when nothing has ended it or come of
it, where the agreement says `recycle`: not while its due is in doubt (rule 30), and never by history, whose timers make
no effects either (rule 43).
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec

from leadpact.contracts import envelope as wire
from leadpact.contracts.envelope import Envelope, Lane
from leadpact.contracts.errors import Malformed
from leadpact.contracts.topics import QUALIFICATION, RETURNS, SLA
from leadpact.contracts.topics import partition as home
from leadpact.verify.effects import quiet
from leadpact.verify.findings import Check, Findings
from leadpact.verify.log import Kept
from leadpact.verify.owed import Owed
from leadpact.verify.scratch import Scratch
from leadpact.verify.sequences import Sequence as Sequenced
from leadpact.verify.stories import Story, Told
from leadpact.verify.streams import Follows, Place, Read, follow
from leadpact.verify.wire import WRITER, derived

TYPE = "closing.requested"
_FACT = "lead.disposed"
_ENDED = """
select r.id, min(r.place), r.told, count(distinct c.place), min(c.told), min(c.follows), max(c.follows)
from returned r left join came c on c.cause = r.id where r.handled group by r.id order by r.id
"""
_TWICE = "select id, max(place) from returned group by id having count(*) > 1 order by id"
_UNASKED = "select place, cause from came where cause not in (select id from returned) order by place"
_UNWANTED = """
select r.place, r.told, w.told, w.quiet from returned r left join wanted w on w.id = r.id
where r.lead not in (select lead from unjudged) and (w.told is not r.told or w.quiet) order by r.place
"""
_UNSAID = "select told from wanted where not quiet and id not in (select id from returned) order by told"


def asked(
    batch: Iterable[Kept], place: Place, handled: int, sequence: Sequenced, follows: Follows, found: Findings
) -> list[Any]:
    """Records of `returns` as rows of the scratch; those before offset `handled` are the normaliser's past.

    What they follow is noted in `follows`.
    """
    rows = []
    for record in batch:
        where = f"{place} offset {record.offset}"
        if not sequence.first(record):
            continue
        try:
            envelope = wire.decode(record.value)
        except Malformed as error:
            found.violated(Check.RETURNS, where, f"it cannot be read: {error}")
            continue
        found.count("returns")
        follow(follows, envelope.at)
        for says in _wrong(record, envelope, place):
            found.violated(Check.RETURNS, where, says)
        rows.append((envelope.id, envelope.lead, where, record.offset < handled, _told(envelope)))
    return rows


def facts(read: Iterable[Read], place: Place, found: Findings) -> Iterator[tuple[Any, ...]]:
    """Records of `leads` that came of what went round again, as rows of the scratch."""
    for record, envelope in read:
        if envelope.at is None or envelope.at.topic != RETURNS.name:
            continue
        where = f"{place} offset {record.offset}"
        if envelope.id != derived(envelope.causation, _FACT, envelope.lead):
            found.violated(Check.RETURNS, where, f"{envelope.type} {envelope.id} does not follow from its cause")
        follows = f"{envelope.at.topic}/{envelope.at.partition} offset {envelope.at.offset}"
        yield envelope.id, envelope.causation, where, follows, _told(envelope)


def wanted(story: Story, owed: Owed, controls: Sequence[Told]) -> Iterator[tuple[Any, ...]]:
    """The closings that a lead's exhausted cadences ask for, and whether they had to be silent."""
    past = {fact.envelope.id for fact in story.told[QUALIFICATION.name] if fact.envelope.lane is Lane.BACKFILL}
    made: dict[str, int] = {}
    for event in owed.exhausted:
        cause = event.envelope.causation
        index = made.get(cause, 0)
        made[cause] = index + 1
        told = _said(story.lead, event.said["engagement"], event.said["clock"])
        yield derived(WRITER[SLA.name], cause, TYPE, index), told, quiet(event, past, controls)


def ended(scratch: Scratch, found: Findings) -> None:
    """What went round again has come, once, and as it was asked for."""
    for id_, where, told, facts_, said, first, last in scratch.rows(_ENDED):
        if facts_ != 1:
            found.violated(Check.RETURNS, where, f"{facts_} facts came of {id_}")
        elif said != told:
            found.violated(Check.RETURNS, where, f"it asks for {told}, the fact says {said}")
        elif {first, last} != {where}:
            found.violated(Check.RETURNS, where, f"its fact follows {first}")
    for id_, where in scratch.rows(_TWICE):
        found.violated(Check.RETURNS, where, f"{id_} was asked for before")
    for where, cause in scratch.rows(_UNASKED):
        found.violated(Check.RETURNS, where, f"nothing in {RETURNS.name} is its cause {cause}")


def due(scratch: Scratch, found: Findings) -> None:
    """What the rules ask for was sent, and nothing else."""
    for where, told, by_rule, silent in scratch.rows(_UNWANTED):
        says = "history asks for nothing" if silent else f"no exhausted cadence asks for {told}"
        found.violated(Check.RETURNS, where, says if by_rule in {None, told} else f"it asks for {told}, not {by_rule}")
    for (told,) in scratch.rows(_UNSAID):
        found.violated(Check.RETURNS, f"closing {told}", "a cadence is exhausted, and nobody asks for it")


def _wrong(record: Kept, envelope: Envelope, place: Place) -> Iterator[str]:
    if envelope.type != TYPE:
        yield f"{envelope.type} does not go round again"
    if record.key.decode(errors="replace") != envelope.lead:
        yield f"its key is not its lead {envelope.lead}"
    if home(envelope.lead) != place.partition:
        yield f"lead {envelope.lead} lives in partition {home(envelope.lead)}"
    at = envelope.at
    if at is None or (at.topic, at.partition) != (QUALIFICATION.name, place.partition):
        yield f"it follows nothing in {QUALIFICATION.name}/{place.partition}"


def _told(envelope: Envelope) -> str:
    """What is asked for, or what the fact says was."""
    said = msgspec.json.decode(envelope.data)
    verdict = said.get("verdict", "recycled")
    return _said(envelope.lead, said.get("engagement"), said.get("cadence"), said.get("reason"), verdict)


def _said(
    lead: str, engagement: str | None, cadence: str | None, reason: str | None = "exhausted", verdict: str = "recycled"
) -> str:
    return f"{lead} {engagement} {cadence} {verdict} {reason}"
