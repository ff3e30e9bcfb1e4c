"""What a parser says of a body, in words that a sender understands."""

import msgspec
import pytest

from leadpact.intake.domain import shapes, strict


@pytest.mark.parametrize(
    ("door", "body", "pointer", "says"),
    [
        ("activities", b"{}", "", "the field type is missing"),
        ("leads", b'{"email": 5}', "/email", "text or null is expected, not a whole number"),
        ("leads", b'{"attributes": []}', "/attributes", "an object is expected, not a list"),
        ("leads", b'{"email": "a', "", "malformed JSON"),
    ],
)
def test_a_parsers_words_are_a_senders(door: str, body: bytes, pointer: str, says: str) -> None:
    with pytest.raises(msgspec.MsgspecError) as raised:
        msgspec.json.decode(body, type=shapes.KINDS[door])
    found = strict.unreadable(raised.value)
    assert (found.pointer, found.reason.startswith(says)) == (pointer, True), found.reason
