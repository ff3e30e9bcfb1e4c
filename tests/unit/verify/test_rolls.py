"""What waits in files is what was written, and a longer log needs no more memory."""

import asyncio
import tracemalloc
from collections.abc import AsyncIterator
from itertools import count
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from leadpact.contracts import envelope as wire
from leadpact.contracts.envelope import At
from leadpact.contracts.topics import LEADS, QUALIFICATION, RETURNS, SLA
from leadpact.contracts.topics import partition as home
from leadpact.verify.findings import Check
from leadpact.verify.judging.operations import Cache
from leadpact.verify.log import Kept, Span
from leadpact.verify.partition import Job, partition
from leadpact.verify.rolls import Roll
from leadpact.verify.scratch import Scratch
from leadpact.verify.streams import Place
from leadpact.verify.wire import EPOCH
from tests.unit.verify.recorded import Recorded

_MUCH = 2**40
_TOUCHES = 20
"""Of one lead."""


@given(holes=st.lists(st.sampled_from([0, 0, 0, 1, 5_000]), min_size=1, max_size=40), look=st.lists(st.integers(-1, 9)))
def test_an_entry_is_what_was_written_and_a_hole_is_zeros(holes: list[int], look: list[int]) -> None:
    roll, written, number = Roll(3), dict[int, bytes](), -1
    for turn, hole in enumerate(holes):
        number += hole
        for _ in range(700):
            number += 1
            written[number] = bytes([turn + 1, number % 256, number // 256 % 256])
            roll.put(number, written[number])
        for tenth in look:
            at = number * tenth // 8
            assert roll.at(at) == (written.get(at, bytes(3)) if 0 <= at <= number else None)
    assert len(roll) == number + 1


def test_a_number_far_away_needs_no_room() -> None:
    roll = Roll(8)
    roll.put(0, b"the one ")
    roll.put(_MUCH, b"far away")
    assert [roll.at(0), roll.at(1), roll.at(_MUCH - 1), roll.at(_MUCH)] == [
        b"the one ",
        bytes(8),
        bytes(8),
        b"far away",
    ]


class _Touches:
    """So many touches of many leads in one partition, and the same passed on by the qualifier; nothing is kept."""

    def __init__(self, week: Recorded, number: int) -> None:
        self.spans = {Place(topic, 0): Span(0, number) for topic in (LEADS.name, QUALIFICATION.name)}
        self.spans |= {Place(topic, 0): Span(0, 0) for topic in (SLA.name, RETURNS.name)}
        self._event = week.event(*week.find(LEADS.name, "lead.touched"))

    async def span(self, topic: str, partition: int) -> Span:
        return self.spans[Place(topic, partition)]

    async def read(self, topic: str, partition: int, span: Span) -> AsyncIterator[list[Kept]]:
        del partition
        leads = (lead for number in count() if home(lead := str(UUID(int=number))) == 0)
        for begin in range(0, span.end, _TOUCHES):
            lead = next(leads)
            yield [self._record(topic, lead, begin + number, number) for number in range(_TOUCHES)]

    def _record(self, topic: str, lead: str, offset: int, number: int) -> Kept:
        id_, at = str(UUID(int=offset)), At(LEADS.name if topic == QUALIFICATION.name else RETURNS.name, 0, offset)
        told = replace(self._event, id=id_, lead=lead, lead_version=number + 1, at=at)
        return Kept(offset, lead.encode(), wire.encode(told), offset + 1)


def _peak(week: Recorded, records: int) -> int:
    """The most bytes that Python had while a partition was judged, without what SQLite has."""
    log = _Touches(week, records)
    job = Job(0, log.spans, {}, 0, EPOCH, EPOCH, quiet=False, canaries=())
    tracemalloc.start()
    with Scratch() as scratch:
        part = asyncio.run(partition(job, log, scratch, Cache(), lambda _: None))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert part.found.totals.keys() <= {Check.RETURNS}  # they follow nothing there
    assert part.found.figures["leads"] == records // _TOUCHES
    return peak


def test_a_log_three_times_as_long_needs_no_more_memory(week: Recorded) -> None:
    """Of 12,000 records more a set of their ids alone would need a megabyte."""
    _peak(week, 160)  # what is imported and remembered once
    assert _peak(week, 18_000) < _peak(week, 6_000) + 500_000
