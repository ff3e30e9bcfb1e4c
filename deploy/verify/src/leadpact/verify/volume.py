"""Check 7 over many leads: marketing's MQLs counted again from the log, beside the verdicts on topic `promises`.

Memory holds eight bytes of each MQL, and of each lead of history.
"""

from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator, MutableSequence, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from leadpact.contracts.envelope import Envelope, Lane
from leadpact.contracts.topics import PARTITIONS
from leadpact.verify.findings import Check, Findings
from leadpact.verify.judging.months import Asked, Reigns
from leadpact.verify.scratch import Scratch
from leadpact.verify.shelves import ANYTHING, Row, row
from leadpact.verify.standing import Fence, Standing
from leadpact.verify.streams import Read
from leadpact.verify.wire import EPOCH, NOTICES, derived

JUDGE, COUNTER = "sla-monitor.judge", "sla-monitor"
TALLIES = "state of tallies"
_Month = tuple[str, str]
_PEOPLE = """
select agreement, month, min(seq) as first from person group by agreement, month, lead order by agreement, month, first
"""


class Tally(NamedTuple):
    """What a slot has counted under a name; `seq` is that of the last record it counted."""

    slot: int
    name: str
    number: int
    seq: int


@dataclass(slots=True)
class Counted:
    """What a partition counts: sequences of MQLs by agreement and month, of history's leads since `reaches`, and
    whether it set somebody `aside`, whom it counts later than it was told."""

    reigns: Reigns = field(default_factory=Reigns)
    mqls: dict[_Month, MutableSequence[int]] = field(default_factory=dict)
    history: MutableSequence[int] = field(default_factory=lambda: array("q"))
    reaches: datetime | None = None
    aside: bool = False


class Counting:
    """Counts while a partition is read; a person once per agreement and month (rule 53)."""

    def __init__(self, counted: Counted, scratch: Scratch) -> None:
        self._counted = counted
        self._scratch = scratch

    def count(self, read: Iterable[Read]) -> None:
        """Take records of `qualification`."""
        counted = self._counted
        for record, envelope in read:
            if not envelope.lead:
                counted.reigns.take(envelope.type, msgspec.json.decode(envelope.data), envelope.recorded_at)
            elif envelope.type == "lead.qualified":
                self._qualified(record.seq or 0, envelope)
            elif envelope.type == "lead.captured" and envelope.lane is Lane.BACKFILL:
                counted.history.append(record.seq or 0)
                at = envelope.occurred_at
                counted.reaches = at if counted.reaches is None else min(at, counted.reaches)

    def trouble(self, read: Iterable[Read]) -> None:
        """Take records of `sla`."""
        for _, envelope in read:
            if envelope.type in NOTICES and msgspec.json.decode(envelope.data)["consumer"] == COUNTER:
                self._counted.aside = True

    def _qualified(self, seq: int, envelope: Envelope) -> None:
        said = msgspec.json.decode(envelope.data)
        version = said["agreement"], said["agreement_version"]
        reigns = self._counted.reigns
        if version not in reigns.agreements:
            return  # that it judges nobody is said elsewhere
        month = reigns.month_of(version, datetime.fromisoformat(said["recognised_at"]))
        self._scratch.put("person", [(version[0], month, envelope.lead, seq)])

    def ended(self) -> None:
        """All have been taken."""
        for agreement, month, seq in self._scratch.rows(_PEOPLE):
            self._counted.mqls.setdefault((agreement, month), array("q")).append(seq)


class Volume:
    """Puts together what partitions have counted; then looks at the verdicts."""

    def __init__(self, counted: Sequence[Counted], found: Findings) -> None:
        self._found = found
        self._reigns = counted[0].reigns  # control records are the same ones in all
        self._counted = {
            month: [each.mqls.get(month, array("q")) for each in counted]
            for month in sorted({month for each in counted for month in each.mqls})
        }
        self._history = [each.history for each in counted]
        self._reaches = min((each.reaches for each in counted if each.reaches is not None), default=None)
        self._aside = {number for number, each in enumerate(counted) if each.aside}
        self._said: list[tuple[Envelope, dict[str, Any]]] = []

    def judged(self, where: str, key: bytes, envelope: Envelope) -> None:
        """Take a record of `promises`."""
        said = msgspec.json.decode(envelope.data)
        if envelope.type != "promise.judged" or not key.decode() == envelope.lead == said["promise"]:
            self._wrong(where, f"{envelope.type} of {envelope.lead} stands under {key.decode()}")
            return
        self._said.append((envelope, said))

    def ended(self, stands: Standing, *, quiet: bool) -> Iterator[Row]:
        """Compare, and give the rows that must stand in the tables while all is quiet."""
        last: dict[_Month, dict[str, Any]] = {}
        versions: dict[str, int] = {}
        fence = stands.fence(JUDGE, 0)
        until = EPOCH if fence is None else fence.mark
        slots = [found for n in range(PARTITIONS) if (found := stands.fence(COUNTER, n)) is not None]
        if any(slot.mark < until for slot in slots):
            self._found.violated(Check.POSITIONS, f"{JUDGE}/0", f"its time {until} is ahead of what it counts")
        for envelope, said in self._said:
            self._found.count("promises judged")
            month = said["agreement"], said["period"]
            versions[said["promise"]] = versions.get(said["promise"], 0) + 1
            self._one(envelope, said, last.get(month), versions[said["promise"]], until)
            last[month] = said
        if quiet and fence is not None:
            since = max((slot.counted_since for slot in slots), default=EPOCH)
            noted, whole = (self._reigns.asked(self._reaches, said_since, until) for said_since in (since, EPOCH))
            self._stands(last, noted, whole, since)
            yield from _books(last, versions)
            yield from self._tallies(slots)

    def _one(
        self, envelope: Envelope, said: dict[str, Any], before: dict[str, Any] | None, version: int, until: datetime
    ) -> None:
        """One verdict by itself, and beside the one that it revises."""
        where = f"promises {envelope.id}"
        revision, previous = (1, "pending") if before is None else (before["revision"] + 1, before["verdict"])
        if (said["revision"], said["previous"], envelope.lead_version) != (revision, previous, version):
            told = f"revision {said['revision']} of {said['previous']}, number {envelope.lead_version}"
            self._wrong(where, f"it is {told}, and follows as revision {revision} of {previous}, number {version}")
        rests_on = (f"{seen['partition']}:{seen['seq']}" for seen in said["seen"])
        if envelope.id != derived(JUDGE, said["promise"], said["period"], said["revision"], *rests_on):
            self._wrong(where, "its id does not follow from promise, period and sequences")
        if envelope.mark < datetime.fromisoformat(said["ends"]) or envelope.mark > min(until, envelope.recorded_at):
            self._wrong(where, f"it was judged at {envelope.mark}, the period ended {said['ends']}, time is {until}")
        if before is not None and all(said[name] == before[name] for name in ("seen", "shares", "begins", "ends")):
            self._wrong(where, "it revises what has not changed")
        reached = said["count"] >= said["target"]
        kept = "withdrawn" if previous in {"missed", "withdrawn"} else "met"
        if said["verdict"] != (kept if reached else "missed"):
            self._wrong(where, f"{said['verdict']} with {said['count']} of {said['target']} after {previous}")
        self._counts(where, said)

    def _counts(self, where: str, said: dict[str, Any]) -> None:
        """As many as stood in each partition up to the sequence that it names."""
        counted = self._of(said["agreement"], said["period"])
        if said["count"] != sum(seen["count"] for seen in said["seen"]) or len(said["seen"]) != PARTITIONS:
            self._wrong(where, f"{said['count']} is not the sum of its partitions")
        for number, seen in enumerate(said["seen"]):
            upto = bisect_right(counted[number], seen["seq"])
            differs = seen["count"] > upto if number in self._aside else seen["count"] != upto
            unnamed = seen["seq"] != (counted[number][upto - 1] if upto else 0) and number not in self._aside
            if differs or unnamed or seen["partition"] != number:
                told = f"{seen['count']} up to sequence {seen['seq']} of partition {seen['partition']}"
                self._wrong(where, f"{told}, the log has {upto}")

    def _stands(
        self,
        last: dict[_Month, dict[str, Any]],
        noted: dict[_Month, Asked],
        whole: dict[_Month, Asked],
        since: datetime,
    ) -> None:
        """One verdict stands on each month that is over and was counted whole, and it is right.

        A rebuild notes the versions from before there were tallies as well: from then on the `whole` is asked.
        """
        for month in last.keys() | noted.keys():
            where, said = f"promise {'/'.join(month)}", last.get(month)
            wanted = [asked[month] for asked in (noted, whole) if month in asked and asked[month].begins >= since]
            if said is not None and wanted:
                self._standing(where, said, wanted, self._of(*month))
            elif said is not None:
                self._wrong(where, "it is judged, though nothing was asked that could be counted")
            elif wanted and month in noted:
                self._wrong(where, "it is over, and nobody has judged it")

    def _standing(
        self, where: str, said: dict[str, Any], wanted: list[Asked], counted: Sequence[Sequence[int]]
    ) -> None:
        names = ("agreement_version", "per_month", "business_days", "of_business_days")
        shares = tuple(tuple(share[name] for name in names) for share in said["shares"])
        bounds = tuple(datetime.fromisoformat(said[name]) for name in ("begins", "ends"))
        told = said["agreement_version"], *bounds, shares, said["target"]
        asked = [(*each, each.target) for each in wanted]
        if told not in asked:
            self._wrong(where, f"{told} was asked, by the rules {asked[0]}")
        for seen, all_ in zip(said["seen"], counted, strict=False):
            if seen["count"] != len(all_) and seen["partition"] not in self._aside:
                self._wrong(where, f"partition {seen['partition']} stands at {seen['count']}, the log has {len(all_)}")

    def _tallies(self, slots: Sequence[Fence]) -> Iterator[Row]:
        for slot in slots:
            if slot.counted_since > EPOCH:
                continue
            told = {f"{agreement}/mql_volume/{month}": seqs for (agreement, month), seqs in self._counted.items()}
            for name, seqs in (*told.items(), ("history", self._history)):
                of = seqs[slot.slot]
                if of:
                    made = row(TALLIES, [slot.slot, name], [len(of), of[-1]])
                    yield made._replace(row=ANYTHING) if slot.slot in self._aside else made

    def _of(self, agreement: str, month: str) -> Sequence[Sequence[int]]:
        return self._counted.get((agreement, month)) or [()] * PARTITIONS

    def _wrong(self, where: str, says: str) -> None:
        self._found.violated(Check.PROMISES, where, says)


def held(tally: Tally, counted_since: datetime) -> Iterator[Row]:
    """A slot's tally as the tables have it, if the slot has counted from the beginning."""
    if counted_since == EPOCH:
        yield row(TALLIES, [tally.slot, tally.name], [tally.number, tally.seq])


def _books(last: dict[_Month, dict[str, Any]], versions: dict[str, int]) -> Iterator[Row]:
    for promise, version in versions.items():
        yield book(promise, version, {said["period"]: said for said in last.values() if said["promise"] == promise})


def book(promise: str, version: int, verdicts: dict[str, Any]) -> Row:
    """What the judge keeps of a promise."""
    told = [[month, said["revision"], said["verdict"], said["count"]] for month, said in sorted(verdicts.items())]
    return row(f"state of {JUDGE}", [promise], [version, told])
