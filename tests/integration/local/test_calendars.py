"""The doctor warns of agreements whose calendar ends or whose team has nobody, on a real database."""

from datetime import UTC, date, datetime

import asyncpg
import httpx
import pytest

from leadpact.kit.migrate import migrate
from leadpact.kit.pg import PgStore, connect
from leadpact.local.client import Api
from leadpact.local.doctor import calendars, rosters
from leadpact.qualifier import starters
from leadpact.qualifier.agreement import read
from leadpact.qualifier.agreement.source import parse
from leadpact.qualifier.book import Book
from leadpact.qualifier.domain.signing import Paper, State
from leadpact.testkit.installation import Installation

TODAY = date(2026, 5, 5)


async def _at(pool: asyncpg.Pool, mark: datetime) -> None:
    """Let the qualifier's time have gone so far."""
    store = PgStore(pool)
    await store.ensure("qualifier", 1)
    (lease,) = await store.claim("qualifier", "one", (), 1)
    async with store.turn(lease) as turn:
        turn.move({}, mark)


@pytest.mark.parametrize(
    ("mark", "well"),
    [
        (datetime(2026, 5, 6, tzinfo=UTC), True),
        (datetime(2029, 11, 1, tzinfo=UTC), True),
        (datetime(2029, 11, 3, tzinfo=UTC), False),
        (datetime(2030, 7, 1, tzinfo=UTC), False),
    ],
    ids=["new", "61 days before", "59 days before", "over"],
)
async def test_r03_the_doctor_warns_before_an_agreements_calendar_ends(
    installation: Installation, mark: datetime, *, well: bool
) -> None:
    dsn = installation.dsn("qualifier")
    await migrate(dsn, "leadpact.kit.migrations", "leadpact.qualifier.migrations")
    pool = await connect(dsn)
    try:
        assert (await calendars(dsn)).says == "none is in force"
        async with Book(pool).page() as page:
            await page.put(_paper())
        assert (await calendars(dsn)).well, "nobody knows yet what time it is"
        await _at(pool, mark)
    finally:
        await pool.close()
    found = await calendars(dsn)
    assert (found.well, found.says) == (well, "sample version 1 has a calendar until 2029-12-31")
    assert well or "draft the same text again" in found.do


@pytest.mark.parametrize(
    ("status", "reps", "well"),
    [(404, [], False), (200, [], False), (200, [{"rep": "bo"}], True)],
    ids=["no roster", "an empty one", "a rep"],
)
async def test_r33_the_doctor_says_which_team_has_nobody(
    installation: Installation, status: int, reps: list[dict[str, str]], *, well: bool
) -> None:
    dsn = installation.dsn("qualifier")
    await migrate(dsn, "leadpact.kit.migrations", "leadpact.qualifier.migrations")
    got: list[str] = []

    def sla_monitor(request: httpx.Request) -> httpx.Response:
        got.append(request.url.path)
        return httpx.Response(status, json={"team": "inbound", "reps": reps})

    async with httpx.AsyncClient(transport=httpx.MockTransport(sla_monitor), base_url="http://127.0.0.1:1") as http:
        assert (await rosters(dsn, Api(http))).says == "no agreement is in force"
        await _in_force(dsn)
        found = await rosters(dsn, Api(http))
    assert (found.well, got) == (well, ["/v1/teams/inbound"])
    assert well or found.says == "team inbound of agreement sample has no reps: nobody gets its leads"


async def _in_force(dsn: str) -> None:
    pool = await connect(dsn)
    try:
        async with Book(pool).page() as page:
            await page.put(_paper())
    finally:
        await pool.close()


def _paper() -> Paper:
    sample = read(parse(starters.text("sample"), json=False), version=1, today=TODAY)
    return Paper(sample, "h", State.IN_FORCE, "application/yaml", "text", "ruth", datetime(2026, 5, 5, tzinfo=UTC))
