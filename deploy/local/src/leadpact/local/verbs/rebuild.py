"""`leadpact rebuild`: a service's state made again from the log, beside the one that lives, then put in its place."""

import asyncio
from collections.abc import Callable
from time import monotonic
from typing import Annotated, Any

import msgspec
import typer

from leadpact.kit.kafka import KafkaLog
from leadpact.kit.rebuild.running import SlotRebuilt
from leadpact.kit.rebuild.running import rebuild as rebuilt
from leadpact.kit.roles import rebuilder
from leadpact.kit.service import Service
from leadpact.kit.settings import Settings
from leadpact.local.show import as_json, progress, say, table
from leadpact.local.state import found
from leadpact.local.verbs.asking import AsJson
from leadpact.local.verbs.tables import BY_NAME, ServiceName, addresses, named

_REBUILT = tuple(name for name, service in BY_NAME.items() if service.rebuilds is not None)


def rebuild(
    service: ServiceName,
    *,
    check: Annotated[
        bool, typer.Option("--check", help="Only compare with what lives; exit code 1 when it differs.")
    ] = False,
    json: AsJson = False,
) -> None:
    """Make a service's state again from the log while it works, and put it in the place of what lives.

    Facts and past decisions are read, nothing is decided again: no event and no mail comes of it.
    """
    wanted = named(service)
    if wanted.rebuilds is None:
        raise typer.BadParameter(
            f"{service} keeps no state that can be rebuilt; {' and '.join(_REBUILT)} do", param_hint="SERVICE"
        )
    settings, began = addresses(found()), monotonic()
    with progress(f"rebuilding {service}, percent", 100) as line:
        slots = asyncio.run(_rebuilt(wanted, settings, _percent(line), check=check))
    differs = any(slot.differing_cells or slot.differing_timers for slot in slots)
    seconds = round(monotonic() - began, 2)
    if json:
        told = [msgspec.to_builtins(slot) for slot in slots]
        as_json({"service": service, "check": check, "differs": differs, "seconds": seconds, "slots": told})
    else:
        _show(slots, check=check)
        done = "compared, nothing was switched" if check else "switched"
        say(f"{len(slots)} slots {done}; what lived {'differed' if differs else 'was the same'}, {seconds} s")
    if check and differs:
        raise typer.Exit(1)


async def _rebuilt(
    service: Service[Any], settings: Settings, tell: Callable[[int, int, int, int], None], *, check: bool
) -> list[SlotRebuilt]:
    assert service.rebuilds is not None  # noqa: S101 - the caller has looked
    log = KafkaLog(settings.kafka, settings.topic_prefix)
    try:
        dsn = settings.dsn(rebuilder(service.schema))
        return await rebuilt(service.rebuilds(), dsn, log, check=check, tell=tell)
    finally:
        await log.close()


def _percent(line: Callable[[int, str], None]) -> Callable[[int, int, int, int], None]:
    """Slots are about as large as each other."""

    def tell(slot: int, slots: int, done: int, total: int) -> None:
        line(round(100 * (slot + done / max(total, 1)) / slots), f"slot {slot}")

    return tell


def _show(slots: list[SlotRebuilt], *, check: bool) -> None:
    columns = ("slot", "records and events", "cells that differ", "timers that differ")
    table(columns, [(each.slot, each.folded, each.differing_cells, each.differing_timers) for each in slots])
    for slot in slots if check else ():
        for line in slot.first:
            say(f"slot {slot.slot}: {line}")
