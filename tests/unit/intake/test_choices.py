"""Who sends a word that a field cannot hold is told those it can, and never what was sent."""

import json
from typing import Any

import msgspec
import pytest

from leadpact.contracts.envelope import ActorKind
from leadpact.contracts.errors import NONE_OF_THOSE
from leadpact.contracts.events.lead import Direction, TouchKind, Verdict
from leadpact.intake.domain import choices
from leadpact.intake.domain.draft import Refusal
from leadpact.intake.domain.shapes import Activity
from leadpact.intake.domain.sources import bring, generic
from leadpact.intake.errors import Unmappable

WRONG = "ann@acme.example"
TOUCH = {"type": "touch", "kind": "call", "outcome": "sent"}


@pytest.mark.parametrize(
    ("door", "item", "pointer", "words"),
    [
        ("activities", {"type": WRONG}, "/type", ["behaviour", "touch", "deal", "owner", "consent"]),
        ("activities", TOUCH | {"kind": WRONG}, "/kind", list(TouchKind)),
        ("activities", TOUCH | {"direction": WRONG}, "/direction", list(Direction)),
        ("activities", TOUCH | {"actor": {"id": "a", "kind": WRONG}}, "/actor/kind", list(ActorKind)),
        ("commands", {"command": "dispose", "verdict": WRONG}, "/verdict", list(Verdict)),
        ("leads", {"actor": {"id": "a", "kind": WRONG}}, "/actor/kind", list(ActorKind)),
    ],
)
def test_an_unknown_word_is_answered_with_those_that_there_are(
    door: str, item: dict[str, Any], pointer: str, words: list[str]
) -> None:
    for body in (item, [item, item]):
        draft = generic.drafts(door, "key", json.dumps(body).encode())[0]
        assert isinstance(draft.said, Refusal)
        assert (draft.said.reason, draft.said.pointer) == (f"this is to be one of {', '.join(words)}", pointer)


def test_so_is_one_that_a_mapping_brought() -> None:
    with pytest.raises(Unmappable) as refused:
        bring.into("deal", {"contact_id": "C-1", "opportunity": "O-1", "status": WRONG})
    assert (refused.value.reason, refused.value.pointer) == ("this is to be one of open, won, lost", "/status")


def test_what_is_wrong_otherwise_keeps_its_words() -> None:
    assert choices.worded("text is expected, not a list", Activity, TOUCH, "/kind") == "text is expected, not a list"
    for pointer in ("", "/nobody", "/kind/deeper", "/seconds"):
        assert choices.worded(NONE_OF_THOSE, Activity, TOUCH, pointer) == NONE_OF_THOSE
    assert choices.worded(NONE_OF_THOSE, Activity, msgspec.UNSET, "/kind") == NONE_OF_THOSE
