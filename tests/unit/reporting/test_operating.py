"""What the operations page makes of what services' tables say."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from leadpact.kit.pg.survey import Consuming, Member, Survey
from leadpact.kit.surveying import Count, Looked
from leadpact.reporting.operating import Board, Figure, Line, Part, board
from leadpact.web.filters import MISSING

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
SPOOL = Count("spool", "Deliveries in the spool", "select 0", "until Kafka takes them")
WELL = Member("qualifier-1", "", 0, timedelta(seconds=0.4))


def consuming(name: str = "qualifier", *members: Member, age: float = 2, **other: int) -> Consuming:
    mark = NOW - timedelta(seconds=age)
    told: dict[str, Any] = {
        "slots": 8,
        "unowned": 0,
        "slowest": mark,
        "fastest": mark,
        "loading": False,
        "reached": {},
        "parked": 0,
        "dead": 0,
        **other,
    }
    return Consuming(consumer=name, members=members or (WELL,), **told)


def looked(
    *consumers: Consuming, behind: int | None = 0, counts: Sequence[tuple[Count, int]] = (), **other: int
) -> Looked:
    told = {"outbox": 0, "held": 0, "failing": 0, "given_up": 0, **other}
    known = None if behind is None else {each.consumer: behind for each in consumers}
    return Looked(NOW, NOW, 1.0, Survey(consumers=consumers, **told), known, counts)


def shown(look: Looked | None, *, later: float = 0, waiting: str | None = None) -> Board:
    return board({"qualifier": look}, {"web": waiting}, NOW + timedelta(seconds=later))


def figure(look: Looked, name: str) -> Figure:
    (found,) = (one for one in shown(look).figures if one.id == name)
    return found


def test_where_all_is_well_nothing_asks_for_anybody() -> None:
    told = shown(looked(consuming()))
    assert {one.state for one in told.figures} == {"good", ""}
    assert told.lines == [Line("qualifier", "0", "2 s", "8 of 8", "0", "0", "0", "good", "time passes")]
    assert told.parts == [Part("web", "good", "ready"), Part("qualifier-1", "good", "ready")]


@pytest.mark.parametrize(
    ("look", "name", "value", "state", "word"),
    [
        (looked(consuming(age=60)), "age", "1 min 00 s", "warn", "lagging"),
        (looked(consuming(age=1800)), "age", "30 min 00 s", "bad", "standing still"),
        (looked(consuming(age=-7200)), "age", "\N{MINUS SIGN}2 h 00 min", "bad", "ahead of the clock"),
        (looked(consuming(), behind=None), "behind", MISSING, "warn", "not known"),
        (looked(consuming(), consuming("agreements"), behind=7), "behind", "14", "", "to be handled"),
        (looked(consuming(), behind=0), "behind", "0", "", "none"),
        (looked(consuming(), outbox=10_000), "outbox", "10\u202f000", "good", "flows"),
        (looked(consuming(), outbox=10_001), "outbox", "10\u202f001", "bad", "the relay is late"),
        (looked(consuming(unowned=3)), "unowned", "3", "bad", "look at the worker"),
        (looked(consuming(parked=1)), "parked", "1", "bad", "leadpact parked list"),
        (looked(consuming(dead=2)), "dead", "2", "bad", "leadpact dead-letters list"),
        (looked(consuming("c", Member("qualifier-1", "", 4, timedelta()), WELL)), "fenced", "4", "", "taken back"),
        (looked(consuming("c", WELL)), "fenced", "0", "", "none"),
        (looked(counts=[(SPOOL, 9)]), "spool", "9", "warn", "waits"),
        (looked(counts=[(SPOOL, 0)]), "spool", "0", "good", "none"),
        (looked(held=6), "mail", "6", "good", "none"),
        (looked(held=6, failing=2), "mail", "6", "warn", "fails"),
        (looked(held=6, failing=2, given_up=1), "mail", "7", "bad", "refused for good"),
    ],
)
def test_each_figure_is_judged_in_a_word(look: Looked, name: str, value: str, state: str, word: str) -> None:
    assert figure(look, name)[2:5] == (value, state, word)


@pytest.mark.parametrize(
    ("member", "word"),
    [
        (Member("qualifier-1", "leads/3: a gap", 0, timedelta()), "leads/3: a gap"),
        (Member("qualifier-1", "", 0, timedelta(seconds=90)), "not seen for 1 min 30 s"),
    ],
)
def test_a_worker_that_is_not_ready_or_not_seen_says_so(member: Member, word: str) -> None:
    told = shown(looked(consuming("c", member)))
    assert told.parts[1] == Part("qualifier-1", "bad", word)
    assert told.figures[0][2:5] == ("1 of 2", "bad", "see below")


def test_a_line_names_everything_that_is_wrong() -> None:
    (line,) = shown(looked(consuming(age=90, unowned=8, parked=1, dead=2))).lines
    assert (line.state, line.word) == ("bad", "lagging, 8 without owner, 1 parked key, 2 dead letters")
    assert (line.age, line.slots) == ("1 min 30 s", "0 of 8")


@pytest.mark.parametrize(
    ("look", "later", "word"),
    [
        (None, 0, "not read yet"),
        (looked(consuming()), 16, "no answer for 16 s"),
        (looked(consuming("c", WELL, unowned=8), consuming("d")), 0, "ready"),
        (looked(), 0, "none runs"),
    ],
)
def test_tables_that_were_not_read_for_long_are_not_believed(look: Looked | None, later: float, word: str) -> None:
    assert shown(look, later=later).parts[1].word == word


def test_a_gate_of_this_process_says_why_it_is_closed() -> None:
    assert shown(looked(consuming()), waiting="no contact").parts[0] == Part("web", "bad", "no contact")
