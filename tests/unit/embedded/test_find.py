"""Infrastructure is found in one order: environment, embedded, container; and every failure says why."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, NoReturn

import pytest

from leadpact.embedded import containers, kafka, postgres
from leadpact.embedded.errors import MissingError, StartError, UnreachableError
from leadpact.embedded.find import KAFKA_VARIABLE, POSTGRES_VARIABLE, infrastructure

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

Patch = pytest.MonkeyPatch


class _Machine:
    """A machine on which nothing works until a test says so; counts what was stopped."""

    def __init__(self, patch: Patch) -> None:
        self.patch = patch
        self.stopped: list[str] = []
        for variable in (KAFKA_VARIABLE, POSTGRES_VARIABLE):
            patch.delenv(variable, raising=False)
        for module in (kafka, postgres):
            patch.setattr(module, "answers", lambda address: address.startswith("good"))
            patch.setattr(module, "start", self._fail("no wheel"))
        for name in ("kafka", "postgres"):
            patch.setattr(containers, name, self._fail("no engine"))

    def embed(self) -> None:
        broker = SimpleNamespace(bootstrap="own:1", stop=self._stop("kafka"))
        server = SimpleNamespace(dsn="pg://u@own:2", stop=self._stop("postgres"))
        self.patch.setattr(kafka, "start", lambda _, **__: broker)
        self.patch.setattr(postgres, "start", lambda _: server)

    def contain(self) -> None:
        self.patch.setattr(containers, "kafka", lambda: ("box-kafka", self._stop("kafka")))
        self.patch.setattr(containers, "postgres", lambda: ("box-postgres", self._stop("postgres")))

    def _stop(self, name: str) -> Callable[[], None]:
        return lambda: self.stopped.append(name)

    @staticmethod
    def _fail(why: str) -> Callable[..., NoReturn]:
        def fail(*_: object, **__: object) -> NoReturn:
            raise StartError(why)

        return fail


@pytest.fixture
def machine(monkeypatch: Patch) -> _Machine:
    return _Machine(monkeypatch)


def test_addresses_in_the_environment_come_first(machine: _Machine, monkeypatch: Patch, tmp_path: Path) -> None:
    machine.embed()
    monkeypatch.setenv(KAFKA_VARIABLE, "good:9092")
    monkeypatch.setenv(POSTGRES_VARIABLE, "good://db")
    with infrastructure(tmp_path) as found:
        assert (found.bootstrap, found.dsn) == ("good:9092", "good://db")
        assert found.how == "Kafka: from LEADPACT_KAFKA; PostgreSQL: from LEADPACT_POSTGRES"
    assert machine.stopped == []


def test_embedded_comes_before_containers_and_is_stopped(machine: _Machine, tmp_path: Path) -> None:
    machine.embed()
    machine.contain()
    with infrastructure(tmp_path) as found:
        assert (found.bootstrap, found.dsn) == ("own:1", "pg://u@own:2")
        assert machine.stopped == []
    assert sorted(machine.stopped) == ["kafka", "postgres"]


def test_containers_are_the_last_resort(machine: _Machine, tmp_path: Path) -> None:
    machine.contain()
    with infrastructure(tmp_path) as found:
        assert (found.bootstrap, found.dsn) == ("box-kafka", "box-postgres")
    assert sorted(machine.stopped) == ["kafka", "postgres"]


def test_a_silent_address_is_an_error_not_a_reason_to_look_elsewhere(
    machine: _Machine, monkeypatch: Patch, tmp_path: Path
) -> None:
    machine.embed()
    monkeypatch.setenv(POSTGRES_VARIABLE, "bad://db")
    with pytest.raises(UnreachableError, match=POSTGRES_VARIABLE), infrastructure(tmp_path):
        pass
    assert machine.stopped == ["kafka"]


def test_what_is_missing_is_told_with_every_reason(machine: _Machine, tmp_path: Path) -> None:
    reasons = r"no Kafka was found(.|\n)*no wheel(.|\n)*no engine"
    with pytest.raises(MissingError, match=reasons), infrastructure(tmp_path):
        pass
    assert machine.stopped == []
