"""Reporting makes rows of every example of its three topics, of the types that their columns have."""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple, get_args, get_type_hints

import pytest

from leadpact.contracts.topics import LEADS, QUALIFICATION, SLA
from leadpact.kit.decider import Fact
from leadpact.reporting import handlers
from leadpact.reporting.domain import leads, qualification, sla
from leadpact.reporting.domain.table import Json
from leadpact.reporting.domain.tables import BY_ROW
from leadpact.reporting.writing import write_in_turn
from leadpact.testkit.examples import examples

Rows = Callable[[Fact], Iterable[NamedTuple]]
READ: dict[str, Rows] = {
    LEADS.name: lambda fact: leads.rows(fact, 0),
    QUALIFICATION.name: lambda fact: qualification.rows(fact, QUALIFICATION.writer),
    SLA.name: lambda fact: sla.rows(fact, SLA.writer),
}
EACH = [
    pytest.param(rows, fact, id=f"{topic}-{fact.envelope.type}-{fact.envelope.id[:8]}")
    for topic, rows in READ.items()
    for fact in examples(topic)
]


def test_these_are_the_topics_that_reporting_reads() -> None:
    inputs = {stream.topic for duty in handlers.duties(write_in_turn) for slot in duty.inputs for stream in slot}
    assert inputs == READ.keys()


@pytest.mark.parametrize(("rows", "fact"), EACH)
def test_each_example_becomes_rows_that_their_tables_can_hold(rows: Rows, fact: Fact) -> None:
    for row in rows(fact):
        table = BY_ROW[type(row)]
        for column, hint in get_type_hints(type(row)).items():
            value = getattr(row, column)
            assert isinstance(value, kinds(hint)), f"{table.name}.{column}: {value!r}"
            assert value is not None or column not in table.key


def kinds(hint: Any) -> tuple[type, ...]:  # noqa: ANN401 - a type or an optional one
    """The types of a column's values; JSON is text."""
    return tuple(str if kind is Json else kind for kind in get_args(hint) or (hint,))
