"""From a record's bytes to a fact."""

from leadpact.contracts import envelope as wire
from leadpact.contracts.errors import ContractError, UnknownVersion
from leadpact.contracts.registry import BY_NAME, read
from leadpact.contracts.topics import CONTROL_KEY
from leadpact.kit.decider import Fact
from leadpact.kit.errors import Systemic
from leadpact.kit.rows import Record


def read_fact(record: Record) -> Fact:
    """The fact a record carries.

    Raises `Malformed` or `UnknownType`: a dead letter; `Systemic` for a version newer than this code, and for a control
    record that cannot be read: nobody can hand that back, its place in the order of all leads would have passed.
    """
    envelope = wire.decode(record.value)
    try:
        return Fact(envelope, read(envelope))
    except ContractError as error:
        if isinstance(error, UnknownVersion) or envelope.lead == CONTROL_KEY:
            message = f"{record.topic}/{record.partition} offset {record.offset}: {error}"
            raise Systemic(message) from error
        raise


def is_control(fact: Fact) -> bool:
    """Whether the fact is for the whole partition."""
    return BY_NAME[fact.envelope.type].control
