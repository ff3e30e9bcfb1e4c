"""The wall's numbers at one instant, and the one loop that asks for them on behalf of everybody who watches."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from datetime import datetime
from typing import Any

import asyncpg
import msgspec
import structlog

from leadpact.kit.clock import Clock
from leadpact.kit.rows import BEGINNING
from leadpact.reporting.domain.panels import PANELS, State
from leadpact.reporting.domain.wording import Here, newest, note, state
from leadpact.reporting.reading import ask

log = structlog.get_logger()

TICK = 2.0
"""Seconds of the world between two looks."""
SHARE_OF_TIME = 0.1
"""Looking takes at most this share of the loop's time, however many rows there are."""


class Shown(msgspec.Struct, frozen=True):
    """A panel's rows as lists in the order of `columns`, its state, and the line under it."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    state: State | None
    note: str


class Wall(msgspec.Struct, frozen=True):
    """All panels as of one business instant (UTC).

    `as_of`: everything recorded before it is counted; absent while nothing has been read. `behind_seconds` is its age
    on the business clock, which passes `speed` seconds in one of the world. `as_of_text` is local to the agreement's
    zone and says so. `agreement` is the one that leads, with `in_force` 0 the one withdrawn last. `history_until`: the
    date of the newest fact, where nothing but history was loaded since.
    """

    now: datetime
    as_of: datetime | None
    as_of_text: str | None
    behind_seconds: float | None
    zone: str
    agreement: str | None
    in_force: int
    speed: float
    history_until: str | None
    panels: dict[str, Shown]


async def look(pool: asyncpg.Pool, now: datetime, speed: float = 1.0) -> Wall:
    """Ask all panels in one snapshot of the database, so that they agree with each other."""
    async with pool.acquire() as connection, connection.transaction(isolation="repeatable_read", readonly=True):
        (row,) = (await ask(connection, "here", now)).rows
        here = _here(row, now)
        panels = {}
        for panel in PANELS:
            answer = await ask(connection, panel.id, now)
            rows = tuple(tuple(of.values()) for of in answer.rows)
            taken = state(panel, answer.rows, speed)
            panels[panel.id] = Shown(answer.columns, rows, taken, note(panel, answer.rows, here))
    as_of = None if row["as_of"] in (None, BEGINNING) else row["as_of"]
    return Wall(
        now=now,
        as_of=as_of,
        as_of_text=here.clock(as_of) if as_of else None,
        behind_seconds=max((now - as_of).total_seconds(), 0.0) if as_of else None,
        zone=here.zone,
        agreement=here.title,
        in_force=row["in_force"],
        speed=speed,
        history_until=newest(row["newest"], row["newest_lane"], here),
        panels=panels,
    )


def _here(row: Any, now: datetime) -> Here:  # noqa: ANN401 - a row of `here.sql`
    if row["agreement"] is None:
        return Here(now.date())
    return Here(row["day"], row["zone"], row["agreement"], row["version"], row["name"])


class Watch:
    """Looks again and again and hands the same bytes to every viewer."""

    def __init__(self, pool: asyncpg.Pool, clock: Clock, seen: Callable[[Wall, float], None]) -> None:
        """Take `seen`, which is told each wall and the seconds it took."""
        self._pool = pool
        self._clock = clock
        self._seen = seen
        self._news = asyncio.Condition()
        self._latest: tuple[int, bytes] = (0, b"")
        self._over = False

    async def run(self) -> None:
        """Look until cancelled; a database that does not answer is asked again."""
        while True:
            began = self._clock.monotonic()
            with suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError):
                await self._look(began)
            took = self._clock.monotonic() - began
            await self._clock.sleep(max(TICK, took / SHARE_OF_TIME))

    async def close(self) -> None:
        """Tell everybody who watches that there will be no more."""
        async with self._news:
            self._over = True
            self._news.notify_all()

    async def walls(self) -> AsyncIterator[bytes]:
        """The latest wall as JSON, then each new one; a slow viewer gets the newest, not all."""
        known = 0
        while True:
            async with self._news:
                await self._news.wait_for(lambda: self._over or self._latest[0] > known)  # noqa: B023 - awaited here
                if self._over:
                    return
                known, encoded = self._latest
            yield encoded

    async def _look(self, began: float) -> None:
        try:
            wall = await look(self._pool, self._clock.business(), self._clock.speed())
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError):
            log.warning("the wall could not look", exc_info=True)
            raise
        self._seen(wall, self._clock.monotonic() - began)
        async with self._news:
            self._latest = self._latest[0] + 1, msgspec.json.encode(wall)
            self._news.notify_all()
