"""Bad input meets the whole installation: a clear answer, nothing lost, nothing half-written, no 5xx."""

from collections import Counter
from typing import Any

import httpx
import pytest

from leadpact.contracts import envelope as wire
from leadpact.contracts.topics import LEADS, RAW, Topic
from leadpact.intake.delivery import decode
from leadpact.kit.rows import Record, Stream
from leadpact.local.services import SERVICES
from leadpact.qualifier.starters import text
from leadpact.testkit.eventually import eventually
from tests.e2e.installation.bad import ASKED, DELIVERIES, Bad
from tests.e2e.installation.conftest import Installed
from tests.e2e.installation.proven import PROVEN, SOURCES


@pytest.mark.timeout(300)
async def test_bad_input_gets_a_clear_answer_and_leaves_nothing_half_done(installed: Installed) -> None:
    for source in SOURCES:
        registered = await installed.http.post("/v1/sources", json=source, headers=installed.by("admin"))
        assert registered.status_code == 200

    before = await _warm(installed)
    sent = (*DELIVERIES, *PROVEN)
    wrong = [complaint for bad in sent if (complaint := _complaint(bad, await _sent(installed, bad)))]
    for address in ASKED:
        answer = await installed.http.get(address, headers=installed.by("admin"))
        if not 400 <= answer.status_code < 500 or answer.headers["content-type"] != "application/problem+json":
            wrong.append(f"GET {address[:60]}: {answer.status_code} {answer.text[:100]}")
    assert wrong == []

    expected = before + Counter(outcome for bad in sent for outcome in bad.became)
    kept = before.total() + sum(bool(bad.became) for bad in sent)
    assert await _kept(installed) == kept, "what is proven is kept, and nothing else"

    async def everything_became_something() -> bool:
        assert await _outcomes(installed) == expected
        return True

    await eventually(everything_became_something, within=30)
    assert await _value(installed, "select count(distinct delivery) from intake.outcome") == kept
    assert await _value(installed, "select count(*) from intake.quarantine") == expected["quarantined"]
    normalised = expected["normalised"]
    assert await _value(installed, "select count(*) from intake.person") == normalised
    assert await _types(installed) == {"lead.captured": normalised}

    async def shown() -> bool:
        return await _value(installed, "select count(*) from reporting.lead") == normalised

    await eventually(shown, within=30)
    assert len((await installed.http.get("/v1/sources", headers=installed.by("admin"))).json()) == 1 + len(SOURCES)
    await _good_ones_get_through(installed, normalised)
    await _nothing_stands_still(installed)


@pytest.mark.timeout(300)
async def test_r45_nobody_signs_twice_and_no_text_brings_the_agreements_down(installed: Installed) -> None:
    mia = installed.by("mia")
    drafted = await installed.http.post("/v1/agreements", content=text("sample"), headers=mia)
    assert drafted.status_code == 201
    where = "/v1/agreements/sample/versions/1/approvals"
    for_marketing = {"team": "marketing", "hash": drafted.json()["hash"]}
    assert (await installed.http.post(where, json=for_marketing, headers=mia)).status_code == 200
    for team in ("marketing", "sales"):
        again = await installed.http.post(where, json={**for_marketing, "team": team}, headers=mia)
        assert (again.status_code, again.json()["title"]) == (409, "Conflict"), f"once more for {team}"
        assert "has signed already" in again.json()["detail"]
    assert (await installed.http.post("/v1/agreements/sample/versions/1/activation", headers=mia)).status_code == 409
    (paper,) = (await installed.http.get("/v1/agreements", headers=mia)).json()
    assert [signature["person"] for signature in paper["approvals"]] == ["mia"] and paper["state"] == "draft"

    for name, body in TEXTS.items():
        answer = await installed.http.post("/v1/agreements", content=body, headers=mia)
        assert answer.status_code in {400, 413, 422}, f"{name}: {answer.status_code} {answer.text[:200]}"
        assert answer.headers["content-type"] == "application/problem+json"
    assert len((await installed.http.get("/v1/agreements", headers=mia)).json()) == 1
    await _nothing_stands_still(installed)


TEXTS = {
    "nothing": b"",
    "no YAML": b"a: [",
    "a list": b"- 1",
    "NUL": b'id: "a\\0b"',
    "no UTF-8": b"id: \xff",
    "ten lists of ten lists of …": b"a: &a [1,1,1,1,1,1,1,1,1,1]\n"
    + b"".join(b"%c: &%c [%s]\n" % (c + 1, c + 1, b",".join([b"*%c" % c] * 10)) for c in range(ord("a"), ord("j"))),
    "deep": b"[" * 3_000,
    "a python object": b"!!python/object/apply:os.system ['true']",
    "2 MB": b"id: " + b"a" * 2 * 1024 * 1024,
}


async def _sent(installed: Installed, bad: Bad) -> httpx.Response:
    headers = [(name.encode(), value.encode("latin-1")) for name, value in bad.headers.items()]
    if "Authorization" not in bad.headers:
        headers.append((b"Authorization", installed.by(bad.by)["Authorization"].encode()))
    return await installed.http.post(bad.path, content=bad.body, headers=headers)


def _complaint(bad: Bad, answer: httpx.Response) -> str | None:
    """What is wrong with an answer."""
    said: dict[str, Any] = answer.json()
    refused = bad.status >= 400
    if answer.status_code != bad.status:
        return f"{bad.says}: {answer.status_code} {said}"
    if refused and answer.headers["content-type"] != "application/problem+json":
        return f"{bad.says}: answered as {answer.headers['content-type']}"
    if refused and not (said.get("title") and said.get("detail") and said["status"] == bad.status):
        return f"{bad.says}: says too little: {said}"
    faults = said.get("errors" if refused else "rejected", [])
    place = _place(faults[0]) if faults else ""
    if place != bad.at or any(not fault["detail"] for fault in faults):
        return f"{bad.says}: points at {place!r}: {said}"
    return None


def _place(fault: dict[str, str]) -> str:
    """Where a fault lies: `#` and the pointer into the body, or in which parameter or header."""
    (member,) = fault.keys() - {"detail"}
    return f"#{fault[member]}" if member == "pointer" else f"{member} {fault[member]}"


async def _good_ones_get_through(installed: Installed, leads: int) -> None:
    """After all of it, what is right still comes from every door to the read model."""
    admin = installed.by("admin")
    roster = {"command": "roster", "team": "us", "reps": [{"id": "bo", "name": "Bo"}], "reason": "new"}
    history = {"email": "history@acme.example", "occurred_at": "2026-01-05T10:00:00Z"}
    file = {"file": ("f.csv", b"a\nfile@acme.example\n", "text/csv")}
    lane = admin | {"X-Leadpact-Backfill": "h"}
    mapping = {"mapping": "kind: lead\nfields: {email: a}"}
    answers = [
        await installed.http.post("/v1/commands", json=roster, headers=admin),
        await installed.http.post("/v1/leads", json={"email": "good@acme.example"}, headers=admin),
        await installed.http.post("/v1/imports?source=table", files=file, data=mapping, headers=admin),
        await installed.http.post("/v1/leads", json=history, headers=lane),
        await installed.http.post("/v1/commands", json={"command": "backfill.close", "lane": "h"}, headers=admin),
    ]
    assert [answer.status_code for answer in answers] == [202] * len(answers)

    async def shown() -> bool:
        assert await _value(installed, "select count(*) from reporting.lead") == leads + 3
        return await _value(installed, "select count(*) from reporting.rep") == 1

    await eventually(shown, within=30)


async def _nothing_stands_still(installed: Installed) -> None:
    """No worker stopped, no key set aside, nothing buried, no answer of 5xx was given, nothing was our mistake."""
    ready = await installed.http.get("/readyz")
    assert ready.status_code == 200, ready.text
    for service in SERVICES:
        for table in ("dead_letter", "parked"):
            query = f"select count(*) from {service.schema}.{table}"  # noqa: S608 - names of our own
            assert await _value(installed, query) == 0, query
    mistaken = "select count(*) from intake.quarantine where reason like 'our mistake%'"
    assert await _value(installed, mistaken) == 0
    counted = (await installed.http.get("/metrics")).text
    assert "leadpact_intake_answers" in counted and 'status="5' not in counted


async def _types(installed: Installed) -> Counter[str]:
    return Counter(wire.decode(record.value).type for record in await _all(installed, LEADS))


async def _all(installed: Installed, topic: Topic) -> list[Record]:
    """Every record of a topic."""
    streams = [Stream(topic.name, number) for number in range(topic.partitions)]
    ends = await installed.log.ends(streams)
    reader = await installed.log.reader(dict.fromkeys(streams, 0))
    found: list[Record] = []
    try:
        while len(found) < sum(ends.values()):
            found += await reader.fetch(10_000, 1)
    finally:
        await reader.close()
    return found


async def _warm(installed: Installed) -> Counter[str]:
    """Deliver one good lead until it is taken: a busy machine's first ack may take longer than a sender is kept
    waiting. Returns the outcomes so far, one per delivery."""

    async def taken() -> bool:
        lead = {"id": "warm", "email": "warm@acme.example"}
        return (await installed.http.post("/v1/leads", json=lead, headers=installed.by("admin"))).status_code == 202

    async def handled() -> bool:
        return (await _outcomes(installed)).total() == await _kept(installed)

    await eventually(taken, within=60)
    await eventually(handled, within=60)
    return await _outcomes(installed)


async def _outcomes(installed: Installed) -> Counter[str]:
    rows = await installed.database.fetch("select outcome, count(*) as items from intake.outcome group by outcome")
    return Counter({row["outcome"]: row["items"] for row in rows})


async def _kept(installed: Installed) -> int:
    """How many deliveries stand in `raw` or wait to: where Kafka was slow, one that the spool kept too stands twice."""
    waiting = await installed.database.fetch("select delivery::text from intake.spool where handled_at is null")
    return len({decode(record.value).id for record in await _all(installed, RAW)} | {row[0] for row in waiting})


async def _value(installed: Installed, query: str) -> int:
    found: int = await installed.database.fetchval(query)
    return found
