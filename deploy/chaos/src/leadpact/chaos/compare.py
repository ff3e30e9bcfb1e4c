"""The sender's ledger against the log, and against what intake says became of each delivery (rules 7 and 8)."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import Any, assert_never

import asyncpg
import msgspec

from leadpact.chaos.ledger import Ledger, Posted
from leadpact.chaos.letters import End
from leadpact.contracts.topics import RAW
from leadpact.verify.log import KafkaLog

_OUTCOMES = "select delivery::text, outcome from outcome"
_SHOWN = 20
_COMMANDS = "commands"  # set up beforehand, by nobody's letter
Logged = Mapping[str, set[str]]
"""The ids of deliveries in the log by the hash of their bytes."""


class _Delivery(msgspec.Struct, frozen=True):
    id: str
    key: str
    door: str


_decode = msgspec.msgpack.Decoder(_Delivery).decode


async def outcomes(dsn: str) -> dict[str, str]:
    """What became of every delivery, by the number intake gave it; each has one item."""
    connection: asyncpg.Connection[Any] = await asyncpg.connect(dsn)
    try:
        return {row["delivery"]: row["outcome"] for row in await connection.fetch(_OUTCOMES)}
    finally:
        await connection.close()


async def logged(bootstrap: str, prefix: str) -> Logged:
    """What the log holds; a record may stand there twice, when its ack was lost. Raises `Unreachable`."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    log = KafkaLog(bootstrap, prefix)
    await log.open()
    try:
        for number in range(RAW.partitions):
            async for batch in log.read(RAW.name, number, await log.span(RAW.name, number)):
                for record in batch:
                    delivery = _decode(record.value)
                    if delivery.door != _COMMANDS:
                        found[delivery.key].add(delivery.id)
    finally:
        await log.close()
    return found


def differences(ledger: Ledger, log: Logged, became: Mapping[str, str]) -> list[str]:
    """Where they disagree, at most twenty places.

    A letter of use, or one that is quarantined, was taken up once, however often it came; what is kept though refused
    stands there as often as it was refused. A try that got no answer may have come through all the same.
    """
    found = [
        f"the log holds {len(ids)} deliveries that nobody sent" for key, ids in log.items() if key not in ledger.posted
    ]
    for key, posted in ledger.posted.items():
        ids = log.get(key, set())
        ends = Counter(became.get(id_, "nothing") for id_ in ids)
        if posted.wrong or not _agree(posted, ids, ends):
            told = f"accepted {len(posted.given)}, refused {posted.refused}, open {posted.open}, wrong {posted.wrong}"
            found.append(f"{posted.name}, to be {posted.end}: {told}; in the log {dict(ends)}")
    return found[:_SHOWN]


def _agree(posted: Posted, ids: set[str], ends: Counter[str]) -> bool:
    unheard = len(ids) - len(posted.given)
    match posted.end:
        case End.UNKEPT:
            return not ids and posted.refused > 0
        case End.REJECTED:
            in_bounds = posted.refused <= len(ids) <= posted.refused + posted.open
            return in_bounds and ends[End.REJECTED] == len(ids)
        case End.NORMALISED | End.QUARANTINED:
            once = ends[posted.end] == 1 and ends.total() == 1 + ends["duplicate"]
            return once and ids >= set(posted.given) and unheard <= posted.open
        case _:
            assert_never(posted.end)
