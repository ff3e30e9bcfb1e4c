"""Checks 8, 9 and 10 go red: state, read models and effects that are not what the log says."""

import re
from datetime import timedelta
from importlib import resources
from uuid import UUID

import msgspec
import pytest

from leadpact.reporting.domain.tables import TABLES
from leadpact.verify.effects import Effect
from leadpact.verify.models import COLUMNS
from leadpact.verify.state import Cell
from leadpact.verify.wire import derived
from tests.unit.verify.recorded import Recorded

NOBODY = str(UUID(int=7_000))
NONE_OF = {"test_lead", "deal_move", "retirement", "trouble"}
"""Tables that the week leaves empty."""


@pytest.mark.parametrize("consumer", ["qualifier", "sla-monitor"])
def test_a_version_counter_is_the_number_of_events(week: Recorded, consumer: str) -> None:
    index = next(n for n, cell in enumerate(week.kept) if cell.consumer == consumer)
    week.kept[index] = week.kept[index]._replace(version=99)
    [(check, where, says)] = week.violations()
    assert (check, where) == ("state", f"state of {consumer} {week.kept[index].key}")
    assert says.startswith("it holds [99,")


def test_an_engagement_in_the_state_is_that_of_the_facts(week: Recorded) -> None:
    index = next(n for n, cell in enumerate(week.kept) if cell.consumer == "qualifier")
    told = msgspec.msgpack.decode(week.kept[index].data)
    told[8][0][5] = not told[8][0][5]
    week.kept[index] = week.kept[index]._replace(data=msgspec.msgpack.encode(told))
    assert [(check, where) for check, where, _ in week.violations()] == [
        ("state", f"state of qualifier {week.kept[index].key}")
    ]


def test_a_clock_in_the_state_is_that_of_the_story(week: Recorded) -> None:
    index = next(n for n, cell in enumerate(week.kept) if cell.consumer == "sla-monitor")
    told = msgspec.msgpack.decode(week.kept[index].data)
    told["engagements"][0]["clocks"][0]["standing"] = "voided"
    week.kept[index] = week.kept[index]._replace(data=msgspec.msgpack.encode(told))
    assert [(check, where) for check, where, _ in week.violations()] == [
        ("state", f"state of sla-monitor {week.kept[index].key}")
    ]


def test_a_state_that_is_lost_or_nobodys_is_found(week: Recorded) -> None:
    lost = week.kept.pop(0)
    week.kept.append(Cell("sla-monitor", NOBODY, 0, "live", b""))
    assert week.violations() == [
        ("state", f"state of {lost.consumer} {lost.key}", "it is missing"),
        ("state", f"state of sla-monitor {NOBODY}", "it holds [0], of which the log knows nothing"),
    ]


def test_every_column_of_reportings_schema_is_compared() -> None:
    migrations = resources.files("leadpact.reporting").joinpath("migrations")
    schema = "\n".join(
        file.read_text()
        for file in sorted(migrations.iterdir(), key=lambda file: file.name)
        if file.name.endswith(".sql")
    )
    compared = {name: {*keys, *columns} for name, (keys, columns) in COLUMNS.items()}
    assert compared == _tables(schema)


def _tables(schema: str) -> dict[str, set[str]]:
    """The columns of each table after all migrations."""
    found: dict[str, set[str]] = {}
    for name, body in re.findall(r"^create table (\w+) \((.*?)\);$", schema, re.MULTILINE | re.DOTALL):
        like = re.match(r"like (\w+)", body)
        lines = re.findall(r"^    (\w+) ", body, re.MULTILINE)
        found[name] = set(found[like[1]]) if like else {line for line in lines if line not in {"primary", "unique"}}
    for name, body in re.findall(r"^alter table (\w+)(.*?);$", schema, re.MULTILINE | re.DOTALL):
        found[name] |= set(re.findall(r"add column (\w+)", body))
    return found


def test_a_key_is_the_one_that_reporting_writes_by() -> None:
    assert {name: keys for name, (keys, _) in COLUMNS.items()} == {table.name: table.key for table in TABLES}


@pytest.mark.parametrize("table", [name for name in COLUMNS if name not in NONE_OF])
def test_a_row_that_was_lost_is_found(week: Recorded, table: str) -> None:
    index = next(n for n, (name, _) in enumerate(week.rows) if name == table)
    _, lost = week.rows.pop(index)
    key = "/".join(str(lost[column]) for column in COLUMNS[table][0])
    assert week.violations() == [("read_models", f"{table} {key}", "it is missing")]


@pytest.mark.parametrize(
    ("table", "column"), [(name, column) for name, (_, names) in COLUMNS.items() for column in names]
)
def test_a_column_that_says_something_else_is_found(week: Recorded, table: str, column: str) -> None:
    found = [columns for name, columns in week.rows if name == table]
    if table in NONE_OF:  # a row is as good as a wrong one
        week.rows.append((table, dict.fromkeys((*COLUMNS[table][0], *COLUMNS[table][1]), 1)))
    else:
        found[0][column] = '"another"' if column in {"value", "facts", "evidence"} else NOBODY
    [(check, where, _)] = week.violations()
    assert check == "read_models" and where.startswith(f"{table} ")


def test_what_was_asked_for_is_done_once(week: Recorded) -> None:
    assert week.asked, "the week has mails"
    week.asked.append(week.asked[0])
    assert week.violations() == [("effects", f"effect {week.asked[0].id}", "it stands twice")]


def test_what_nobody_asked_for_is_found(week: Recorded) -> None:
    week.asked.append(Effect(NOBODY, "mail"))
    assert week.violations() == [("effects", f"effect {NOBODY}", "no decision asks for this mail")]


def test_r43_history_makes_no_effects(week: Recorded) -> None:
    in_lane = next(
        event
        for number in range(40)
        if (event := week.event(*week.find("sla", "clock.judged", number))).lane.value == "backfill"
    )
    made = derived("sla-monitor", in_lane.causation, "mail", 0)
    week.asked.append(Effect(made, "mail"))
    assert week.violations() == [("effects", f"effect {made}", "history asks for no mail")]


def test_r43_what_was_due_when_history_joined_makes_none(week: Recorded) -> None:
    joined = week.event(*week.find("qualification", "backfill.closed")).mark
    place, index = next(
        at
        for number in range(40)
        if (event := week.event(*(at := week.find("sla", "clock.warned", number)))).causation == event.correlation
        and event.lane.value == "live"
    )
    event = week.event(place, index)
    week.change(place, index, received_at=joined - timedelta(seconds=1))
    quiet = [says for check, _, says in week.violations() if check == "effects"]
    made = derived("sla-monitor", event.causation, "mail", 0)
    assert quiet == (["history asks for no mail"] if made in {effect.id for effect in week.asked} else [])
