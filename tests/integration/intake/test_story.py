"""A delivery's way from HTTP to `leads`, on real parts, with the vendors' real clients."""

import asyncio
import base64
import hmac
import json
from datetime import timedelta

import pytest
from segment.analytics import Client

from tests.integration.intake.conftest import Intake


async def test_r7_a_lead_comes_in_over_http_and_a_retry_adds_nothing(intake: Intake) -> None:
    body = {"id": "form-1", "email": "ann@acme.example", "form": "demo", "job_title": "VP Sales"}
    first = await intake.post("/v1/leads", body)
    assert first.status_code == 202 and first.json()["items"] == 1
    again = await intake.post("/v1/leads", body)
    assert await intake.outcomes(first.json()["ingest"]) == ["normalised"]
    assert await intake.outcomes(again.json()["ingest"]) == ["duplicate"]
    (captured,) = await intake.leads(1)
    told = json.loads(bytes(captured.data))
    assert told["features"]["seniority"] == "vp" and told["form"] == "demo"
    assert b"acme" not in bytes(captured.data) and told["sealed"]
    kept = await intake.pool.fetchval("select count(*) from person")
    assert kept == 1


async def test_r9_typeform_signs_and_is_answered_200(intake: Intake) -> None:
    await intake.source(
        name="forms", kind="typeform", secrets=["new-secret", "old-secret"], mapping={"r1": "email", "form:F1": "demo"}
    )
    answers = [{"type": "email", "email": "bo@acme.example", "field": {"ref": "r1", "type": "email"}}]
    event = {
        "event_id": "E1",
        "form_response": {"form_id": "F1", "submitted_at": "2026-01-05T10:00:00Z", "answers": answers},
    }
    raw = json.dumps(event, indent=2).encode()

    def signed(secret: str) -> dict[str, str]:
        made = base64.b64encode(hmac.digest(secret.encode(), raw, "sha256")).decode()
        return {"Typeform-Signature": f"sha256={made}"}

    good = await intake.post("/hooks/typeform/forms", raw, **signed("old-secret"))
    assert good.status_code == 200
    assert await intake.outcomes(good.json()["ingest"]) == ["normalised"]
    bad = await intake.post("/hooks/typeform/forms", raw, **signed("wrong-secret"))
    assert bad.status_code == 401 and bad.headers["content-type"] == "application/problem+json"
    assert (await intake.post("/hooks/typeform/nobody", raw, **signed("new-secret"))).status_code == 404
    (captured,) = await intake.leads(1)
    assert json.loads(bytes(captured.data))["form"] == "demo"


@pytest.mark.parametrize("gzip", [False, True])
async def test_r10_segments_own_library_tells_a_visitors_story(intake: Intake, *, gzip: bool) -> None:
    await intake.source(name="site", kind="segment", secrets=["write-key-1"])
    failed: list[Exception] = []
    client = Client(
        "write-key-1",
        host=f"{intake.url}/segment",
        gzip=gzip,
        max_retries=1,
        on_error=lambda error, _: failed.append(error),
    )
    now = intake.process.clock.wall()
    seen = now - timedelta(seconds=20)
    client.track(anonymous_id="cookie", event="Video Watched", timestamp=now - timedelta(seconds=10))
    client.page(anonymous_id="cookie", name="Pricing", properties={"path": "/pricing"}, timestamp=seen)
    client.identify(anonymous_id="cookie", user_id="u1", traits={"email": "cy@acme.example", "title": "CMO"})
    await asyncio.to_thread(client.shutdown)
    assert not failed
    story = await intake.leads(3)
    assert [envelope.type for envelope in sorted(story, key=lambda e: e.lead_version)] == [
        "lead.captured",
        "lead.behaved",
        "lead.behaved",
    ]
    told = sorted(story, key=lambda e: e.lead_version)
    assert abs((told[1].occurred_at - seen).total_seconds()) < 5
    behaved = [json.loads(bytes(e.data)) for e in sorted(story, key=lambda e: e.lead_version)][1:]
    assert [each["subject"] for each in behaved] == ["/pricing", "Video Watched"]


async def test_r7_a_wrong_write_key_is_not_kept(intake: Intake) -> None:
    token = base64.b64encode(b"nobody-knows:").decode()
    answer = await intake.post("/segment/v1/track", {"event": "x", "userId": "1"}, Authorization=f"Basic {token}")
    assert answer.status_code == 401
    assert await intake.pool.fetchval("select count(*) from outcome") == 0
