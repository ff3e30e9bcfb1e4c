"""Files and history on real parts: chunks through the raw log, released in order of time, and how fast."""

import csv
import io
import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg

from leadpact.contracts.envelope import Actor, ActorKind, Lane
from leadpact.contracts.topics import LEADS, partition
from leadpact.kit.access import Keys, Scope
from leadpact.testkit.eventually import eventually
from tests.integration.intake.conftest import Intake

MAPPING = """
kind: lead
zone: America/Sao_Paulo
fields:
  contact_id: id
  occurred_at: day
  origin: origin
"""


def _file(rows: int) -> bytes:
    text = io.StringIO()
    table = csv.writer(text)
    table.writerow(["id", "day", "origin", "note"])
    for number in range(rows):
        day = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=(number * 7) % 60)
        table.writerow([f"c{number}", day.date().isoformat(), "paid search", 'a "quoted", note\nof two lines'])
    return text.getvalue().encode()


async def _import(intake: Intake, raw: bytes, query: str = "") -> dict[str, Any]:
    files = {"file": ("leads.csv", raw, "text/csv")}
    answer = await intake.http.post(f"/v1/imports?source=olist{query}", files=files, data={"mapping": MAPPING})
    assert answer.status_code == 202, answer.text
    name = answer.json()["import"]

    async def done() -> dict[str, Any]:
        came: dict[str, Any] = (await intake.http.get(f"/v1/imports/{name}")).json()
        assert came["state"] == "done", came
        return came

    return await eventually(done, within=60)


async def test_r8_every_row_of_a_file_ends_in_one_outcome_and_the_same_file_adds_nothing(intake: Intake) -> None:
    await intake.source(name="olist", kind="csv")
    raw = _file(700) + b"short\r\n" + b'c9999,not a day,x,"open quote\r\n'
    first = await _import(intake, raw)
    assert (first["rows"], first["normalised"], first["quarantined"]) == (702, 700, 2)
    again = await _import(intake, raw)
    assert (again["duplicate"], again["normalised"]) == (702, 0)
    listed = (await intake.http.get("/v1/quarantine")).json()["items"]
    assert "row 701 has 1 cells, the header 4" in [item["reason"] for item in listed]
    assert list(first["waiting"].values()) == [2] and again["waiting"] == first["waiting"], "still, by the first import"


async def test_r45_a_file_of_a_source_that_the_key_is_not_bound_to_is_refused(intake: Intake) -> None:
    await intake.source(name="olist", kind="csv")
    async with asyncpg.create_pool(intake.settings.dsn("access"), min_size=1, max_size=1) as pool:
        shop, now = Actor("shop", ActorKind.SYSTEM), intake.process.clock.wall()
        key = await Keys(pool).create(shop, "Shop", roles=(), scopes=[Scope.INGEST], now=now, sources=["olist"])
    headers = {"Authorization": f"Bearer {key.text}"}
    for source, status in (("api", 403), ("olist", 202)):
        files = {"file": ("leads.csv", _file(1), "text/csv")}
        answer = await intake.http.post(
            f"/v1/imports?source={source}", files=files, data={"mapping": MAPPING}, headers=headers
        )
        assert answer.status_code == status, answer.text
        assert status == 202 or answer.json()["detail"] == "this key delivers as olist, not as api"


async def test_r8_a_row_that_is_rejected_is_told_with_its_number(intake: Intake) -> None:
    await intake.source(name="olist", kind="csv")
    came = await _import(intake, _file(2) + b"c\xff,2026-01-01,x,\n")
    assert (came["rejected"], came["reasons"]) == (1, [{"row": 3, "reason": "row 3 is not UTF-8"}])
    assert came["waiting"] == {}


async def test_r8_a_line_that_never_ends_is_cut_and_the_rows_about_it_pass(intake: Intake) -> None:
    await intake.source(name="olist", kind="csv")
    came = await _import(intake, _file(2) + b"x" * 5 * 1024 * 1024 + b"\n" + b"c7,2026-01-01,x,\r\n")
    assert came["normalised"] == 3 and came["quarantined"] == came["rows"] - 3 > 1


async def test_r43_history_is_released_in_order_of_time_between_its_control_records(intake: Intake) -> None:
    await intake.source(name="olist", kind="csv")
    came = await _import(intake, _file(5_000), "&backfill=true")
    assert (came["staged"], came["released"]) == (5_000, 5_000)
    story = await intake.leads(5_000)
    assert all(e.recorded_at == e.received_at == e.mark == e.occurred_at and e.lane is Lane.BACKFILL for e in story)
    for number in range(LEADS.partitions):
        part = [e for e in story if partition(e.lead) == number]
        assert part and part == sorted(part, key=lambda e: e.occurred_at)
    assert json.loads(bytes(story[0].data))["channel"] == "paid_search"


async def test_r43_five_thousand_facts_of_history_pass_within_a_minute(intake: Intake) -> None:
    began = time.monotonic()
    start = datetime(2026, 1, 1, tzinfo=UTC)
    facts = 5_000
    for first in range(0, facts, 1_000):
        items = [
            {
                "type": "behaviour",
                "email": f"p{(first + n) % 4_000}@acme{n % 100}.example",
                "kind": "page",
                "subject": "/pricing",
                "occurred_at": (start + timedelta(minutes=first + n)).isoformat(),
            }
            for n in range(1_000)
        ]
        answer = await intake.post("/v1/activities", items, **{"X-Leadpact-Backfill": "history"})
        assert answer.status_code == 202, answer.text
    sent = time.monotonic()
    closing = await intake.post("/v1/commands", {"command": "backfill.close", "lane": "history"})
    assert closing.status_code == 202

    async def done() -> bool:
        came = (await intake.http.get("/v1/imports/history")).json()
        return bool(came.get("state") == "done" and came["released"] == facts)

    await eventually(done, within=60)
    took = time.monotonic() - began
    print(f"sent in {sent - began:.1f} s, all in {took:.1f} s, {took / facts * 1e6:.0f} us a fact")  # noqa: T201 - figures for whoever runs it with -s
    assert took < 60
