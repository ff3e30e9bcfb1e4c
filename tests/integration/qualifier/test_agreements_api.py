"""Agreements over HTTP on a real database: two people, one content, one act after the other."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from leadpact.contracts.agreement import Agreement
from leadpact.contracts.events.agreement import Activated
from leadpact.contracts.registry import read
from leadpact.qualifier import starters
from leadpact.qualifier.agreement import content_hash
from tests.integration.qualifier.conftest import NOW, Desk

SAMPLE = starters.text("sample").decode()
CHANGED = SAMPLE.replace("at_least: 50", "at_least: 51")


async def test_r45_drafted_signed_by_both_teams_and_in_force(desk: Desk) -> None:
    paper = await desk.draft(SAMPLE)
    assert (paper["version"], paper["state"], paper["source"], paper["drafted_by"]) == (1, "draft", SAMPLE, "ruth")
    assert (await desk.act("ruth", "activation", paper)).status_code == 409
    assert (await desk.approve("mia", "marketing", paper)).status_code == 200
    half = await desk.act("ruth", "activation", paper)
    assert half.status_code == 409 and "sales" in half.json()["detail"]
    assert (await desk.approve("sam", "sales", paper)).status_code == 200
    active = (await desk.act("ruth", "activation", paper)).json()
    assert (active["state"], active["activated_by"]) == ("in_force", "ruth")
    assert [(each["team"], each["person"], each["name"]) for each in active["approvals"]] == [
        ("marketing", "mia", "Mia"),
        ("sales", "sam", "Sam"),
    ]
    assert await desk.told() == ["agreement.drafted", "agreement.approved", "agreement.approved", "agreement.activated"]


async def test_r03_what_was_signed_years_ago_is_drafted_again_as_its_calendar_has_ended(desk: Desk) -> None:
    paper = await desk.draft(SAMPLE)
    await desk.approve("mia", "marketing", paper)
    await desk.approve("sam", "sales", paper)
    desk.clock.advance((datetime(2030, 1, 1, 5, tzinfo=UTC) - NOW).total_seconds())
    ended = await desk.act("ruth", "activation", paper)
    assert ended.status_code == 409 and "ended on 2029-12-31" in ended.json()["detail"]
    again = await desk.in_force(SAMPLE)
    assert (again["version"], again["resolved"]["calendar"]["last"]) == (1, "2033-12-31")
    desk.clock.advance(366 * 86_400)
    renewed = await desk.in_force(SAMPLE)
    assert (renewed["version"], renewed["resolved"]["calendar"]["last"]) == (2, "2034-12-31")


async def test_r51_the_activation_carries_the_whole_agreement_and_its_actor(desk: Desk) -> None:
    paper = await desk.in_force(SAMPLE)
    *_, envelope = await desk.envelopes()
    event = read(envelope)
    assert isinstance(event, Activated)
    assert (envelope.actor.id, envelope.recorded_at) == ("ruth", NOW)
    assert event.hash == content_hash(event.agreement) == paper["hash"]
    assert event.agreement == msgspec.convert(paper["resolved"], Agreement)


async def test_r45_one_person_cannot_sign_for_both_teams(desk: Desk) -> None:
    paper = await desk.draft(SAMPLE)
    assert (await desk.approve("both", "marketing", paper)).status_code == 200
    for team in ("sales", "marketing"):
        again = await desk.approve("both", team, paper)
        assert again.status_code == 409
        assert again.headers["content-type"] == "application/problem+json"
        assert "Both has signed already" in again.json()["detail"]


@pytest.mark.parametrize(
    ("who", "team", "status"),
    [
        ("mia", "sales", 403),
        ("ruth", "sales", 403),  # RevOps signs for no team
        ("vic", "marketing", 403),
        ("robot", "sales", 403),
        ("form", "sales", 403),
        ("nobody", "sales", 401),
    ],
)
async def test_r45_who_may_not_sign(desk: Desk, who: str, team: str, status: int) -> None:
    paper = await desk.draft(SAMPLE)
    answer = await desk.approve(who, team, paper)
    assert answer.status_code == status
    assert answer.json()["status"] == status
    assert (await desk.ask("vic", "GET", "/sample")).json()["approvals"] == []


async def test_a_changed_draft_loses_its_signatures(desk: Desk) -> None:
    paper = await desk.draft(SAMPLE)
    await desk.approve("mia", "marketing", paper)
    changed = await desk.draft(CHANGED)
    assert (changed["version"], changed["approvals"]) == (1, [])
    stale = await desk.approve("sam", "sales", changed, paper["hash"])
    assert stale.status_code == 409 and changed["hash"] in stale.json()["detail"]


async def test_the_same_text_again_makes_nothing_and_keeps_signatures(desk: Desk) -> None:
    paper = await desk.draft(SAMPLE)
    await desk.approve("mia", "marketing", paper)
    again = await desk.draft("# a comment says nothing new\n" + SAMPLE)
    assert len(again["approvals"]) == 1
    assert again["hash"] == paper["hash"]
    assert (await desk.told()).count("agreement.drafted") == 1


async def test_the_next_version_replaces_the_one_in_force(desk: Desk) -> None:
    await desk.in_force(SAMPLE)
    assert (await desk.draft(SAMPLE))["version"] == 1
    second = await desk.in_force(CHANGED)
    assert second["version"] == 2
    states = [(each["version"], each["state"]) for each in (await desk.ask("vic", "GET", "")).json()]
    assert states == [(1, "replaced"), (2, "in_force")]
    first = await desk.ask("vic", "GET", "/sample?version=1")
    assert first.json()["resolved"]["criteria"]["of"][2]["at_least"] == 50


async def test_withdrawn_and_back_again_as_a_new_version(desk: Desk) -> None:
    paper = await desk.in_force(SAMPLE)
    assert (await desk.act("ruth", "withdrawal", paper)).json()["state"] == "withdrawn"
    assert (await desk.act("ruth", "withdrawal", paper)).status_code == 409
    assert (await desk.act("ruth", "activation", paper)).status_code == 409
    assert (await desk.in_force(SAMPLE))["version"] == 2


async def test_r44_overlapping_scopes_without_a_priority_are_refused_when_signed(desk: Desk) -> None:
    await desk.in_force(SAMPLE)
    rival = await desk.draft(SAMPLE.replace("id: sample", "id: rival", 1))
    refused = await desk.approve("mia", "marketing", rival)
    assert refused.status_code == 409 and "same priority" in refused.json()["detail"]
    assert (await desk.in_force(SAMPLE.replace("id: sample", "id: rival\npriority: 2", 1)))["state"] == "in_force"


async def test_two_people_who_sign_at_once_both_count(desk: Desk) -> None:
    paper = await desk.draft(SAMPLE)
    signed = await asyncio.gather(desk.approve("mia", "marketing", paper), desk.approve("sam", "sales", paper))
    assert [answer.status_code for answer in signed] == [200, 200]
    assert (await desk.act("ruth", "activation", paper)).status_code == 200


async def test_of_two_activations_at_once_one_counts(desk: Desk) -> None:
    paper = await desk.draft(SAMPLE)
    await desk.approve("mia", "marketing", paper)
    await desk.approve("sam", "sales", paper)
    both = await asyncio.gather(desk.act("ruth", "activation", paper), desk.act("mia", "activation", paper))
    assert sorted(answer.status_code for answer in both) == [200, 409]
    assert (await desk.told()).count("agreement.activated") == 1


async def test_check_says_what_is_odd_and_keeps_nothing(desk: Desk) -> None:
    answer = await desk.ask("vic", "POST", "/check", content=SAMPLE.replace("attribute: seniority", "attribute: shoes"))
    assert answer.status_code == 200
    assert answer.json()["errors"] == [] and "shoes" in answer.json()["warnings"][0]
    assert answer.json()["resolved"]["target_per_month"] == 400
    assert (await desk.ask("vic", "GET", "")).json() == []


async def test_a_viewer_drafts_nothing(desk: Desk) -> None:
    assert (await desk.ask("vic", "POST", "", content=SAMPLE)).status_code == 403


async def test_a_mistake_is_answered_with_pointer_and_line(desk: Desk) -> None:
    answer = await desk.ask("ruth", "POST", "", content=SAMPLE.replace("at_least: 50", "at_least: fifty"))
    assert answer.status_code == 422
    fault = answer.json()["errors"][0]
    assert fault["pointer"] == "/mql/all/2/at_least"
    assert fault["detail"].startswith("line 21: ")


WEIRD: list[tuple[str, str, dict[str, Any]]] = [
    ("POST", "", {"content": b""}),
    ("POST", "", {"content": b"\x00"}),
    ("POST", "", {"content": b"\xff\xfe"}),
    ("POST", "", {"content": b"[" * 1_500 + b"]" * 1_500}),
    ("POST", "", {"content": b"[" * 100_000, "headers": {"content-type": "application/json"}}),
    ("POST", "", {"content": b'{"id": "\\u0000"}', "headers": {"content-type": "application/json"}}),
    ("POST", "", {"content": b'{"a": NaN}', "headers": {"content-type": "application/json; charset=utf-8"}}),
    ("POST", "", {"content": b"x" * 300_000}),
    ("POST", "", {"content": b"x" * 2_000_000}),
    ("POST", "", {"content": SAMPLE.replace("calendar_from", "x") + "\ncalendar_from: 0001-01-01\n"}),
    ("POST", "", {"content": SAMPLE + "\nscope: [{attribute: a, one_of: [9999999999999999]}]\n"}),
    ("POST", "/check", {"content": b"a: &a [*a]"}),
    ("POST", "/check", {"files": {"file": b"x"}}),
    ("GET", "/" + "x" * 5_000, {}),
    ("GET", "/%00", {}),
    ("GET", "/nothing", {}),
    ("GET", "/sample?version=99999999999999999999", {}),
    ("GET", "/sample?version=x", {}),
    ("POST", "/sample/versions/99999999999/approvals", {"json": {"team": "sales", "hash": "0" * 64}}),
    ("POST", "/sample/versions/2/approvals", {"json": {"team": "sales", "hash": "0" * 64}}),
    ("POST", "/sample/versions/1/approvals", {"json": {"team": "legal", "hash": "0" * 64}}),
    ("POST", "/sample/versions/1/approvals", {"json": {"team": "sales", "hash": "\u0000"}}),
    ("POST", "/sample/versions/1/approvals", {"json": []}),
    ("POST", "/sample/versions/1/approvals", {"content": b"{"}),
    ("POST", "/sample/versions/1/approvals", {"content": b"[" * 1_500}),
    ("POST", "/sample/versions/1/activation", {"content": b"whatever"}),
    ("DELETE", "/sample", {}),
]


async def test_weird_input_gets_a_problem_and_never_a_5xx(desk: Desk) -> None:
    await desk.draft(SAMPLE)
    for method, path, more in WEIRD:
        for who in ("sam", "nobody"):
            answer = await desk.ask(who, method, path, **more)
            case = (method, path[:40], str(more)[:60], answer.text[:200])
            assert 400 <= answer.status_code < 500, case
            assert answer.headers["content-type"] == "application/problem+json", case
            assert answer.json()["status"] == answer.status_code, case
    assert [each["version"] for each in (await desk.ask("vic", "GET", "")).json()] == [1]
    assert await desk.told() == ["agreement.drafted"]


async def test_a_database_that_is_away_is_a_503_to_be_tried_again(desk: Desk) -> None:
    await desk.pool.close()
    answer = await desk.ask("vic", "GET", "")
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "2"
