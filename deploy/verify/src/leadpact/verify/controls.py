"""Check 3 across partitions: control records are 1, 2, 3 … in each, and the same ones (rule 51)."""

from leadpact.verify.findings import Check, Findings
from leadpact.verify.streams import Numbered, Place


class Controls:
    """Compares each partition of a topic with the first one; memory holds that one's records."""

    def __init__(self, found: Findings) -> None:
        self._found = found
        self._first: dict[str, list[Numbered]] = {}

    def same(self, place: Place, told: list[Numbered], *, quiet: bool) -> None:
        """Take a partition; while not `quiet` its last records may still be under way."""
        first = self._first.setdefault(place.topic, told)
        for ours, others in zip(told, first, strict=False):
            if ours != others:
                what = (
                    f"record {ours.number} {ours.id}" if ours[:2] != others[:2] else f"what record {ours.number} says"
                )
                self._wrong(place, f"{what} is not that of the first partition, {others.number} {others.id}")
        if quiet and len(told) != len(first):
            self._wrong(place, f"it has {len(told)} control records, the first partition {len(first)}")

    def _wrong(self, place: Place, says: str) -> None:
        self._found.violated(Check.EVENTS, str(place), says)
