"""The sender's ledger against the log, and against what intake says became of each delivery (rules 7 and 8)."""

from collections import Counter
from collections.abc import AsyncIterator, Collection
from typing import Any, assert_never

import asyncpg
import msgspec

from leadpact.chaos.ledger import Found, Ledger, Posted
from leadpact.chaos.letters import End
from leadpact.contracts.topics import RAW
from leadpact.verify.log import KafkaLog

_OUTCOMES = "select delivery::text, outcome from outcome"
_AT_ONCE = 5_000
_SHOWN = 20
_COMMANDS = "commands"  # set up beforehand, by nobody's letter


class _Delivery(msgspec.Struct, frozen=True):
    id: str
    key: str
    door: str


_decode = msgspec.msgpack.Decoder(_Delivery).decode


async def outcomes(dsn: str) -> AsyncIterator[list[tuple[str, str]]]:
    """What became of every delivery, by the number intake gave it; each has one item. In pieces: memory is bounded."""
    connection: asyncpg.Connection[Any] = await asyncpg.connect(dsn)
    try:
        async with connection.transaction():
            cursor = await connection.cursor(_OUTCOMES)
            while rows := await cursor.fetch(_AT_ONCE):
                yield [(row["delivery"], row["outcome"]) for row in rows]
    finally:
        await connection.close()


async def logged(bootstrap: str, prefix: str) -> AsyncIterator[list[tuple[str, str]]]:
    """Keys and ids of the deliveries that the log holds, in pieces. Raises `Unreachable`."""
    log = KafkaLog(bootstrap, prefix)
    await log.open()
    try:
        for number in range(RAW.partitions):
            async for batch in log.read(RAW.name, number, await log.span(RAW.name, number)):
                deliveries = map(_decode, (record.value for record in batch))
                yield [(each.key, each.id) for each in deliveries if each.door != _COMMANDS]
    finally:
        await log.close()


async def compared(ledger: Ledger, bootstrap: str, prefix: str, dsn: str) -> list[str]:
    """Where an installation and the ledger disagree. Raises `Unreachable`."""
    async for deliveries in logged(bootstrap, prefix):
        ledger.logged(deliveries)
    async for became in outcomes(dsn):
        ledger.ended(became)
    return differences(ledger)


def differences(ledger: Ledger) -> list[str]:
    """Where the ledger and what was noted of log and outcomes disagree, at most twenty places.

    A letter of use, or one that is quarantined, was taken up once, however often it came; what is kept though refused
    stands there as often as it was refused. A try that got no answer may have come through all the same.
    """
    told: list[str] = []
    for found in ledger.found():
        if len(told) == _SHOWN:
            break
        told += _difference(found)
    return told


def _difference(found: Found) -> list[str]:
    posted, ends = found.posted, Counter(found.ends.values())
    if posted is None:
        return [f"the log holds {len(found.ends)} deliveries that nobody sent"]
    if not posted.wrong and _agree(posted, found.ends, ends):
        return []
    answers = f"accepted {len(posted.given)}, refused {posted.refused}, open {posted.open}, wrong {posted.wrong}"
    return [f"{posted.name}, to be {posted.end}: {answers}; in the log {dict(ends)}"]


def _agree(posted: Posted, ids: Collection[str], ends: Counter[str]) -> bool:
    unheard = len(ids) - len(posted.given)
    match posted.end:
        case End.UNKEPT:
            return not ids and posted.refused > 0
        case End.REJECTED:
            in_bounds = posted.refused <= len(ids) <= posted.refused + posted.open
            return in_bounds and ends[End.REJECTED] == len(ids)
        case End.NORMALISED | End.QUARANTINED:
            once = ends[posted.end] == 1 and ends.total() == 1 + ends["duplicate"]
            return once and set(posted.given) <= set(ids) and unheard <= posted.open
        case _:
            assert_never(posted.end)
