"""Every worker is killed with -9 before one of its commits and after another while the story runs; it comes out right.

An environment that changes gives each next life of a worker another failpoint, the third one none.
"""

import asyncio
from collections import defaultdict
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from leadpact.demo.check import check
from leadpact.demo.script import Cue, cues
from leadpact.demo.stage import Times, Wanted
from leadpact.demo.story import load
from leadpact.kit.service import Service
from leadpact.local import programs
from leadpact.local.errors import NotUp
from leadpact.local.programs import Program
from leadpact.local.state import State

VARIABLE = "LEADPACT_FAILPOINT"
WORKERS = ("intake-1", "qualifier-1", "sla-monitor-1", "reporting-1")
POINTS = ("before_commit", "after_commit")
FIRST_CUE, CUES_APART = 5, 9


class Lives:
    """The workers' lives: which process each had, and how much of the story was told when it was found dead.

    Each life waits for a file that appears behind a cue of its own, and dies at its second commit after that.
    """

    def __init__(self, state: State, arms: Path) -> None:
        self.told = 0
        self.deaths: defaultdict[str, list[int]] = defaultdict(list)
        self._state = state
        self._arms = arms
        self._environments: dict[str, dict[str, str]] = {}
        self._pids: dict[str, int] = {}
        lives = [(name, life) for life in range(len(POINTS)) for name in WORKERS]
        self._at_cue = {FIRST_CUE + CUES_APART * n: self._arm(*each) for n, each in enumerate(lives)}

    def worker(self, service: Service[Any], number: int, _: tuple[str, ...]) -> Program:
        """The program of a worker, with a failpoint for its first life."""
        program = _WORKER(service, number, ("leadpact.chaos.armed",))
        self._environments[program.name] = environment = {
            **program.environment,
            VARIABLE: self._failpoint(program.name, 0),
        }
        return replace(program, environment=environment)

    def tell(self, cue: Cue) -> None:
        """Hear that the story goes on."""
        del cue
        self.told += 1
        if (arm := self._at_cue.get(self.told)) is not None:
            arm.touch()

    def _arm(self, name: str, life: int) -> Path:
        return self._arms / f"{name}.{life}"

    def _failpoint(self, name: str, life: int) -> str:
        return f"{POINTS[life]}:2@{self._arm(name, life)}"

    async def watch(self) -> None:
        """Look for new lives, and prepare those that come after them."""
        while True:
            await asyncio.sleep(0.1)
            try:
                processes = self._state.running().processes
            except (NotUp, FileNotFoundError):
                continue
            for process in processes:
                if process.name in WORKERS and self._pids.get(process.name) != process.pid:
                    self._born(process.name, process.pid)

    def _born(self, name: str, pid: int) -> None:
        if name in self._pids:
            self.deaths[name].append(self.told)
        self._pids[name] = pid
        environment, lived = self._environments[name], len(self.deaths[name])
        environment.pop(VARIABLE, None)
        if lived + 1 < len(POINTS):
            environment[VARIABLE] = self._failpoint(name, lived + 1)


_WORKER = programs.worker


@pytest.mark.timeout(600)
async def test_killed_before_and_after_a_commit_the_story_comes_out_right(
    state: State, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given workers that die, when the story is played, then it agrees, and all of them died twice within it."""
    lives = Lives(state, tmp_path)
    monkeypatch.setattr(programs, "worker", lives.worker)
    watching = asyncio.create_task(lives.watch())
    try:
        result = await check(state, Wanted(load(), seed=7, days=2), Times(lambda *_: None), lives.tell)
    finally:
        watching.cancel()
    assert result["differences"] == []
    assert set(lives.deaths) == set(WORKERS)
    whole = len(cues(load()))
    for name, told in lives.deaths.items():
        assert len(told) == len(POINTS), (name, told)
        assert all(0 < cue < whole for cue in told), f"{name} died outside the story: {told} of {whole}"
