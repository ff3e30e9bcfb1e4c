"""Reading partitions of the log: whatever is read was counted, searched for canaries and told."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence

from leadpact.verify.canaries import Canaries
from leadpact.verify.findings import Findings
from leadpact.verify.log import Kept, Log, Span
from leadpact.verify.streams import Place

Heard = Callable[[int], None]
"""Hears how many more records have been read."""


class Reading:
    """Reads up to `ends`, into the same findings."""

    def __init__(
        self, log: Log, ends: Mapping[Place, Span], canaries: Sequence[str], found: Findings, heard: Heard
    ) -> None:
        self._log = log
        self._ends = ends
        self._secrets = Canaries(canaries, found) if canaries else None
        self._found = found
        self._heard = heard

    async def records(self, place: Place) -> AsyncIterator[list[Kept]]:
        """A partition's records in order; raises `Unreachable`."""
        async for batch in self._log.read(*place, self._ends[place]):
            self._found.count("records", len(batch))
            if self._secrets is not None:
                for record in batch:
                    self._secrets.look(f"{place} offset {record.offset}", record.key, record.value)
            self._heard(len(batch))
            yield batch
