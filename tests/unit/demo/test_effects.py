"""What a person reads while the story is played: who does what, and what came of it, each once."""

from typing import Any

import pytest

from leadpact.demo.effects import Effects, effects
from leadpact.demo.people import People
from leadpact.demo.playing import words
from leadpact.demo.script import cues
from leadpact.demo.story import Story, load
from leadpact.testkit.clock import ManualClock

MISSED = {"kind": "first_response", "standing": "missed", "renews": None, "replies_to": None}
RUN: dict[str, Any] = {
    "recognised_at": None,
    "agreement_name": "Sample agreement",
    "owner": None,
    "clocks": [],
    "accepted_at": None,
    "outcome": None,
    "reason": None,
}


def told(**more: Any) -> dict[str, Any]:  # noqa: ANN401 - what the reports tell
    return {"engagements": [RUN | more]}


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({}, []),
        ({"recognised_at": "2026-05-05T13:10:00Z"}, ["became MQL by Sample agreement"]),
        ({"owner": "Ann Lee"}, ["Ann Lee owns it"]),
        ({"clocks": [MISSED]}, ["first response: missed"]),
        (
            {"clocks": [MISSED | {"standing": "withdrawn"}]},
            ["first response: after all in time, the miss is taken back"],
        ),
        ({"clocks": [MISSED | {"standing": "pending"}]}, []),
        ({"clocks": [MISSED | {"standing": "met", "replies_to": "f1"}]}, ["answer to the reply: met"]),
        ({"accepted_at": "2026-05-05T15:00:00Z"}, ["became SQL"]),
        ({"outcome": "rejected", "reason": "Not our kind"}, ["rejected: Not our kind"]),
    ],
)
def test_what_came_of_a_lead_is_said_in_words(more: dict[str, Any], says: list[str]) -> None:
    assert list(effects(told(**more))) == says


class Arrived(People):
    """Knows one lead, of whom more is told each time."""

    def __init__(self, *stories: dict[str, Any]) -> None:
        self._stories = iter(stories)

    async def arrived(self) -> dict[str, list[str]]:
        return {"ada": ["id-1"]}

    async def story(self, id_: str) -> dict[str, Any]:
        assert id_ == "id-1"
        return next(self._stories)


async def test_each_is_said_once_and_a_lead_with_its_page_at_first() -> None:
    story, heard = load(), list[str]()
    looked = Effects(Arrived(told(), told(owner="Ann Lee"), told(owner="Ann Lee")), story, "http://x", heard.append)
    clock = ManualClock(story.begin)
    for _ in range(3):
        await looked.look(clock)
    assert [line.partition("→ ")[2] for line in heard] == ["is http://x/leads/id-1", "Ann Lee owns it"]
    assert heard[0].startswith("Tue 08:55  Ada Ferro")


def test_every_act_of_the_story_has_words() -> None:
    story: Story = load()
    said = {words(cue.act) for cue in cues(story)}
    assert {'the lead fills in the form "demo"', "the owner: call, no answer", "a machine: email, bounced"} <= said
    assert not [text for text in said if "None" in text or "demo demo" in text]
