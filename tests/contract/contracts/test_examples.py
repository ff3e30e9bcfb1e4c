"""Example payloads: at least two of every event and version, all readable, all valid by the committed schemas."""

import msgspec
import pytest
from jsonschema import Draft202012Validator

from leadpact.contracts.carried import CARRIED
from leadpact.contracts.envelope import decode, encode
from leadpact.contracts.registry import BY_NAME, read
from leadpact.contracts.schema import committed
from leadpact.contracts.topics import LEADS, QUALIFICATION, SLA
from leadpact.testkit.examples import examples, files, unread

SCHEMAS = committed()


def schema_of(name: str) -> str:
    """`lead.captured.v1` of `lead.captured.v1.weird`."""
    return name.rpartition(".")[0]


def is_todays(name: str) -> bool:
    """Whether the example is of the version that is written today; an upcaster may leave out what older ones said."""
    envelope = decode(files()[name])
    return envelope.version == BY_NAME[envelope.type].version


@pytest.mark.parametrize("name", files())
def test_an_example_is_read_and_what_is_written_again_says_the_same(name: str) -> None:
    envelope = decode(files()[name])
    event = read(envelope)
    assert f"{envelope.type}.v{envelope.version}" == schema_of(name)
    again = decode(encode(envelope))
    assert (again, read(again)) == (envelope, event)


@pytest.mark.parametrize("name", files())
def test_an_example_is_valid_by_the_committed_schemas(name: str) -> None:
    raw = msgspec.json.decode(files()[name])
    for schema, value in ((SCHEMAS["envelope.v1"], raw), (SCHEMAS[schema_of(name)], raw["data"])):
        Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER).validate(value)


@pytest.mark.parametrize("schema", sorted(SCHEMAS.keys() - {"envelope.v1"}))
def test_each_event_and_version_has_a_plain_and_a_weird_example(schema: str) -> None:
    assert {f"{schema}.plain", f"{schema}.weird"} <= files().keys()


@pytest.mark.parametrize("name", [name for name in files() if is_todays(name) and not name.endswith(".weird")])
def test_ordinary_examples_have_no_field_that_nobody_reads(name: str) -> None:
    assert unread(files()[name]) == []


@pytest.mark.parametrize("name", [name for name in files() if name.endswith(".weird")])
def test_weird_examples_come_from_a_writer_that_knows_more_than_we(name: str) -> None:
    kind = decode(files()[name]).type
    assert {f"{kind}.later", f"{kind}.actor.later", f"{kind}.data.later"} <= set(unread(files()[name]))


@pytest.mark.parametrize("name", [name for name in files() if name.endswith(".plain")])
def test_plain_examples_leave_nothing_out(name: str) -> None:
    schema = SCHEMAS[schema_of(name)]
    fields = schema["$defs"][schema["$ref"].rpartition("/")[2]]["properties"]
    assert msgspec.json.decode(files()[name])["data"].keys() == fields.keys()


def test_an_unknown_field_deep_inside_is_found() -> None:
    raw = files()["agreement.in_force.v1.plain"].replace(b'"one_of"', b'"oneof"', 1)
    assert unread(raw) == ["agreement.in_force.data.agreement.criteria.of[0].oneof"]


def test_every_event_occurs_in_some_topic() -> None:
    assert frozenset().union(*CARRIED.values()) == BY_NAME.keys()


def test_mere_behaviour_ends_at_the_qualifier() -> None:
    assert "lead.behaved" in CARRIED[LEADS.name]
    assert "lead.behaved" not in CARRIED[QUALIFICATION.name]


@pytest.mark.parametrize("topic", [LEADS.name, QUALIFICATION.name, SLA.name])
def test_the_examples_of_a_topic_are_those_of_all_it_carries(topic: str) -> None:
    assert {fact.envelope.type for fact in examples(topic)} == CARRIED[topic]
