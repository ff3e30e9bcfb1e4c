"""Checks 8 and 9: rows that must be there, from the log, beside those that are; both wait in the scratch."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from leadpact.verify.findings import Check, Findings
from leadpact.verify.scratch import Scratch
from leadpact.verify.wire import micros

ANYTHING = ""
"""What is expected of a key that cannot be judged: that it is there."""
WHATEVER = "?"
"""What is expected of a key that cannot be judged, and may hold nothing."""
_ARRIVED = "insert into expected select 'intake', key, '[' || sum(facts) || ']' from arrived group by key"
_INDEX = "create index if not exists {0}_key on {0} (shelf, key)"
_DIFFERENT = """
select e.shelf, e.key, group_concat(e.row, char(30)), h.row from expected e left join held h using (shelf, key)
where ((h.row is null and e.row <> '?') or (e.row <> h.row and e.row not in ('', '?')))
and not exists (select 1 from expected o where o.shelf = e.shelf and o.key = e.key and o.row = h.row)
group by e.shelf, e.key, h.row order by e.shelf, e.key
"""
"""Of several that are expected of a key any one will do."""
_UNEXPECTED = """
select h.shelf, h.key, h.row from held h left join expected e using (shelf, key)
where e.row is null order by h.shelf, h.key
"""


class Row(NamedTuple):
    """A row under its key on its shelf, as text that is the same for equal rows."""

    shelf: str
    key: str
    row: str


def row(shelf: str, key: Iterable[object], values: Iterable[Any]) -> Row:
    """A row; instants become microseconds."""
    return Row(
        shelf,
        "/".join(map(str, key)),
        msgspec.json.encode([micros(value) if isinstance(value, datetime) else value for value in values]).decode(),
    )


def spoken(shelf: str, key: Iterable[object], values: Iterable[Any], told: str | list[str]) -> Row:
    """A row with a sentence, in words of its own; what is expected of it has the facts that must stand in it."""
    made = row(shelf, key, values)
    return made._replace(row=f"{made.row}\n{msgspec.json.encode(told).decode()}")


def compare(scratch: Scratch, found: Findings) -> None:
    """Say what is missing, what is another, and what nobody expected."""
    scratch.run(_ARRIVED)
    for table in ("expected", "held"):
        scratch.run(_INDEX.format(table))
    for shelf, number in scratch.rows("select shelf, count(*) from held group by shelf order by shelf"):
        found.count(f"rows of {shelf}", number)
    for shelf, key, wanted, held in scratch.rows(_DIFFERENT):
        says = "it is missing" if held is None else _differs(held, wanted)
        if says:
            found.violated(_check(shelf), f"{shelf} {key}", says)
    for shelf, key, held in scratch.rows(_UNEXPECTED):
        there, *_ = held.split("\n")
        found.violated(_check(shelf), f"{shelf} {key}", f"it holds {there}, of which the log knows nothing")


def _differs(held: str, wanted: str) -> str:
    """What is wrong with a row, of which any of several ways is right; nothing, where one fits."""
    ways = wanted.split("\x1e")
    faults = [_fault(held, way) for way in ways]
    if len(ways) == 1 or not all(faults):
        return "" if not all(faults) else faults[0]
    there, *_ = held.split("\n")
    return f"it holds {there}, the log says {' or '.join(way.split(chr(10))[0] for way in ways)}"


def _fault(held: str, wanted: str) -> str:
    """In a sentence all facts must stand, as whole words, where `_` is a space."""
    there, _, says = held.partition("\n")
    values, _, facts = wanted.partition("\n")
    if there != values or not facts:
        return f"it holds {there}, the log says {values}"
    sentence = _spaced(msgspec.json.decode(says, type=str))
    lacks = [fact for fact in msgspec.json.decode(facts, type=list[str]) if not _stands(_spaced(fact), sentence)]
    return f"it says {says}, without {', '.join(lacks)}" if lacks else ""


def _spaced(text: str) -> str:
    return text.replace("_", " ")


def _stands(fact: str, sentence: str) -> bool:
    at = sentence.find(fact)
    while at >= 0:
        before, behind = sentence[:at][-1:], sentence[at + len(fact) :][:1]
        if not (before.isalnum() or behind.isalnum()):
            return True
        at = sentence.find(fact, at + 1)
    return False


def _check(shelf: str) -> Check:
    return Check.STATE if shelf.startswith("state") else Check.READ_MODELS
