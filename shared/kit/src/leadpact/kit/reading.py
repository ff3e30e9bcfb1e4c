"""From a record's bytes to a fact."""

from leadpact.contracts import envelope as wire
from leadpact.contracts.errors import UnknownVersion
from leadpact.contracts.registry import BY_NAME, read
from leadpact.kit.decider import Fact
from leadpact.kit.errors import Systemic
from leadpact.kit.rows import Record


def read_fact(record: Record) -> Fact:
    """The fact a record carries.

    Raises `Malformed` or `UnknownType`: a dead letter; `Systemic` for a version newer than this code.
    """
    envelope = wire.decode(record.value)
    try:
        return Fact(envelope, read(envelope))
    except UnknownVersion as error:
        message = f"{record.topic}/{record.partition} offset {record.offset}: {error}"
        raise Systemic(message) from error


def is_control(fact: Fact) -> bool:
    """Whether the fact is for the whole partition."""
    return BY_NAME[fact.envelope.type].control
