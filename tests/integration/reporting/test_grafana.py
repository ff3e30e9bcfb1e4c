"""What Grafana asks is what the page asks: its SQL, with its macro filled in, gives the same rows."""

import json
from datetime import datetime

import asyncpg

from leadpact.grafana.writing import rendered
from leadpact.reporting.domain.panels import PANELS
from leadpact.reporting.reading import ask
from tests.integration.reporting.seeding import NOW


def filled_in(text: str, until: datetime) -> str:
    """As Grafana's PostgreSQL data source does."""
    return text.replace("$__timeTo()", f"'{until:%Y-%m-%dT%H:%M:%SZ}'")


async def test_grafanas_sql_gives_the_rows_of_the_page(connections: asyncpg.Pool) -> None:
    board = json.loads(rendered()["wall.json"])
    by_title = {panel["title"]: panel["targets"][0]["rawSql"] for panel in board["panels"]}
    async with connections.acquire() as connection:
        for panel in PANELS:
            answer = await ask(connection, panel.id, NOW)
            rows = await connection.fetch(filled_in(by_title[panel.title], NOW))
            assert [dict(row) for row in rows] == list(answer.rows), panel.id
            assert rows, panel.id
