"""Check 3 of what is told of feeds: nothing of a silent one stands in `raw` from before it was told so (rule 30)."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

import msgspec

from leadpact.verify.findings import Check, Findings
from leadpact.verify.scratch import Scratch
from leadpact.verify.streams import Place, Read
from leadpact.verify.wire import micros

_UNDER_WAY = timedelta(seconds=2)
"""So long a delivery may be on its way from the door into `raw` or the spool, though time passes meanwhile."""
_SPOKE = """
select h.place, h.source, count(*)
from hush h join delivery d on d.source = h.source and d.at > h.since and d.at < h.until
group by h.place, h.source order by h.place
"""


def told(read: Iterable[Read], place: Place) -> Iterator[tuple[str, str, int, int]]:
    """What is said of feeds, as rows of the scratch: since when nothing was received until when.

    What was received later than time had come to may stand behind the record as well as before it. All partitions say
    the same, so one is enough.
    """
    for record, envelope in read if place.partition == 0 else ():
        if envelope.type in {"source.silent", "source.resumed"}:
            said = msgspec.json.decode(envelope.data)
            since = said["since"] if envelope.type == "source.silent" else said["from_at"]
            until = micros(envelope.mark - _UNDER_WAY)
            yield f"{place} offset {record.offset}", said["source"], micros(datetime.fromisoformat(since)), until


def silent(scratch: Scratch, found: Findings) -> None:
    """Compare what was told with what was received."""
    if next(scratch.rows("select 1 from hush limit 1"), None) is None:
        return
    scratch.run("create index spoken on delivery (source, at) where at is not null")
    for where, source, number in scratch.rows(_SPOKE):
        says = f"the feed {source} is told silent, but {number} deliveries of it had been received since"
        found.violated(Check.EVENTS, where, says)
