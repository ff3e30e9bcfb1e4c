"""An item that our own code fails on is set aside with that reason, and all others of its turn go on."""

from collections.abc import Sequence
from dataclasses import replace
from typing import assert_never

import structlog

from leadpact.contracts.events.control import SourceResumed, SourceSilent
from leadpact.intake.domain.entry import Entry
from leadpact.intake.errors import Mistaken
from leadpact.intake.normaliser.desk import Desk
from leadpact.intake.normaliser.inbox import Agreed, Opened, Readable, Returned, ours
from leadpact.intake.normaliser.moment import Moment
from leadpact.intake.normaliser.standing import Stood
from leadpact.intake.normaliser.state import Known, LaneRow, Staged
from leadpact.kit.errors import Systemic
from leadpact.kit.parking import reason

MOST_MISTAKES = 5
"""How many items of a turn may be set aside before it is no longer their own fault."""
Noticed = Readable | Stood | SourceSilent | SourceResumed
"""What a turn handles: records, and what it tells of time and of feeds by itself."""
_log = structlog.get_logger(__name__)


def folded(records: Sequence[tuple[Noticed, Moment]], known: Known) -> Desk:
    """The desk after these records; what one bad item had done by halves is undone by beginning the turn again.

    Raises `Systemic` when too many items fail: then the slot stops.
    """
    records = list(records)
    for _ in range(MOST_MISTAKES + 1):
        desk = Desk(known)
        try:
            for each, moment in records:
                match each:
                    case Opened():
                        desk.delivery(each, moment)
                    case Agreed():
                        desk.agreed(each, moment)
                    case Returned():
                        desk.returned(each, moment)
                    case Stood():
                        desk.stalled(each, moment)
                    case SourceSilent() | SourceResumed():
                        desk.listened(each, moment)
                    case never:
                        assert_never(never)
        except Mistaken as error:
            _log.exception("item not folded, set aside in quarantine", delivery=error.delivery, exc_info=error.cause)
            records = [(_aside(each, error), moment) for each, moment in records]
        else:
            return desk
    raise _too_many()


def released(lane: LaneRow, rows: list[Staged], told: list[tuple[Staged, Entry]], known: Known) -> Desk:
    """The desk after the next rows of a lane; entries that our code fails on wait in a lane beside it.

    Raises `Systemic` as `folded` does.
    """
    failed: list[tuple[Staged, Entry]] = []
    for _ in range(MOST_MISTAKES + 1):
        desk = Desk(known)
        try:
            desk.release(lane, rows, [each[1] for each in told if each not in failed])
        except Mistaken as error:
            _log.exception("entry not folded, put aside", delivery=error.delivery, lane=lane.name, exc_info=error.cause)
            failed += [each for each in told if (each[1].delivery, each[1].index) == (error.delivery, error.index)]
        else:
            desk.put_aside(lane, failed)
            return desk
    raise _too_many()


def _too_many() -> Systemic:
    return Systemic(f"our code fails on more than {MOST_MISTAKES} items of a turn")


def _aside(record: Noticed, error: Mistaken) -> Noticed:
    """The record with that item refused, if it is the one."""
    if not isinstance(record, Opened) or record.delivery.id != error.delivery:
        return record
    why = ours(reason(error.cause))
    items = [replace(item, meant=why) if item.draft.index == error.index else item for item in record.items]
    return replace(record, items=items)
