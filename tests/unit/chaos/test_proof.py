"""A run that saw nothing of some kind is not clean, whatever verify says of it."""

import json
from pathlib import Path
from random import Random

import pytest

from leadpact.chaos.faults import Fault, Kind, shuffled
from leadpact.chaos.proof import aside, clean, fenced, lacking, lasts, seen

ALL = dict.fromkeys(Kind, 1)


async def nothing() -> None:
    """A fault that breaks nothing."""


def test_whoever_saw_all_of_it_lacks_nothing() -> None:
    assert lacking(seen(ALL, 1)) == []
    assert lacking(seen({kind: 1 for kind in Kind if kind is not Kind.DISKS}, 1)) == [], "none can be mounted here"


@pytest.mark.parametrize("kind", Kind)
def test_a_kind_of_fault_that_never_came_is_named(kind: Kind) -> None:
    assert lacking(seen(ALL | {kind: 0}, 1)) == [f"no fault was one of {kind}"]


def test_what_our_own_code_failed_on_is_named() -> None:
    figures = {"parked keys": 0, "waiting records": 0, "dead letters": 0, "leads": 3}
    assert aside(figures) == []
    assert aside(figures | {"parked keys": 2, "waiting records": 5}) == ["2 parked keys", "5 waiting records"]


def test_whatever_is_wrong_a_run_is_not_clean() -> None:
    right = {"verify": {"clean": True}, "lacks": [], "ledger": [], "unhandled": 0, "set_aside": []}
    assert clean(right)
    wrong = {"verify": {"clean": False}, "lacks": ["x"], "ledger": ["x"], "unhandled": 1, "set_aside": ["x"]}
    assert [what for what in wrong if clean(right | {what: wrong[what]})] == []


def test_that_no_batch_was_fenced_is_named() -> None:
    assert lacking(seen(ALL, 0)) == ["no batch was fenced"]


@pytest.mark.parametrize(
    ("lack", "says"), [([], []), (["no batch was fenced"], ["it goes on: no batch was fenced yet"])]
)
async def test_a_run_goes_on_while_something_lacks_for_as_long_again_at_most(lack: list[str], says: list[str]) -> None:
    told: list[str] = []
    await lasts(0.05, lambda: lack, told.append)
    assert told == says


def test_fences_are_counted_from_what_processes_logged(tmp_path: Path) -> None:
    lines = [
        {"event": "left the slot", "error": "leadpact.kit.errors.Fenced"},
        {"event": "left the slot", "error": "leadpact.kit.errors.Unavailable"},
        {"event": "started"},
    ]
    for name in ("one.log", "two.log"):
        (tmp_path / name).write_text("\n".join([*map(json.dumps, lines), '{"event": "left the slot", "err']))
    assert fenced(tmp_path) == 2


@pytest.mark.parametrize("seed", range(20))
def test_a_row_begins_with_one_fault_of_each_kind_and_has_every_one_once(seed: int) -> None:
    of = {"a": Kind.SERVERS, "b": Kind.SERVERS, "c": Kind.DISKS, "d": Kind.NETWORK, "e": Kind.NETWORK}
    names = shuffled({name: Fault(kind, nothing) for name, kind in of.items()}, Random(seed))
    assert sorted(names) == sorted(of)
    assert {of[name] for name in names[:3]} == set(of.values())
