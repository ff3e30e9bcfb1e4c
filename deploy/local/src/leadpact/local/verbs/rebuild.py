"""`leadpact rebuild`: what a service keeps made again from the log, beside what lives, then put in its place."""

import asyncio
from collections.abc import Callable, Sequence
from time import monotonic
from typing import Annotated, Any

import msgspec
import typer

from leadpact.kit.kafka import KafkaLog
from leadpact.kit.rebuild.told import SlotRebuilt, TableRebuilt, Tell
from leadpact.kit.roles import rebuilder
from leadpact.kit.service import Service
from leadpact.kit.settings import Settings
from leadpact.local.show import as_json, progress, say, table
from leadpact.local.state import found
from leadpact.local.verbs.asking import AsJson
from leadpact.local.verbs.tables import ServiceName, addresses, named


def rebuild(
    service: ServiceName,
    *,
    check: Annotated[
        bool, typer.Option("--check", help="Only compare with what lives; exit code 1 when it differs.")
    ] = False,
    json: AsJson = False,
) -> None:
    """Make what a service keeps again from the log while it works, and put it in the place of what lives.

    State of qualifier and sla-monitor, slot by slot; intake's identity and reporting's read models, each all at once.
    Facts and past decisions are read, nothing is decided again: no event and no mail comes of it.
    """
    wanted = named(service)
    settings, began = addresses(found()), monotonic()
    with progress(f"rebuilding {service}, percent", 100) as line:
        parts = asyncio.run(_rebuilt(wanted, settings, _percent(line), check=check))
    differs = any(part.differs for part in parts)
    seconds = round(monotonic() - began, 2)
    of = "slots" if all(isinstance(part, SlotRebuilt) for part in parts) else "tables"
    if json:
        told = [msgspec.to_builtins(part) for part in parts]
        as_json({"service": service, "check": check, "differs": differs, "seconds": seconds, of: told})
    else:
        _show(parts)
        done = "compared, nothing was switched" if check else "switched"
        say(f"{len(parts)} {of} {done}; what lived {'differed' if differs else 'was the same'}, {seconds} s")
    if check and differs:
        raise typer.Exit(1)


async def _rebuilt(
    service: Service[Any], settings: Settings, tell: Tell, *, check: bool
) -> Sequence[SlotRebuilt] | Sequence[TableRebuilt]:
    log = KafkaLog(settings.kafka, settings.topic_prefix)
    try:
        return await service.rebuilds.rebuild(settings.dsn(rebuilder(service.schema)), log, check=check, tell=tell)
    finally:
        await log.close()


def _percent(line: Callable[[int, str], None]) -> Tell:
    """Slots are about as large as each other."""

    def tell(slot: int, slots: int, done: int, total: int) -> None:
        line(round(100 * (slot + done / max(total, 1)) / slots), "folding")

    return tell


def _show(parts: Sequence[SlotRebuilt] | Sequence[TableRebuilt]) -> None:
    slots = [part for part in parts if isinstance(part, SlotRebuilt)]
    if slots:
        columns: Sequence[str] = ("slot", "records and events", "cells that differ", "timers that differ")
        table(columns, [(each.slot, each.folded, each.differing_cells, each.differing_timers) for each in slots])
    tables = [part for part in parts if isinstance(part, TableRebuilt)]
    if tables:
        table(("table", "rows", "rows that differ"), [(each.table, each.rows, each.differing) for each in tables])
    for slot in slots:
        for line in slot.first:
            say(f"slot {slot.slot}: {line}")
    for line in (line for each in tables for line in each.first):
        say(line)
