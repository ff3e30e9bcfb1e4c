"""What is said of a record holds no value, whatever the record holds."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadpact.kit.rows import Record
from leadpact.local.redacting import described

ADDRESS = "ann@acme.example"


def record(value: object) -> Record:
    return Record("leads", 3, 41, b"k", json.dumps(value).encode())


def test_point6_names_and_shapes_of_fields_are_told() -> None:
    told = described(record({"data": {"n": 1, "yes": True, "none": None, "tags": ["a", 2], "who": ADDRESS, "o": {}}}))
    assert told["fields"] == {
        "data.n": "a number",
        "data.yes": "true or false",
        "data.none": "null",
        "data.tags": "a list of 2: a number, text",
        "data.who": "text of 16 characters",
        "data.o": "an object of 0",
    }


@pytest.mark.parametrize("field", ["id", "lead", "type", "lane", "occurred_at", "version"])
def test_point6_what_stands_in_an_envelope_s_field_is_told_only_if_it_looks_like_it(field: str) -> None:
    assert described(record({field: ADDRESS}))["event"] == {}


def test_point6_ids_and_times_are_told() -> None:
    event = {
        "id": "1b671a64-40d5-491e-99b0-da01ff1f3341",
        "lead": "",
        "type": "lead.captured",
        "lane": "live",
        "occurred_at": "2026-03-02T09:00:00Z",
        "version": 2,
    }
    assert described(record(event))["event"] == event


def test_point6_many_fields_are_counted() -> None:
    assert described(record({f"f{n}": n for n in range(130)}))["more_fields"] == 30


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.just(ADDRESS),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["a", "id", "type", "lead", ADDRESS]), inner),
)


@given(ANYTHING | st.binary())
def test_point6_no_value_and_no_strange_name_is_ever_told(value: object) -> None:
    raw = value + ADDRESS.encode() if isinstance(value, bytes) else json.dumps(value).encode()
    assert "acme" not in json.dumps(described(Record("leads", 3, 41, ADDRESS.encode(), raw)))
