"""Control records are numbered, 1, 2, 3 … in each partition; what is missing or comes again stops the slot.

A partition whose agreements, rosters or stalls are not those of the others would judge its leads by other rules.
"""

from leadpact.contracts.events.control import Numbered
from leadpact.kit.decider import Fact
from leadpact.kit.errors import Gap, Systemic
from leadpact.kit.rows import Record

UNKNOWN = 0
"""The number before the first record, or of a slot that was begun before numbers were kept."""


def following(last: int, record: Record, fact: Fact, *, first: bool, all_of_them: bool = True) -> int:
    """The number of a control record that stands behind number `last`; raises `Gap` where others should stand between.

    `first`: nothing stood before it. A topic that does not carry `all_of_them` only counts upwards. Raises `Systemic`
    for a control record without a number.
    """
    where = f"{record.topic}/{record.partition} offset {record.offset}"
    if not isinstance(fact.event, Numbered):
        raise Systemic(f"{where}: control record {fact.envelope.type} has no number")
    number = fact.event.control
    known = first or last != UNKNOWN
    if known and (number <= last or (all_of_them and number != last + 1)):
        raise Gap(f"{where}: control record {number} after {last}")
    return number
