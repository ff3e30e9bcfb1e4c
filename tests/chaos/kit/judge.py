"""Looks at what stands in Kafka and PostgreSQL after a story and says, check by check, what is not as it must be."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import zip_longest

import asyncpg
import msgspec

from leadpact.contracts import envelope as wire
from leadpact.contracts.topics import CONTROL_KEY
from leadpact.kit.ports import Log
from leadpact.kit.rows import Record, Slot, Stream
from leadpact.testkit.counting import Tally
from leadpact.verify import sequences as verify
from leadpact.verify.findings import Findings
from leadpact.verify.log import Kept
from tests.chaos.kit.books import Asked, Books, counted, lines
from tests.chaos.kit.source import Source, standing

_CELLS = "select key, version, data from cell where (consumer, slot) = ($1, $2) and key <> $3 order by key"
_FENCE = "select positions::text from fence where (consumer, slot) = ($1, $2)"
_EFFECTS = "select kind, payload::text from effect"
_UNPUBLISHED = "select coalesce(sum(messages), 0)::bigint from outbox"
_tally = msgspec.msgpack.Decoder(Tally).decode


class Check(StrEnum):
    """What is looked at."""

    SEQUENCES = "sequences"
    ORDER = "order"
    TIME = "time"
    STATE = "state"
    POSITIONS = "positions"
    EFFECTS = "effects"
    STANDSTILL = "standstill"
    OWNERSHIP = "ownership"


@dataclass(frozen=True, slots=True)
class Judge:
    """`slot` reads `source` and writes `output`; what it must have made of it is counted by hand."""

    pool: asyncpg.Pool
    log: Log
    source: Source
    slot: Slot
    output: Stream

    async def findings(self) -> dict[Check, str]:
        """What is wrong, a sentence per check; nothing when all is right."""
        books, records = counted(self.source.told, self.source.announced), await standing(self.log, self.output)
        looked = {
            Check.SEQUENCES: sequences(records),
            Check.ORDER: difference(books.lines, lines(records)),
            Check.TIME: self._time(records),
            Check.STATE: difference(told(books), await self.state()),
            Check.POSITIONS: await self._position(),
            Check.EFFECTS: difference(sorted(books.effects.elements()), await self.effects()),
            Check.STANDSTILL: difference([0], await self._unpublished()),
        }
        return {check: says for check, says in looked.items() if says}

    def _time(self, records: Sequence[Record]) -> str:
        """Nothing may be decided later than time is known to have passed upstream by then."""
        for record in records:
            envelope = wire.decode(record.value)
            assert envelope.at is not None
            known = self.source.known(envelope.at.offset)
            if envelope.mark > known:
                return f"{envelope.type} at {envelope.mark}, though time had passed to {known} only"
        return ""

    async def state(self) -> list[tuple[str, int, Tally]]:
        """Leads as they stand: how many events each has in the output, and its tally."""
        rows = await self.pool.fetch(_CELLS, *self.slot, CONTROL_KEY)
        return [(row["key"], row["version"], _tally(row["data"])) for row in rows]

    async def _position(self) -> str:
        """The slot must stand behind the last fact; what follows that fact is there for a second time."""
        positions = msgspec.json.decode(await self.pool.fetchval(_FENCE, *self.slot))
        behind, end = self.source.behind_the_last()
        if positions in [[[*self.source.stream, offset, len(self.source.told)]] for offset in range(behind, end + 1)]:
            return ""
        return f"it stands at {positions}, the last of {len(self.source.told)} facts before offset {behind}"

    async def effects(self) -> list[Asked]:
        """What was asked for outside, sorted."""
        rows = await self.pool.fetch(_EFFECTS)
        return sorted(Asked(row["kind"], *msgspec.json.decode(row["payload"]).values()) for row in rows)

    async def _unpublished(self) -> list[int]:
        return [await self.pool.fetchval(_UNPUBLISHED)]


def sequences(records: Sequence[Record]) -> str:
    """What `leadpact verify` says of a partition's sequences."""
    found = Findings()
    reader = verify.Sequence("output", found)
    for record in records:
        reader.first(Kept(record.offset, record.key, record.value, record.seq))
    return "; ".join(f"{each.where}: {each.says}" for each in found.violations)


def told(books: Books) -> list[tuple[str, int, Tally]]:
    """State as it must stand: lead, how many events it has in the output, tally."""
    versions = Counter(line.lead for line in books.lines)
    return sorted((lead, versions[lead], tally) for lead, tally in books.tallies.items())


def difference(wanted: Sequence[object], found: Sequence[object]) -> str:
    """The first place where they differ; nothing when they do not."""
    for number, (one, other) in enumerate(zip_longest(wanted, found, fillvalue="nothing"), 1):
        if one != other:
            return f"{number} is {other}, not {one}"
    return ""
