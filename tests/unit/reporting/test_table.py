"""One row per key and batch, the same as if each had been written after the other."""

from datetime import UTC, datetime
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadpact.reporting.domain.table import How, Table
from leadpact.reporting.domain.tables import TABLES, Attribute, Deadline, Intake
from leadpact.reporting.writing import column_types, statement

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


class Row(NamedTuple):
    key: str
    by: int
    says: str


ROWS = st.lists(st.builds(Row, st.sampled_from("abc"), st.integers(0, 3), st.sampled_from("xyz")), max_size=12)


def written_one_by_one(how: How, rows: list[Row]) -> list[Row]:
    """The slow way: what the database does with one insert per row."""
    table: dict[str, Row] = {}
    for row in rows:
        old = table.get(row.key)
        if old is None:
            table[row.key] = row
        elif how is How.SUM:
            table[row.key] = old._replace(by=old.by + row.by)
        elif (how is How.LATEST and row.by >= old.by) or (how is How.EARLIEST and row.by <= old.by):
            table[row.key] = row
    return [table[key] for key in sorted(table)]


@pytest.mark.parametrize("how", How)
@given(rows=ROWS)
def test_a_batch_is_as_its_rows_one_by_one(how: How, rows: list[Row]) -> None:
    table = Table("t", Row, ("key",), how, "by")
    found = table.coalesce(rows)
    expected = written_one_by_one(how, rows)
    if how is How.SUM:  # which of the equal keys' other columns stay does not matter: they are part of the key
        assert [(row.key, row.by) for row in found] == [(row.key, row.by) for row in expected]
    else:
        assert found == expected


def test_every_key_and_order_is_a_column() -> None:
    for table in TABLES:
        columns = column_types(table.row)
        assert set(table.key) <= set(columns)
        assert (table.by in columns) == (table.how is not How.FIRST)


def test_no_two_tables_share_a_name_or_a_row() -> None:
    assert len({table.name for table in TABLES}) == len({table.row for table in TABLES}) == len(TABLES)


def test_statements_say_what_becomes_of_a_second_row() -> None:
    by_row = {table.row: statement(table) for table in TABLES}
    assert "where excluded.occurred_at >= attribute.occurred_at" in by_row[Attribute]
    assert "set facts = intake.facts + excluded.facts" in by_row[Intake]
    assert "$2::timestamptz[]" in by_row[Deadline]
