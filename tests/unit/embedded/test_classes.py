"""The broker's class archive is made once, by one process, and a JVM that wrote none is not asked again."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from leadpact.embedded import classes

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pytest


def _written(options: Sequence[str]) -> Path:
    return Path(next(option for option in options if "ArchiveClassesAtExit" in option).partition("=")[2])


def test_two_at_once_wait_for_one_archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(classes, "_dump", Path.touch)
    lessons: list[Path] = []
    said: list[str] = []

    def learn(home: Path, options: Sequence[str]) -> None:
        lessons.append(home)
        _written(options).write_bytes(b"classes")

    def say(what: str, _: float) -> None:
        said.append(what)

    with ThreadPoolExecutor(2) as pool:
        made = set(pool.map(lambda _: classes.archive(tmp_path, "a.jar:b.jar", learn, say), range(2)))
    assert len(lessons) == 1
    assert said == ["Kafka's classes"], "by who made it"
    assert [path.read_bytes() for path in made] == [b"classes"]
    assert not lessons[0].exists(), "what was needed to learn is gone"
    assert classes.archive(tmp_path, "a.jar:c.jar", learn) not in made, "other jars, another archive"


def test_a_jvm_that_writes_none_is_not_asked_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(classes, "_dump", Path.touch)
    lessons: list[Path] = []
    for _ in range(2):
        assert classes.archive(tmp_path, "a.jar", lambda home, _: lessons.append(home)).read_bytes() == b""
    assert len(lessons) == 1
