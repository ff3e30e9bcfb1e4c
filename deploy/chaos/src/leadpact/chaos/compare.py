"""The sender's ledger against what intake says became of each delivery (rules 7 and 8)."""

from collections import Counter
from collections.abc import Mapping

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


def differences(ledger: Ledger, became: Mapping[str, str]) -> list[str]:
    """Where the two disagree: each 2xx ended somewhere, and each id was taken up once, however often it was sent.

    A try that got no answer may have been taken up all the same: then all that was accepted is a duplicate.
    """
    found: list[str] = []
    for id_, given in ledger.accepted.items():
        ends = Counter(became.get(ingest, "nothing") for ingest in given)
        taken = sum(ends[outcome] for outcome in _ONCE)
        once = taken == 1 or (taken == 0 and ledger.without_answer[id_] > 0)
        if not once or ends.total() != taken + ends["duplicate"]:
            found.append(f"{id_}: {dict(ends)}")
    return found[:_SHOWN]
