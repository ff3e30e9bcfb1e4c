"""What each program of an installation is told."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from leadpact.kit import roles
from leadpact.kit.errors import SettingsError
from leadpact.kit.settings import Settings, load
from leadpact.local import programs
from leadpact.local.services import SERVICES
from leadpact.local.state import State


def test_programs_are_told_by_environment_where_things_are_and_no_secret(tmp_path: Path) -> None:
    state = State(tmp_path)
    told = programs.settings(state, "127.0.0.1:9", "postgresql://owner:secret@127.0.0.1:5/postgres")
    variables = programs.environment(told)
    assert variables["LEADPACT_KAFKA"] == "127.0.0.1:9"
    assert variables["LEADPACT_POSTGRES"] == "postgresql://127.0.0.1:5/postgres"
    assert "secret" not in str(variables)
    assert state.master_key().read_text().strip() not in str(variables)
    assert "LEADPACT_CLOCK" not in variables
    assert variables["LEADPACT_MASTER_KEY_FILE"] == ""
    assert Settings.model_validate(told).master == bytes.fromhex(state.master_key().read_text())


def test_a_process_is_entrusted_with_its_own_secrets_and_no_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = State(tmp_path)
    monkeypatch.setenv("LEADPACT_MASTER_KEY_FILE", str(state.master_key()))  # as one may have typed before `up`
    told = programs.settings(state, "127.0.0.1:9", "postgresql://127.0.0.1:5/postgres")
    whole = Settings.model_validate(told)
    for service in SERVICES:
        program = programs.worker(service, 1)
        programs.entrust(program, state, whole)
        file = state.secrets(program.name)
        for name, value in {**programs.environment(told), "LEADPACT_SECRETS_FILE": str(file)}.items():
            monkeypatch.setenv(name, value)
        own = load(Settings)
        granted = {schema for schema in roles.SCHEMAS if _has(partial(own.dsn, schema))}
        assert granted == {service.schema} | ({"vault"} if service.name == "intake" else set())
        assert all(own.dsn(schema) == whole.dsn(schema) for schema in granted)
        assert _has(partial(getattr, own, "intake_key")) == (service.name == "intake")
        assert not _has(partial(getattr, own, "master"))
        assert file.stat().st_mode & 0o077 == 0
        assert state.master_key().read_text().strip() not in file.read_text()


def _has(secret: Callable[[], object]) -> bool:
    try:
        return bool(secret())
    except SettingsError:
        return False


def test_a_business_clock_that_was_shifted_is_everybodys(tmp_path: Path) -> None:
    state = State(tmp_path)
    state.clock.write_text("{}")
    assert programs.settings(state, "k", "postgresql://h/d")["clock"] == str(state.clock)


def test_workers_of_a_service_have_names_and_ports_of_their_own() -> None:
    first, second = (programs.worker(SERVICES[2], number) for number in (1, 2))
    assert (first.name, second.name) == ("sla-monitor-1", "sla-monitor-2")
    assert first.command[-3:] == ("leadpact.sla_monitor", "--role", "worker")
    assert first.url.endswith(f":{first.environment['LEADPACT_PORT']}")


def test_the_web_process_is_handed_the_socket_at_its_port() -> None:
    with programs.listening(0) as door:
        web, port = programs.web(door), door.getsockname()[1]
        assert web.url == f"http://127.0.0.1:{port}"
        assert web.handed == (door.fileno(),)
        listening = {"LEADPACT_PORT": str(port), "LEADPACT_LISTENING": str(door.fileno())}
        assert web.environment == {"LEADPACT_NAME": "web", **listening}
