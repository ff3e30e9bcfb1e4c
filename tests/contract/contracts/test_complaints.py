"""A decoder's complaint is told without the value it met."""

import msgspec
import pytest

from leadpact.contracts.errors import complaint, unquoted
from leadpact.contracts.events.lead import Dealt, Touched

CANARY = "leaked.person@private.example"


@pytest.mark.parametrize(
    ("kind", "raw", "says", "place"),
    [
        (Touched, f'{{"source":"s","kind":"{CANARY}"}}', "the value is none of those known here", "$.kind"),
        (Touched, f'{{"source":"s","kind":"- at `$.{CANARY}`"}}', "the value is none of those known here", "$.kind"),
        (Touched, '{"source":5}', "Expected `str`, got `int`", "$.source"),
        (Dealt, '{"source":"s"}', "Object missing required field `opportunity`", ""),
        (Touched, "{", "Input data was truncated", ""),
    ],
)
def test_r13_a_value_is_not_quoted(kind: type, raw: str, says: str, place: str) -> None:
    with pytest.raises(msgspec.MsgspecError) as raised:
        msgspec.json.decode(raw, type=kind)
    assert complaint(raised.value) == (says, place)
    assert CANARY not in unquoted(raised.value)


def test_bytes_that_are_no_text_are_not_quoted() -> None:
    with pytest.raises(UnicodeDecodeError) as raised:
        b"\xff".decode()
    assert unquoted(raised.value) == "not UTF-8"
