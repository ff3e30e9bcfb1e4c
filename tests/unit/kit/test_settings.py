"""Settings come from the environment; what is wrong is named, and no secret is ever shown."""

from pathlib import Path

import pytest

from leadpact.kit.errors import SettingsError
from leadpact.kit.settings import Settings, load

KEY = "0f" * 32


class Special(Settings):
    """What a service adds."""

    max_batch: int = 500


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Give a complete environment for a test to spoil."""
    for name in ("STATE", "MASTER_KEY_FILE", "LOG_LEVEL", "TOPIC_PREFIX", "CLOCK", "MAX_BATCH"):
        monkeypatch.delenv(f"LEADPACT_{name}", raising=False)
    monkeypatch.setenv("LEADPACT_KAFKA", "127.0.0.1:9092")
    monkeypatch.setenv("LEADPACT_POSTGRES", "postgresql://leadpact:hunter2@127.0.0.1:5432/facts")
    monkeypatch.setenv("LEADPACT_MASTER_KEY", KEY)
    return monkeypatch


def test_a_service_adds_its_own_variables(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("LEADPACT_MAX_BATCH", "7")
    settings = load(Special)
    assert (settings.kafka, settings.max_batch, settings.master) == ("127.0.0.1:9092", 7, bytes.fromhex(KEY))


def test_a_service_connects_as_its_own_role() -> None:
    settings = load(Settings)
    assert settings.dsn("intake").startswith("postgresql://facts_intake:")
    assert settings.dsn("intake").endswith("@127.0.0.1:5432/facts")
    assert "hunter2" not in settings.dsn("intake")
    assert settings.dsn("intake") != settings.dsn("vault")


def test_every_missing_variable_is_named(environment: pytest.MonkeyPatch) -> None:
    environment.delenv("LEADPACT_KAFKA")
    environment.delenv("LEADPACT_POSTGRES")
    with pytest.raises(SettingsError, match=r"LEADPACT_KAFKA: .*; LEADPACT_POSTGRES: "):
        load(Settings)


@pytest.mark.parametrize("key", ["abc", "zz" * 32, "0f" * 31])
def test_a_broken_master_key_is_named_and_not_shown(environment: pytest.MonkeyPatch, key: str) -> None:
    environment.setenv("LEADPACT_MASTER_KEY", key)
    with pytest.raises(SettingsError, match=r"^LEADPACT_MASTER_KEY: .*64 hexadecimal digits") as caught:
        load(Settings)
    assert key not in str(caught.value)


def test_the_master_key_may_be_a_file(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "master"
    file.write_text(KEY + "\n")
    environment.delenv("LEADPACT_MASTER_KEY")
    environment.setenv("LEADPACT_MASTER_KEY_FILE", str(file))
    assert load(Settings).master == bytes.fromhex(KEY)


def test_a_key_and_a_file_are_one_too_many_and_none_is_too_few(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "master"
    file.write_text(KEY)
    environment.setenv("LEADPACT_MASTER_KEY_FILE", str(file))
    with pytest.raises(SettingsError, match="set one of LEADPACT_MASTER_KEY and LEADPACT_MASTER_KEY_FILE"):
        load(Settings)
    environment.delenv("LEADPACT_MASTER_KEY")
    environment.delenv("LEADPACT_MASTER_KEY_FILE")
    with pytest.raises(SettingsError, match="set one of LEADPACT_MASTER_KEY and LEADPACT_MASTER_KEY_FILE"):
        load(Settings)


def test_a_missing_key_file_is_named(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    environment.delenv("LEADPACT_MASTER_KEY")
    environment.setenv("LEADPACT_MASTER_KEY_FILE", str(tmp_path / "nowhere"))
    with pytest.raises(SettingsError, match=r"LEADPACT_MASTER_KEY_FILE: .*nowhere cannot be read"):
        load(Settings)


def test_settings_never_print_their_secrets() -> None:
    shown = repr(load(Settings))
    assert KEY not in shown
    assert "hunter2" not in shown
