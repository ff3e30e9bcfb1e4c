"""Texts that become keys: a name that no index takes, or none at all, is quarantined with its place."""

from typing import Any

import pytest

from leadpact.contracts.envelope import ActorKind
from leadpact.contracts.events.control import RosterChanged
from leadpact.contracts.events.lead import Owned, Touched
from leadpact.intake.domain.draft import Outcome
from leadpact.intake.domain.names import LONGEST
from tests.unit.intake.desk import Desk

ANN = {"email": "a@x.example"}
LONG = "n" * (LONGEST + 1)
REP = {"id": "bo", "name": "Bo"}


def roster(**rep: object) -> dict[str, Any]:
    return {"command": "roster", "team": "us", "reps": [REP, {"id": "cy", "name": "Cy"} | rep], "reason": "new"}


LEAVE = {"command": "leave", "rep": "bo", "from": "2026-03-02", "to": "2026-03-03", "reason": "away"}
CLOSURE = {"command": "closure", "team": "us", "day": "2026-03-04", "reason": "offsite"}
TOUCH = {"type": "touch", "kind": "call", "outcome": "voicemail"} | ANN
UNKEPT: dict[str, tuple[str, dict[str, Any], str]] = {
    "a long rep id": ("commands", roster(id=LONG), "/reps/1/id"),
    "a blank rep id": ("commands", roster(id=" "), "/reps/1/id"),
    "a long rep name": ("commands", roster(name=LONG), "/reps/1/name"),
    "a blank rep name": ("commands", roster(name=""), "/reps/1/name"),
    "a long address": ("commands", roster(mail="m" * 501), "/reps/1/mail"),
    "no weight": ("commands", roster(weight=0), "/reps/1"),
    "a weight beyond reason": ("commands", roster(weight=10**9), "/reps/1"),
    "a capacity beyond reason": ("commands", roster(capacity=10**9), "/reps/1"),
    "somebody twice": ("commands", roster(id=" bo "), "/reps"),
    "a long team": ("commands", roster() | {"team": LONG}, "/team"),
    "a long absentee": ("commands", LEAVE | {"rep": LONG}, "/rep"),
    "a leave that ends first": ("commands", LEAVE | {"to": "2026-03-01"}, "/to"),
    "a long team that is closed": ("commands", CLOSURE | {"team": LONG}, "/team"),
    "a day that is none": ("commands", CLOSURE | {"day": "2026-02-30"}, "/day"),
    "a long lane": ("commands", {"command": "backfill.close", "lane": LONG}, "/lane"),
    "a blank lane": ("commands", {"command": "backfill.close", "lane": ""}, "/lane"),
    "a long owner": ("activities", ANN | {"type": "owner", "owner": LONG}, "/owner"),
    "a long actor": ("activities", TOUCH | {"actor": {"id": LONG}}, "/actor/id"),
    "a long opportunity": ("activities", ANN | {"type": "deal", "opportunity": LONG, "status": "won"}, "/opportunity"),
    "a long name of required data": (
        "commands",
        ANN | {"command": "dispose", "verdict": "rejected", "data": {LONG: "0"}},
        "/data",
    ),
}


@pytest.mark.parametrize(("door", "body", "pointer"), UNKEPT.values(), ids=UNKEPT)
async def test_r8_a_name_that_nothing_can_be_kept_under_is_quarantined(
    door: str, body: dict[str, Any], pointer: str
) -> None:
    desk = Desk()
    delivery = await desk.deliver(door, body)
    (ended,) = desk.books.outcomes.values()
    assert (ended.outcome, ended.pointer) == (Outcome.QUARANTINED, pointer) and ended.reason
    assert desk.outcomes(delivery) == [Outcome.QUARANTINED] and desk.out == []


async def test_names_of_the_greatest_length_pass_and_blanks_around_them_go() -> None:
    desk = Desk()
    await desk.deliver("commands", roster(id="n" * LONGEST, name=" Cy ", weight=1_000_000))
    (changed,) = desk.facts(RosterChanged)
    assert [(rep.id, rep.name) for rep in changed.reps] == [("bo", "Bo"), ("n" * LONGEST, "Cy")]
    await desk.deliver("activities", ANN | {"type": "owner", "owner": "o" * LONGEST})
    assert [owned.owner for owned in desk.facts(Owned)] == ["o" * LONGEST]


async def test_r45_a_blank_actor_is_nobody_we_know_and_never_the_lead() -> None:
    desk = Desk()
    await desk.deliver("activities", TOUCH | {"actor": {"id": " ", "kind": "human"}})
    (envelope,) = desk.envelopes(Touched)
    assert (envelope.actor.id, envelope.actor.kind) == ("unknown", ActorKind.UNKNOWN)
