"""Rules 10 and 11: keys strongest first, visitors who become known, links that are only recorded."""

import itertools
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from leadpact.contracts.envelope import ActorKind
from leadpact.contracts.events.lead import Behaved, Captured, Conflicted
from leadpact.contracts.registry import read
from leadpact.intake.domain.draft import Outcome
from leadpact.intake.domain.entry import Source
from tests.unit.intake.desk import Desk

PAGE = {"type": "behaviour", "kind": "page"}


async def test_r10_a_known_email_is_the_same_lead_however_it_is_written() -> None:
    desk = Desk()
    await desk.deliver(
        "leads", [{"email": "Ann@Acme.example", "contact_id": 7}, {"email": " ann@acme.EXAMPLE ", "form": "x"}]
    )
    assert len(desk.facts(Captured)) == 1
    assert len({envelope.lead for envelope in desk.out}) == 1


async def test_r10_the_strongest_key_decides_and_the_link_is_recorded_once_on_both() -> None:
    desk = Desk()
    await desk.deliver(
        "leads", [{"contact_id": "1", "email": "a@x.example"}, {"contact_id": "2", "email": "b@x.example"}]
    )
    await desk.deliver("leads", {"contact_id": "2", "email": "a@x.example", "form": "demo"})
    again = {"contact_id": "2", "email": "a@x.example", "form": "demo", "campaign": "again"}
    last = await desk.deliver("leads", again)
    first, second, *_ = (envelope.lead for envelope in desk.envelopes(Captured))
    linked = desk.envelopes(Conflicted)
    assert {envelope.lead for envelope in linked} == {first, second} and len(linked) == 2
    assert {envelope.lead for envelope in desk.out if envelope.correlation == last.id} == {second}


async def test_r10_a_contact_id_means_something_only_in_its_source() -> None:
    desk = Desk(Source("crm"))
    await desk.deliver("leads", {"contact_id": "1", "email": "a@x.example"})
    await desk.deliver("leads", {"contact_id": "1", "email": "b@x.example"}, source="crm")
    assert len(desk.facts(Captured)) == 2 and not desk.facts(Conflicted)


async def test_r10_people_behind_a_role_address_stay_two() -> None:
    desk = Desk()
    people = [{"contact_id": "1", "email": "sales@x.example"}, {"contact_id": "2", "email": "sales@x.example"}]
    await desk.deliver("leads", people)
    assert len(desk.facts(Captured)) == 2 and not desk.facts(Conflicted)


async def test_r10_free_mail_is_no_company() -> None:
    desk = Desk()
    await desk.deliver("leads", [{"email": "ann@gmail.com"}, {"email": "bo@sub.acme.co.uk"}])
    free, business = (captured.features for captured in desk.facts(Captured))
    assert free == {"business_email": False}
    assert business["business_email"] is True and business["country"] == "GB" and "account" in business


async def test_r10_what_a_visitor_did_waits_and_joins_the_story_in_order() -> None:
    desk = Desk()
    seen = [(hour, f"/{hour}?email=x@y.z") for hour in (13, 10, 15, 11, 14, 12)]
    visits = [{"subject": page, "occurred_at": f"2026-03-01T{hour}:00:00Z"} for hour, page in seen]
    await desk.deliver("activities", [PAGE | {"anonymous_id": "v"} | visit for visit in visits])
    assert desk.out == [] and len(desk.books.waiting) == 6
    desk.later(days=1)
    await desk.deliver("leads", {"email": "ann@acme.example", "anonymous_id": "v", "form": "demo"})
    assert [event.subject for event in desk.facts(Behaved)] == [f"/{hour}" for hour in range(10, 16)]
    assert all(event.visitor for event in desk.facts(Behaved))
    story = [envelope for envelope in desk.out if envelope.lead]
    assert [envelope.lead_version for envelope in story] == list(range(1, 8)) and story[0].type == "lead.captured"
    assert story[1].received_at < story[0].received_at == desk.now
    assert all(envelope.actor.id == envelope.lead and envelope.actor.kind is ActorKind.HUMAN for envelope in story[1:])
    await desk.deliver("activities", PAGE | {"anonymous_id": "v", "subject": "/c"})
    assert desk.facts(Behaved)[-1].subject == "/c" and not desk.facts(Behaved)[-1].visitor


async def test_r10_a_shared_device_merges_nobody_and_then_says_nothing() -> None:
    desk = Desk()
    await desk.deliver(
        "leads", [{"email": "a@x.example", "anonymous_id": "v"}, {"email": "b@x.example", "anonymous_id": "v"}]
    )
    await desk.deliver("activities", PAGE | {"anonymous_id": "v", "subject": "/who"})
    assert len(desk.facts(Captured)) == 2 and not desk.facts(Conflicted) and not desk.facts(Behaved)


async def test_r10_a_visitor_nobody_identifies_is_forgotten_after_90_days() -> None:
    desk = Desk()
    await desk.deliver("activities", PAGE | {"anonymous_id": "v", "subject": "/a"})
    desk.later(days=89)
    await desk.run()
    assert desk.books.waiting
    desk.later(days=3)
    await desk.run()
    assert not desk.books.waiting


async def test_r10_only_behaviour_may_be_about_nobody_known() -> None:
    desk = Desk()
    touch = {"type": "touch", "kind": "call", "outcome": "voicemail", "anonymous_id": "v"}
    delivery = await desk.deliver("activities", [touch, PAGE | {"subject": "/a"}])
    assert desk.outcomes(delivery) == [Outcome.QUARANTINED, Outcome.QUARANTINED]


async def test_r11_an_item_that_links_three_people_says_so_of_each_pair_under_an_id_of_its_own() -> None:
    desk = Desk()
    keys = {"contact_id": "1", "email": "a@x.example", "phone": "+12125550123"}
    for key, value in keys.items():
        await desk.deliver("leads", {key: value})
    leads = [envelope.lead for envelope in desk.envelopes(Captured)]
    await desk.deliver("leads", keys)
    linked = [(e.lead, event.other) for e in desk.out if isinstance(event := read(e), Conflicted)]
    assert sorted(linked) == sorted(
        [(leads[0], leads[1]), (leads[1], leads[0]), (leads[0], leads[2]), (leads[2], leads[0])]
    )
    assert len({envelope.id for envelope in desk.out}) == len(desk.out)


KEYS = st.fixed_dictionaries(
    {},
    optional={
        "contact_id": st.sampled_from("123"),
        "email": st.sampled_from(["a@x.example", "b@x.example", "c@x.example"]),
        "phone": st.sampled_from(["+14155550101", "+14155550102"]),
    },
).filter(bool)


def _components(pairs: list[frozenset[str]]) -> set[frozenset[str]]:
    groups: list[frozenset[str]] = []
    for pair in pairs:
        touching = [group for group in groups if group & pair]
        groups = [group for group in groups if not group & pair] + [pair.union(*touching)]
    return set(groups)


async def _groups(items: tuple[dict[str, Any], ...]) -> set[frozenset[str]]:
    """Keys that ended at one lead, or at leads joined by a recorded conflict."""
    desk = Desk()
    await desk.deliver("leads", list(items))
    leads = [frozenset((key, f"lead {lead}")) for key, lead in desk.books.bindings.items()]
    links = [frozenset((f"lead {a}", f"lead {b}")) for a, b in desk.books.conflicts]
    return {frozenset(k for k in group if not k.startswith("lead ")) for group in _components(leads + links)}


@given(st.lists(KEYS, min_size=1, max_size=5))
@settings(max_examples=25, deadline=None)
async def test_r11_grouping_does_not_depend_on_the_order_of_arrival(items: list[dict[str, Any]]) -> None:
    orders = list(itertools.islice(itertools.permutations(items), 24))
    first = await _groups(orders[0])
    for order in orders[1:]:
        assert await _groups(order) == first
