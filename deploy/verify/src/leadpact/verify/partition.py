"""One partition by itself: its streams once in their order, then its leads one by one.

A job says what to read and what the tables know of it, a part what came of it; both travel between processes, while the
rows that are compared later stay in the scratch. Memory holds one lead.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from leadpact.contracts.envelope import Lane
from leadpact.contracts.topics import LEADS, QUALIFICATION, RETURNS, SLA
from leadpact.verify import deliveries, effects, feeds, models, returns, slots, state, stories, terms, timers, turns
from leadpact.verify.clocks import owed
from leadpact.verify.engagements import engaged
from leadpact.verify.findings import Check, Findings
from leadpact.verify.judging.force import Rules
from leadpact.verify.judging.operations import Cache, Positions
from leadpact.verify.log import Log, Span
from leadpact.verify.mqls import qualified
from leadpact.verify.reading import Heard, Reading
from leadpact.verify.scratch import Scratch
from leadpact.verify.sequences import Sequence as Sequenced
from leadpact.verify.standing import Reached
from leadpact.verify.streams import Announced, Follows, Numbered, Passed, Place, Stream, settled
from leadpact.verify.volume import Counted, Counting
from leadpact.verify.wire import STORY


@dataclass(frozen=True, slots=True)
class Job:
    """Partition `number` up to `ends`; `announced` are the marks that relays said, `handled` is how far the normaliser
    has read what goes round again, and time has passed until `judged_until` for the qualifier, `owed_until` for the
    sla-monitor."""

    number: int
    ends: Mapping[Place, Span]
    announced: Mapping[Place, Sequence[int]]
    handled: int
    judged_until: datetime
    owed_until: datetime
    quiet: bool
    canaries: Sequence[str]


@dataclass(slots=True)
class Part:
    """What reading a partition came to: how far each topic goes, its control records, what it counts, what is wrong."""

    found: Findings = field(default_factory=Findings)
    reached: dict[Place, Reached] = field(default_factory=dict)
    controls: dict[Place, list[Numbered]] = field(default_factory=dict)
    counted: Counted = field(default_factory=Counted)


async def partition(job: Job, log: Log, scratch: Scratch, hours: Cache, heard: Heard) -> Part:
    """Check a partition; `hours` remembers calendars from one to the next. Raises `Unreachable`."""
    part = Part()
    reading = Reading(log, job.ends, job.canaries, part.found, heard)
    controls = await _streams(job, part, reading, scratch)
    await _returns(job, part, reading, scratch)
    positions = Positions(controls[QUALIFICATION.name], hours)
    if job.quiet:
        told = controls[LEADS.name], controls[QUALIFICATION.name]
        scratch.put("known", slots.expected(job.number, *told, positions.last))
    _leads(job, part, positions, controls, scratch)
    return part


async def _streams(job: Job, part: Part, reading: Reading, scratch: Scratch) -> dict[str, list[stories.Told]]:
    """The topics of a lead's story, each beside the one before it; gives their control records."""
    upstream: Passed | None = None
    controls: dict[str, list[stories.Told]] = {topic: [] for topic in STORY}
    counting = Counting(part.counted, scratch)
    for topic in STORY:
        place = Place(topic, job.number)
        announced = Announced(job.announced.get(place, ()))
        stream = Stream(Passed(place, job.ends[place].start), upstream, announced, scratch, part.found)
        async for batch in reading.records(place):
            read = list(stream.take(batch))
            controls[topic] += stories.keep(scratch, topic, read)
            if topic == QUALIFICATION.name:
                counting.count(read)
            elif topic == SLA.name:
                counting.trouble(read)
            if topic == LEADS.name:
                scratch.put("fact", deliveries.facts(read, place))
                scratch.put("came", returns.facts(read, place, part.found))
                scratch.put("hush", feeds.told(read, place))
                scratch.put("arrived", models.arrived(read, job.number))
        part.reached[place] = Reached(stream.sequence.last, stream.marks.get(Lane.LIVE), stream.follows)
        part.controls[place] = stream.controls
        upstream = stream.passed
    settled(scratch, job.number, part.found)
    counting.ended()
    return controls


async def _returns(job: Job, part: Part, reading: Reading, scratch: Scratch) -> None:
    place = Place(RETURNS.name, job.number)
    sequence = Sequenced(str(place), part.found)
    follows: Follows = {}
    async for batch in reading.records(place):
        scratch.put("returned", returns.asked(batch, place, job.handled, sequence, follows, part.found))
    part.reached[place] = Reached(sequence.last, None, follows)


def _leads(
    job: Job, part: Part, positions: Positions, controls: Mapping[str, list[stories.Told]], scratch: Scratch
) -> None:
    found, told, rules = part.found, controls[QUALIFICATION.name], Rules(controls[LEADS.name])
    if job.quiet and job.number == 0:  # every partition has the same control records
        scratch.put("expected", terms.projected(controls[LEADS.name]))
    for story in stories.stories(scratch):
        try:
            scratch.put("asked", effects.asked(story, told))
            stories.numbered(story, found)
            engaged(story, found)
            if job.quiet:
                judged = qualified(story, rules, job.judged_until, found)
                promised = owed(story, positions, job.owed_until, found)
                scratch.put("expected", state.expected(story, judged, promised))
                scratch.put("expected", timers.expected(story, judged, promised))
                if promised is None:
                    scratch.put("unjudged", [(story.lead,)])
                else:
                    scratch.put("wanted", returns.wanted(story, promised, told))
                    scratch.put("turn", promised.turns)
                    scratch.put("owning", turns.owning(promised))
                scratch.put("expected", models.projected(story))
        except (LookupError, TypeError, ValueError) as error:  # an event that does not say what its type says
            says = f"its story cannot be followed: {type(error).__name__} {error}"
            found.violated(Check.EVENTS, f"lead {story.lead}", says)
    scratch.clear()
