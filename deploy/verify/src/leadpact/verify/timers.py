"""Check 8 for timers: what is open has the ones that it waits for, and nothing waits for what is over.

Of the sla-monitor the names of dues and warnings are compared. Not their instants: those follow the leave and closures
that were known when the lead was last handled, and a timer that is rung too early is set anew. Nor routes, leaves and
escalations, which follow them too.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from leadpact.verify.judging.lead import Judged
from leadpact.verify.judging.promises import Clock
from leadpact.verify.owed import Owed
from leadpact.verify.shelves import WHATEVER, Row, row
from leadpact.verify.stories import Story
from leadpact.verify.wire import micros

QUALIFIER, MONITOR = "state timers of qualifier", "state timers of sla-monitor"
_JUDGED = frozenset({"due", "warn"})


class Timers(NamedTuple):
    """A key's timers, by name, with when each is due."""

    consumer: str
    key: str
    names: Sequence[str]
    dues: Sequence[datetime]


def expected(story: Story, judged: Judged | None, owed: Owed | None) -> Iterator[Row]:
    """What both services must wait for of a lead."""
    if judged is None:
        yield Row(QUALIFIER, story.lead, WHATEVER)
    elif judged.crossing is not None:
        yield row(QUALIFIER, [story.lead], ["crossing", judged.crossing])
    if owed is None:
        yield Row(MONITOR, story.lead, WHATEVER)
        return
    names = sorted(name for clock in owed.clocks.values() for name in _names(clock))
    if names:
        yield row(MONITOR, [story.lead], names)


def held(timers: Timers) -> Iterator[Row]:
    """What the tables wait for of that."""
    if timers.consumer == "qualifier":
        told = zip(timers.names, map(micros, timers.dues), strict=True)
        yield row(QUALIFIER, [timers.key], [each for timer in told for each in timer])
        return
    names = sorted(name for name in timers.names if name.partition(":")[0] in _JUDGED)
    if names:
        yield row(MONITOR, [timers.key], names)


def _names(clock: Clock) -> Iterator[str]:
    if clock.standing == "pending" or (clock.standing == "unverified" and clock.answered_at is None):
        yield f"due:{clock.id}:0"
    if clock.standing != "pending" or clock.run.closed_at is not None:
        return
    if clock.kind == "cadence" and clock.done:
        return
    for percent in clock.run.agreement[clock.kind]["warn_percent"]:
        if percent not in clock.warned:
            yield f"warn:{clock.id}:{percent}"
