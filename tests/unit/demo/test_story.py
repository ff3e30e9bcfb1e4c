"""The script: complete, in the order in which it reaches us, and about people who can be told apart."""

from datetime import UTC, datetime

import pytest

from leadpact.contracts.events.sla import Standing
from leadpact.demo.script import cues
from leadpact.demo.story import Act, Story, load

WHO = ("json", "typeform", "segment", "lead", "owner", "robot")


@pytest.fixture(scope="module")
def story() -> Story:
    return load()


def test_times_are_local_and_counted_from_the_start(story: Story) -> None:
    assert story.begin == datetime(2026, 5, 5, 12, 55, tzinfo=UTC)
    assert story.instant("Tue 09:02") == datetime(2026, 5, 5, 13, 2, tzinfo=UTC)
    assert story.instant("Mon 10:00") == datetime(2026, 5, 11, 14, tzinfo=UTC)
    assert story.instant("+Tue 10:00") == datetime(2026, 5, 12, 14, tzinfo=UTC)


def test_every_act_says_once_who_does_what(story: Story) -> None:
    acts = [act for lead in story.leads for act in lead.does]
    assert all(sum(getattr(act, who) is not None for who in WHO) == 1 for act in acts)


def test_cues_come_in_the_order_in_which_we_are_told(story: Story) -> None:
    told = [cue.told_at for cue in cues(story)]
    assert told == sorted(told)
    late = [cue for cue in cues(story) if cue.told_at > cue.at]
    assert [cue.lead.id for cue in late] == ["dov"]
    assert len(told) == sum(len(lead.does) for lead in story.leads)


def test_every_cue_is_delivered_under_an_id_of_its_own(story: Story) -> None:
    ids = [cue.id for cue in cues(story)]
    assert len(set(ids)) == len(ids)


def test_nobody_is_taken_for_somebody_else(story: Story) -> None:
    people = [lead.person for lead in story.leads]
    for names in ([one.email for one in people], [one.phone for one in people], [lead.id for lead in story.leads]):
        assert len(set(names)) == len(names)


def test_all_of_it_happens_within_the_story(story: Story) -> None:
    assert all(story.begin <= cue.at <= cue.told_at <= story.end for cue in cues(story))
    assert set(story.never_owner) < {rep.id for rep in story.reps}


def test_everybody_gives_their_data_and_has_a_fate(story: Story) -> None:
    standings = {standing.value for standing in Standing}
    for lead in story.leads:
        assert sum(act.captures for act in lead.does) == 1
        expect = lead.expect
        said = {expect.routing, expect.first_response, expect.cadence}
        assert said <= standings if expect.mql else said == {None}


def test_the_story_holds_what_it_is_told_for(story: Story) -> None:
    """A source whose leads get rejected, a rep on leave, leads answered in time, late, never, with late evidence."""
    fates = [lead.expect.first_response for lead in story.leads]
    assert {"met", "missed", "withdrawn", "cancelled"} <= set(fates)
    bought = [lead for lead in story.leads if any(act.source == "bought-list" for act in lead.does)]
    assert bought
    assert all(lead.expect.rejected for lead in bought)
    assert {leave.rep for leave in story.leave} == set(story.never_owner)
    assert any(not any(act.owner for act in lead.does) for lead in story.leads if lead.expect.mql)


def test_an_act_captures_only_by_a_form() -> None:
    assert Act(at="Tue 09:00", json="lead").captures
    assert Act(at="Tue 09:00", typeform="demo").captures
    assert not Act(at="Tue 09:00", json="page").captures
