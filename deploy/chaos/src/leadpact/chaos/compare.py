"""The sender's ledger against what intake says became of each delivery (rules 7 and 8)."""

from collections import Counter
from collections.abc import Mapping, Sequence

import asyncpg

from leadpact.chaos.load import Ledger

_OUTCOMES = "select delivery::text, outcome from outcome where delivery = any($1::uuid[])"
_ONCE = {"normalised", "quarantined"}
_SHOWN = 20


async def outcomes(dsn: str, ledger: Ledger) -> dict[str, str]:
    """What became of every delivery that was accepted, by the number intake gave it."""
    connection = await asyncpg.connect(dsn)
    try:
        wanted = [ingest for given in ledger.accepted.values() for ingest in given]
        return {row["delivery"]: row["outcome"] for row in await connection.fetch(_OUTCOMES, wanted)}
    finally:
        await connection.close()


def differences(accepted: Mapping[str, Sequence[str]], became: Mapping[str, str]) -> list[str]:
    """Where the two disagree: each 2xx ended somewhere, and each id was taken up once, however often it was sent."""
    found: list[str] = []
    for id_, given in accepted.items():
        ends = Counter(became.get(ingest, "nothing") for ingest in given)
        if ends["nothing"]:
            found.append(f"{id_}: accepted, and nothing became of it")
        elif sum(ends[outcome] for outcome in _ONCE) != 1 or ends.total() != 1 + ends["duplicate"]:
            found.append(f"{id_}: {dict(ends)}")
    return found[:_SHOWN]
