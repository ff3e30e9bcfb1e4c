"""The committed schemas are those of the code, and no change gets past them unnoticed."""

from collections.abc import Iterator
from pathlib import Path
from typing import cast

import msgspec
import pytest

from leadpact.contracts import registry
from leadpact.contracts.registry import Event, event, upcaster
from leadpact.contracts.schema import broken, committed, current, main, stale, write


@pytest.fixture
def planting(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let a test declare events of its own; afterwards they never were."""
    for table in ("BY_NAME", "BY_KIND", "UPCASTERS", "_DECODERS"):
        monkeypatch.setattr(registry, table, dict(getattr(registry, table)))
    monkeypatch.setattr("leadpact.contracts.schema.BY_NAME", registry.BY_NAME)
    monkeypatch.setattr("leadpact.contracts.schema.UPCASTERS", registry.UPCASTERS)
    return iter(())


def plant(*fields: tuple[str, type] | tuple[str, type, object], version: int = 1) -> None:
    """Declare `test.planted` with these fields."""
    kind = msgspec.defstruct("Planted", fields, bases=(Event,), frozen=True, kw_only=True)
    event("test.planted", version=version)(cast("type[Event]", kind))


def test_the_committed_schemas_are_current() -> None:
    assert stale(committed(), current()) == [], "run python -m leadpact.contracts.schema --write"


def test_everything_written_by_a_committed_schema_can_be_read() -> None:
    assert list(broken(committed(), current())) == []


def test_each_event_and_the_envelope_have_a_schema() -> None:
    names = {f"{declared.name}.v{declared.version}" for declared in registry.BY_NAME.values()}
    assert committed().keys() >= names | {"envelope.v1"}


@pytest.mark.usefixtures("planting")
def test_a_new_field_with_a_default_rewrites_the_file(tmp_path: Path) -> None:
    plant(("name", str))
    write(tmp_path)
    plant(("name", str), ("note", str, ""))
    assert write(tmp_path) == ["test.planted.v1"]
    assert stale(committed(tmp_path), current()) == []


@pytest.mark.usefixtures("planting")
def test_a_breaking_change_is_refused_and_the_file_stays(tmp_path: Path) -> None:
    plant(("name", str))
    write(tmp_path)
    before = (tmp_path / "test.planted.v1.json").read_bytes()
    plant(("title", str))
    with pytest.raises(ValueError, match=r"test\.planted\.v1: data\.name: was removed or renamed"):
        write(tmp_path)
    assert (tmp_path / "test.planted.v1.json").read_bytes() == before


@pytest.mark.usefixtures("planting")
def test_a_new_version_needs_an_upcaster_and_leaves_the_old_file_alone(tmp_path: Path) -> None:
    plant(("name", str))
    write(tmp_path)
    before = (tmp_path / "test.planted.v1.json").read_bytes()
    plant(("title", str), version=2)
    with pytest.raises(ValueError, match=r"test\.planted\.v1: no upcaster"):
        write(tmp_path)
    upcaster("test.planted", 1)(lambda data: {"title": data["name"]})
    assert write(tmp_path) == ["test.planted.v2"]
    assert (tmp_path / "test.planted.v1.json").read_bytes() == before


@pytest.mark.usefixtures("planting")
def test_an_event_that_nobody_declares_any_more_is_noticed(tmp_path: Path) -> None:
    plant(("name", str))
    write(tmp_path)
    del registry.BY_NAME["test.planted"]
    assert list(broken(committed(tmp_path), current())) == ["test.planted.v1: nobody declares this event any more"]


@pytest.mark.usefixtures("planting")
def test_the_command_says_what_is_to_be_done(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    plant(("name", str))
    assert main([]) == 1
    assert "test.planted.v1: not current" in capsys.readouterr().out
