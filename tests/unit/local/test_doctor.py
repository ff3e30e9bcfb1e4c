"""The doctor looks again at what moves, for some seconds, before it calls it wrong."""

from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from leadpact.local import doctor
from leadpact.local.finding import Finding
from leadpact.local.state import State

Look = Callable[[State], Awaitable[list[Finding]]]

READY = Finding("web", well=True, says="ready")
STARTING = Finding("web", well=False, says="no contact with the database yet", moving=True)
HELD = Finding("quarantine and spool", well=False, says="1 items wait in quarantine")


def looking(*times: list[Finding]) -> tuple[Look, list[int]]:
    """Looks that find this one after the other, the last again and again, and how many there were."""
    looks: list[int] = []
    left: Iterator[list[Finding]] = iter(times)

    async def look(_: State) -> list[Finding]:
        looks.append(len(looks))
        return next(left, times[-1])

    return look, looks


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_PATIENCE", 0.2)
    monkeypatch.setattr(doctor, "_LOOK_AGAIN", 0.01)


async def test_what_only_starts_is_not_called_bad(tmp_path: Path) -> None:
    look, looks = looking([STARTING], [STARTING, READY], [READY])
    assert await doctor.settled(State(tmp_path), look) == [READY]
    assert len(looks) == 3


async def test_what_goes_on_being_wrong_is_said_after_some_seconds(tmp_path: Path) -> None:
    look, looks = looking([STARTING])
    assert await doctor.settled(State(tmp_path), look) == [STARTING]
    assert len(looks) > 2


async def test_what_does_not_pass_by_itself_is_said_at_once(tmp_path: Path) -> None:
    look, looks = looking([READY, HELD])
    assert await doctor.settled(State(tmp_path), look) == [READY, HELD]
    assert len(looks) == 1


@pytest.mark.parametrize(
    ("row", "well", "moving"),
    [({"held": 0, "spooled": 3}, False, True), ({"held": 1, "spooled": 3}, False, False)],
    ids=["the spool empties by itself", "quarantine does not"],
)
def test_of_several_counts_those_that_wait_for_a_person_decide(
    row: dict[str, int], *, well: bool, moving: bool
) -> None:
    found = doctor.counted("quarantine and spool", row, doctor.OF_INTAKE)
    assert (found.well, found.moving) == (well, moving)
