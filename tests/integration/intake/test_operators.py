"""What operators do: register sources, look at quarantine, try again; and what they may not see."""

import base64
import hmac
import json
from typing import Any
from uuid import UUID

import httpx

from leadpact.testkit.eventually import eventually
from tests.integration.intake.conftest import Intake

ANSWER = {"type": "text", "text": "ann@acme.example", "field": {"ref": "r"}}
FORM = json.dumps({"event_id": "E", "form_response": {"form_id": "F", "answers": [ANSWER]}}).encode()
SIGNED_WITH = "a signing secret"


async def test_r8_quarantine_shows_reasons_without_content_and_is_re_driven_once(intake: Intake) -> None:
    forms = {"name": "forms", "kind": "typeform", "secrets": [SIGNED_WITH]}
    await intake.source(**forms)
    made = base64.b64encode(hmac.digest(SIGNED_WITH.encode(), FORM, "sha256")).decode()
    odd = await intake.post("/hooks/typeform/forms", FORM, **{"Typeform-Signature": f"sha256={made}"})
    assert await intake.outcomes(odd.json()["ingest"]) == ["quarantined"]
    (item,) = (await intake.http.get("/v1/quarantine")).json()["items"]
    assert "names nobody" in item["reason"] and "acme" not in json.dumps(item)
    assert b"acme" not in await intake.pool.fetchval("select delivery from quarantine")

    async def redrive() -> httpx.Response:
        return await intake.http.post(f"/v1/quarantine/{item['id']}/redrive")

    assert await intake.outcomes((await redrive()).json()["ingest"]) == ["quarantined"]
    await intake.source(**forms, mapping={"r": "email"})
    assert await intake.outcomes((await redrive()).json()["ingest"]) == ["normalised"]
    assert (await redrive()).status_code == 409
    assert (await intake.http.get("/v1/quarantine")).json()["items"] == []
    (captured,) = await intake.leads(1)
    assert captured.type == "lead.captured"


async def test_r8_what_is_dropped_is_rejected_and_gone_by_an_administrator_with_a_reason(intake: Intake) -> None:
    odd = await intake.post("/v1/leads", {"email": "ann@acme.example", "occurred_at": "someday"})
    assert await intake.outcomes(odd.json()["ingest"]) == ["quarantined"]
    (item,) = (await intake.http.get("/v1/quarantine")).json()["items"]
    path = f"/v1/quarantine/{item['id']}/drop"
    for reason in ("", "a\0b", None):
        assert (await intake.http.post(path, json={"reason": reason})).status_code == 422
    dropped = await intake.http.post(path, json={"reason": "a test of ours"})
    assert await intake.outcomes(dropped.json()["ingest"]) == ["rejected"]
    (became,) = (await intake.http.get(f"/v1/deliveries/{odd.json()['ingest']}")).json()
    assert (became["outcome"], became["reason"]) == ("rejected", "dropped: a test of ours")
    assert (await intake.http.get("/v1/quarantine")).json()["items"] == []
    assert (await intake.http.post(path, json={"reason": "again"})).status_code == 409
    kept = await intake.pool.fetchrow("select dropped_by, drop_reason from quarantine")
    assert kept is not None and tuple(kept) == ("crm", "a test of ours")
    assert became["refusals"] is became["fact"] is None
    nobody = await intake.http.post(f"/v1/quarantine/{UUID(int=0)}/drop", json={"reason": "x"})
    assert nobody.status_code == 404


async def test_r50_a_command_that_became_a_fact_says_where_its_refusal_would_stand(intake: Intake) -> None:
    known = await intake.post("/v1/leads", {"email": "ann@acme.example"})
    command = {"command": "dispose", "email": "ann@acme.example", "verdict": "accepted"}
    told = (await intake.post("/v1/commands", command)).json()["ingest"]
    for ingest in (known.json()["ingest"], told):
        assert await intake.outcomes(ingest) == ["normalised"]
        (became,) = (await intake.http.get(f"/v1/deliveries/{ingest}")).json()
        assert became["refusals"] == f"/v1/reports/refusals?ingest={ingest}"
        assert str(UUID(became["fact"])) == became["fact"]


async def test_r8_rows_of_a_file_are_found_by_their_import_and_tried_again_with_another_mapping(intake: Intake) -> None:
    raw = b"mail,day\na@x.example,2026-01-05\nb@x.example,05.01.26\n"
    by_day = "kind: lead\nfields: {email: mail, occurred_at: {column: day, type: time}}"
    files = {"file": ("leads.csv", raw, "text/csv")}
    begun = (await intake.http.post("/v1/imports?source=api", files=files, data={"mapping": by_day})).json()
    name = begun["import"]

    async def came() -> dict[str, Any]:
        told: dict[str, Any] = (await intake.http.get(f"/v1/imports/{name}")).json()
        assert told["state"] == "done", told
        return told

    assert (await eventually(came, within=15))["quarantined"] == 1
    assert (await intake.http.get("/v1/quarantine?import=other")).json()["items"] == []
    (item,) = (await intake.http.get(f"/v1/quarantine?import={name}")).json()["items"]
    assert item["import"] == name
    path = f"/v1/quarantine/{item['id']}/redrive"
    wrong = await intake.http.post(path, json={"mapping": "kind: lead\nfields: {email: post}"})
    assert wrong.status_code == 422 and "no column 'post'" in wrong.text
    again = await intake.http.post(path, json={"mapping": "kind: lead\nfields: {email: mail}"})
    assert await intake.outcomes(again.json()["ingest"]) == ["normalised"]
    told = await came()
    assert (told["normalised"], told["quarantined"]) == (2, 0)


async def test_sources_are_shown_without_secrets_and_refused_with_a_pointer(intake: Intake) -> None:
    await intake.source(name="forms", kind="typeform", secrets=["first secret", "second secret"])
    shown = (await intake.http.get("/v1/sources")).json()
    assert {source["name"]: source["secrets"] for source in shown} == {"api": 0, "forms": 2}
    assert "first secret" not in json.dumps(shown)
    kept = await intake.pool.fetchval("select secrets from source where name = 'forms'")
    assert kept and "first" not in kept
    wrongs: list[dict[str, Any]] = [{"zone": "Mars/Base"}, {"channel": "magic"}, {"secrets": []}, {"kind": "fax"}]
    for wrong in wrongs:
        told = {"name": "forms", "kind": "typeform", "secrets": ["a new secret"], **wrong}
        answer = await intake.http.post("/v1/sources", json=told)
        assert answer.status_code == 422 and answer.json()["errors"], answer.text


async def test_r8_a_forms_mapping_names_fields_that_a_lead_has(intake: Intake) -> None:
    for target in ("nosuch", "utm.colour", "email.x"):
        told = {"name": "forms", "kind": "typeform", "secrets": ["a secret"], "mapping": {"ref_x": target}}
        answer = await intake.http.post("/v1/sources", json=told)
        assert answer.status_code == 422
        assert answer.json()["errors"] == [{"pointer": "/mapping/ref_x", "detail": "a lead has no such field"}]
    mapping = {"ref_x": "attributes.nosuch", "ref_y": "utm.source", "ref_z": "job_title", "form:F1": "Demo"}
    await intake.source(name="forms", kind="typeform", secrets=["a new secret"], mapping=mapping)


async def test_r45_nobody_looks_without_a_key(intake: Intake) -> None:
    for path in ("/v1/sources", "/v1/quarantine", "/v1/imports/x", "/v1/deliveries/x"):
        answer = await intake.http.get(path, headers={"Authorization": ""})
        assert answer.status_code == 401 and answer.headers["content-type"] == "application/problem+json"
    told = await intake.http.get("/openapi.json")
    assert {"/v1/leads", "/v1/activities", "/v1/commands", "/v1/imports", "/v1/sources"} <= told.json()["paths"].keys()
    assert "Dispose" in told.json()["components"]["schemas"]
