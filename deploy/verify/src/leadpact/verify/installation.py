"""From addresses to findings: waits for a quiet moment, takes one snapshot of all tables, reads the log behind it."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any

from leadpact.contracts.topics import MARKS, PARTITIONS
from leadpact.verify.canaries import Canaries
from leadpact.verify.findings import Findings
from leadpact.verify.here import Here
from leadpact.verify.log import KafkaLog
from leadpact.verify.pg import SERVICES, Snapshot
from leadpact.verify.processes import Processes, fitting
from leadpact.verify.run import Run, Tell, spans
from leadpact.verify.standing import stuck

__all__ = ["SERVICES", "Addresses", "told", "verify"]

_LOOK_AGAIN = 0.5
_STILL = 2.0
"""Seconds in which something must move, or what waits is stuck."""


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where an installation is: bootstrap servers with the prefix of its topics, its database for each
    schema; where canaries are looked for besides: its logs and its pages of metrics."""

    kafka: str
    prefix: str
    dsns: Mapping[str, str]
    logs: Sequence[Path] = ()
    pages: Sequence[str] = ()


async def verify(
    where: Addresses, tell: Tell, patience: float, canaries: Sequence[str] = (), processes: int | None = None
) -> Findings:
    """Verify an installation; waits at most so many seconds for it to have handled all. Raises `VerifyError`.

    `canaries` are texts that must stand nowhere in the clear; `processes` judge, else as many as fit the log and cores.
    """
    log = KafkaLog(where.kafka, where.prefix)
    await log.open()
    try:
        began, seen = monotonic(), None
        while True:
            async with Snapshot(where.dsns) as tables:
                stands = await tables.standing()
                ends = await spans(log)
                behind = stands.behind(ends)
                now = behind, {place: span for place, span in ends.items() if place.topic != MARKS.name}
                if not behind or monotonic() - began > patience:
                    number = processes or fitting(sum(span.end - span.start for span in ends.values()), PARTITIONS)
                    judging = Here(log) if number == 1 else Processes(KafkaLog(where.kafka, where.prefix), number)
                    run = Run(log, tables, judging, ends, stands, tell, quiet=not behind, canaries=canaries)
                    found = await run.verify()
                    found.count("not quiet", len(behind))
                    if canaries:
                        secrets = Canaries(canaries, found)
                        secrets.files(where.logs)
                        await asyncio.to_thread(secrets.pages, where.pages)
                    if behind and seen == now:
                        stuck(behind, found)
                    return found
                if monotonic() - began < patience - _STILL or seen is None:
                    seen = now
            await asyncio.sleep(_LOOK_AGAIN)
    finally:
        await log.close()


def told(found: Findings, seconds: float) -> dict[str, Any]:
    """Findings as plain values; not `complete` where slots were still at work: what rests on them was not judged."""
    events = found.figures["records"]
    return {
        "clean": not found.totals,
        "complete": not found.figures.get("not quiet"),
        "seconds": round(seconds, 2),
        "microseconds_per_record": round(seconds * 1e6 / events, 1) if events else None,
        "figures": dict(sorted(found.figures.items())),
        "totals": {check.value: number for check, number in found.totals.items()},
        "violations": [
            {"check": each.check.value, "where": each.where, "says": each.says} for each in found.violations
        ],
    }
