"""Rules 16 and 49: what an item tells of a lead is told at its time, so that arrival decides nothing."""

from datetime import timedelta
from itertools import permutations
from typing import Any, NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st

from leadpact.contracts.events.lead import Behaved, Captured, Feature, Profiled
from leadpact.contracts.registry import read
from tests.unit.intake.desk import NOON, Desk

ANN = {"email": "a@acme.example"}
HOUR = timedelta(hours=1)


def said(hours_ago: int, **told: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """What Ann told so many hours ago."""
    return ANN | {"id": str(hours_ago), "occurred_at": (NOON - hours_ago * HOUR).isoformat()} | told


class Story(NamedTuple):
    """What stands downstream: each attribute as time brought it, the forms, and how the person found us."""

    values: list[tuple[str, str, Feature]]
    forms: list[tuple[str, str]]
    found: tuple[str, str | None, str | None]


def story(desk: Desk) -> Story:
    """By the log alone, as every reader may put it together: `occurred_at` orders, ties by id."""
    values, forms, captures = [], [], []
    for envelope in sorted(desk.once(), key=lambda each: (each.occurred_at, each.id)):
        at = envelope.occurred_at.isoformat()
        event = read(envelope)
        if isinstance(event, Captured | Profiled):
            values += sorted((at, name, value) for name, value in event.features.items())
        if isinstance(event, Captured):
            captures.append((event.channel, event.form, event.campaign))
            forms += [(at, event.form)] if event.form else []
        if isinstance(event, Behaved):
            forms.append((at, event.subject))
    return Story(values, forms, captures[0])


def seniority(desk: Desk) -> list[tuple[int, Feature]]:
    told = [(e.occurred_at, read(e)) for e in desk.once()]
    return sorted(
        (int((NOON - at) / HOUR), event.features["seniority"])
        for at, event in told
        if isinstance(event, Captured | Profiled)
    )


async def test_r49_what_stood_already_is_told_again_at_its_time_for_something_else_may_have_been_true_between() -> None:
    desk = Desk()
    for hours_ago, title in ((10, "VP Sales"), (2, "VP Sales"), (5, "Sales Intern")):
        await desk.deliver("leads", said(hours_ago, job_title=title))
    assert seniority(desk) == [(2, "vp"), (5, "individual"), (10, "vp")]


async def test_r16_a_late_item_that_only_repeats_what_stands_is_a_fact_of_its_instant() -> None:
    desk = Desk()
    for hours_ago in (10, 2, 5):
        await desk.deliver("leads", said(hours_ago))
    assert [NOON - e.occurred_at for e in desk.envelopes(Profiled)] == [2 * HOUR, 5 * HOUR]


async def test_r13_contact_data_told_again_are_sealed_again_at_their_time() -> None:
    desk = Desk()
    for hours_ago, name in ((10, "Ann"), (2, "Ann"), (5, "Anna")):
        await desk.deliver("leads", said(hours_ago, first_name=name))
    sealed = [(e.lead, event.sealed) for e in desk.once() if isinstance(event := read(e), Captured | Profiled)]
    opened = await desk.safe.open(sealed, reader="a test", purpose="to see it")
    assert [told and told["first_name"] for told in opened] == ["Ann", "Ann", "Anna"]


async def test_r49_the_earliest_form_says_how_the_person_found_us_whenever_it_came() -> None:
    search = said(9, form="demo", campaign="spring", utm={"source": "google", "medium": "cpc"})
    desk = Desk()
    await desk.deliver("leads", said(2, form="pricing", utm={"source": "linkedin", "medium": "paid_social"}))
    await desk.deliver("leads", search)
    assert story(desk).found == ("paid_search", "demo", "spring")
    assert [form for _, form in story(desk).forms] == ["demo", "pricing"]
    await desk.deliver("leads", said(5, form="later"))
    assert len(desk.facts(Captured)) == 2 and story(desk).found == ("paid_search", "demo", "spring")


async def test_r49_of_items_of_one_instant_the_same_is_the_capture_in_every_order() -> None:
    items = [said(5, id=name, utm={"source": name, "medium": "cpc"}) for name in ("google", "linkedin", "news")]
    found = set()
    for order in permutations(items):
        desk = Desk()
        await desk.deliver("leads", said(3))  # so that the person has the same id of ours whichever comes first
        for item in order:
            await desk.deliver("leads", item, number=10 + items.index(item))
        found.add(story(desk).found[0])
    assert len(found) == 1 and found != {"direct"}


ITEMS = st.lists(
    st.fixed_dictionaries(
        {},
        optional={
            "job_title": st.sampled_from(["VP Sales", "Sales Intern"]),
            "employees": st.sampled_from([20, 500]),
            "form": st.sampled_from(["demo", "pricing"]),
            "campaign": st.sampled_from(["spring", "fall"]),
            "utm": st.sampled_from([{"source": "google", "medium": "cpc"}, {"source": "news", "medium": "email"}]),
        },
    ),
    min_size=2,
    max_size=4,
)


@given(ITEMS)
@settings(max_examples=25, deadline=None)
async def test_r49_what_stands_downstream_does_not_depend_on_the_order_of_arrival(told: list[dict[str, Any]]) -> None:
    items = [said(10 - number, **each) for number, each in enumerate(told)]
    stories = []
    for order in permutations(items):
        desk = Desk()
        for item in order:
            await desk.deliver("leads", item)
        stories.append(story(desk))
    assert all(each == stories[0] for each in stories)
