"""Rule 13 on real parts: what was sent in the wrong place is in no answer, no table and no topic in the clear."""

import json

import asyncpg

from leadpact.contracts.topics import LEADS, RAW
from leadpact.kit.rows import Stream
from leadpact.testkit.eventually import eventually
from leadpact.testkit.installation import Installation
from tests.integration.intake.conftest import Intake
from tests.unit.intake.canary import CANARY, COLUMNS, DELIVERIES, MAPPING, ROWS

_TABLES = """
select format('%I.%I', schemaname, tablename) as name from pg_tables
where schemaname not in ('pg_catalog', 'information_schema')
"""


async def test_r13_no_table_topic_or_answer_holds_it(intake: Intake, installation: Installation) -> None:
    await intake.source(name="table", kind="csv")
    answers = [await intake.post(path, body) for path, body in DELIVERIES]
    content = ",".join(COLUMNS).encode() + b"\n" + ROWS
    file = {"file": ("rows.csv", content, "text/csv")}
    answers.append(await intake.http.post("/v1/imports?source=table", files=file, data={"mapping": MAPPING}))
    assert answers[-1].status_code == 202, answers[-1].text
    items = sum(len(body) if isinstance(body, list) else 1 for _, body in DELIVERIES) + 3

    async def ended() -> bool:
        assert await intake.pool.fetchval("select count(*) from outcome") == items
        return True

    await eventually(ended, within=30)
    listed = await intake.http.get("/v1/quarantine", params={"limit": 200})
    rows = [(each["filename"], each["row"], each["pointer"]) for each in listed.json()["items"] if each["import"]]
    assert sorted(rows) == [("rows.csv", 1, "/outcome"), ("rows.csv", 2, "/seconds"), ("rows.csv", 3, "")]
    assert "/1/occurred_at" in [each["pointer"] for each in listed.json()["items"]]

    told = [{**answer.json(), "ignored": []} for answer in answers]
    assert CANARY not in json.dumps(told) + listed.text
    admin = await asyncpg.connect(installation.admin_dsn)
    try:
        for (table,) in await admin.fetch(_TABLES):
            for (row,) in await admin.fetch(f"select t::text from {table} t"):  # noqa: S608 - a name from the catalog
                assert CANARY not in row and CANARY.encode().hex() not in row, table
    finally:
        await admin.close()
    streams = {Stream(topic.name, number): 0 for topic in (RAW, LEADS) for number in range(topic.partitions)}
    reader = await intake.log.reader(streams)
    values = [record.value for record in await reader.fetch(100_000, 2)]
    await reader.close()
    assert len(values) > items and not any(CANARY.encode() in value for value in values)
