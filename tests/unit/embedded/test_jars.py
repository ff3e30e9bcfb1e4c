"""The jar cache: only the pinned bytes get in, whatever was there before."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest

from leadpact.embedded import jars as subject
from leadpact.embedded.errors import FetchError

if TYPE_CHECKING:
    from pathlib import Path

COORDINATES = "org.example:tool:1.0"
GOOD = b"good bytes"
PIN = {COORDINATES: hashlib.sha256(GOOD).hexdigest()}


class _Repository:
    """Stands in for jgo's remote side: writes what it is told to where jgo would."""

    def __init__(self, served: list[bytes]) -> None:
        self.served = served
        self.asked = 0

    def download(self, artifact: object) -> Path:
        self.asked += 1
        path: Path = artifact.cached_path  # type: ignore[attr-defined]  # jgo has no types
        path.parent.mkdir(parents=True)
        path.write_bytes(self.served.pop(0))
        return path


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    served: list[bytes] = []
    repository = _Repository(served)
    monkeypatch.setattr("jgo.maven._resolver.PythonResolver", lambda: repository)
    return served


def test_a_fetched_jar_is_kept_and_not_fetched_again(tmp_path: Path, serve: list[bytes]) -> None:
    serve.append(GOOD)
    said: list[str] = []
    first = subject.jars(tmp_path, PIN, lambda what, _: said.append(what))
    assert said == ["Kafka's jars"]
    again = subject.jars(tmp_path, PIN, lambda what, _: said.append(what))
    assert first == again
    assert len(said) == 1, "nothing was fetched"
    assert first[0].read_bytes() == GOOD


def test_a_wrong_jar_never_reaches_the_cache(tmp_path: Path, serve: list[bytes]) -> None:
    serve.extend([b"evil"] * 3)
    with pytest.raises(FetchError, match=r"org\.example:tool:1\.0.*SHA-256"):
        subject.jars(tmp_path, PIN)
    assert list((tmp_path / "jars").iterdir()) == []


def test_a_damaged_jar_in_the_cache_is_replaced(tmp_path: Path, serve: list[bytes]) -> None:
    (tmp_path / "jars").mkdir()
    (tmp_path / "jars" / "tool-1.0.jar").write_bytes(GOOD[:4])
    serve.append(GOOD)
    assert subject.jars(tmp_path, PIN)[0].read_bytes() == GOOD


def test_a_cut_download_is_tried_again(tmp_path: Path, serve: list[bytes]) -> None:
    serve.extend([GOOD[:3], GOOD])
    assert subject.jars(tmp_path, PIN)[0].read_bytes() == GOOD


def test_the_lock_pins_kafka_with_every_dependency() -> None:
    lock = subject.pinned()
    assert "org.apache.kafka:kafka_2.13:4.4.0" in lock
    assert {len(sha) for sha in lock.values()} == {64}
