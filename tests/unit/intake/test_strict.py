"""What a parser says of a body, in words that a sender understands."""

import msgspec
import pytest

from leadpact.intake.domain import shapes, strict
from leadpact.intake.errors import Unreadable


@pytest.mark.parametrize(
    ("door", "body", "pointer", "says"),
    [
        ("activities", b"{}", "", "the field type is missing"),
        ("leads", b'{"email": 5}', "/email", "text or null is expected, not a whole number"),
        ("leads", b'{"attributes": []}', "/attributes", "an object is expected, not a list"),
        ("leads", b'{"email": "a', "", "malformed JSON"),
        ("leads", b'{"employees": 1e999}', "/employees", "the number is too large to be kept"),
    ],
)
def test_a_parsers_words_are_a_senders(door: str, body: bytes, pointer: str, says: str) -> None:
    with pytest.raises(msgspec.MsgspecError) as raised:
        msgspec.json.decode(body, type=shapes.KINDS[door])
    found = strict.unreadable(raised.value)
    assert (found.pointer, found.reason.startswith(says)) == (pointer, True), found.reason


@pytest.mark.parametrize(
    ("employees", "says"),
    [
        (2**63, "a whole number of at most 9223372036854775807 is expected"),
        (-(2**63) - 1, "a whole number of at least -9223372036854775808 is expected"),
    ],
)
def test_the_bounds_of_a_number_are_said(employees: int, says: str) -> None:
    with pytest.raises(msgspec.ValidationError) as raised:
        msgspec.json.decode(msgspec.json.encode({"employees": employees}), type=shapes.Lead)
    assert (strict.unreadable(raised.value).pointer, strict.unreadable(raised.value).reason) == ("/employees", says)


@pytest.mark.parametrize(
    ("body", "pointer", "says"),
    [
        (b'{"name": "\\ud800"}', "", "the text holds a lone surrogate"),
        (b'{"name": "\\ud800 and more"}', "", "the text holds a lone surrogate"),
        (b'{"name": "\\udc00\\ud800"}', "", "the text holds a lone surrogate"),
        (b'{"name": "\\ud8', "", "malformed JSON: it ends too early"),
        (b'{"email": 1, "utm/x": {"a": [1, {"b": -1e999}]}}', "/utm~1x/a/1/b", "the number is too large to be kept"),
        (b"1e999", "", "the number is too large to be kept"),
        (b'{"employees": ' + b"9" * 5_000 + b"}", "", "the number is too large to be kept"),
        (b'{"employees": NaN}', "", "NaN is no JSON number"),
    ],
)
def test_a_body_that_nobody_can_read_is_told_why_and_where(body: bytes, pointer: str, says: str) -> None:
    with pytest.raises(Unreadable) as raised:
        strict.read(body)
    assert (raised.value.pointer, raised.value.reason) == (pointer, says)
