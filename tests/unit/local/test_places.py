"""A place that cannot hold an installation, or holds another one, is said in one sentence."""

import json
import sys
from pathlib import Path

import pytest

from leadpact.embedded.find import KAFKA_VARIABLE, POSTGRES_VARIABLE
from leadpact.local import cli, programs, runner
from leadpact.local.errors import NotUp, PortTaken, Unusable
from leadpact.local.state import VARIABLE, State

Output = pytest.CaptureFixture[str]


def main(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    """The exit code of the whole command."""
    monkeypatch.setattr(sys, "argv", ["leadpact", *words])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    return int(str(ended.value.code))


@pytest.mark.parametrize("place", ["file", "file/deeper", "/proc/nope"])
@pytest.mark.parametrize("verb", ["up", "status", "doctor", "down"])
def test_a_place_that_is_none_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: Output, place: str, verb: str
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv(VARIABLE, str(tmp_path / place))
    if (verb, place) == ("down", "/proc/nope"):
        return  # nothing runs there, which is well
    assert main(monkeypatch, verb) == (1 if place == "/proc/nope" else 2)
    said = capsys.readouterr()
    assert "Traceback" not in said.err
    assert str(tmp_path / place) in said.err or place in said.err + said.out
    assert len(said.err.splitlines()) <= 1


def test_a_place_that_is_not_ours_is_one_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def denied(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", denied)
    with pytest.raises(Unusable, match="may not read and write"):
        State(tmp_path).running()
    with pytest.raises(Unusable, match="may not read and write"), State(tmp_path).held():
        pass


@pytest.mark.parametrize("variable", [KAFKA_VARIABLE, POSTGRES_VARIABLE])
@pytest.mark.parametrize("address", ["nonsense", "a:b:c", "127.0.0.1:99999"])
def test_an_address_that_is_none_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: Output, variable: str, address: str
) -> None:
    class Embedded:
        """Stands for the part that is not asked for."""

        bootstrap = dsn = "127.0.0.1:1"

        def stop(self) -> None:
            """Nothing to stop."""

    for part in ("kafka", "postgres"):
        monkeypatch.setattr(f"leadpact.embedded.{part}.start", lambda *_, **__: Embedded())
    for each in (KAFKA_VARIABLE, POSTGRES_VARIABLE):
        monkeypatch.delenv(each, raising=False)
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    monkeypatch.setenv(variable, address)
    assert main(monkeypatch, "up") == 1
    (said,) = capsys.readouterr().err.splitlines()
    assert variable in said and "answers there" in said


async def test_a_port_that_is_taken_is_refused_before_anything_starts(
    tmp_path: Path,
) -> None:
    with programs.listening(0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PortTaken, match=f"port {port} is taken"):
            async with runner.running(State(tmp_path), runner.Options(port=port), lambda *_: None):
                pass
    assert State(tmp_path).runner() is None


def test_what_runs_in_a_directory_in_here_is_named(tmp_path: Path) -> None:
    with State(tmp_path / "demo").held(), pytest.raises(NotUp) as nothing:
        State(tmp_path).running()
    assert f"{VARIABLE}={tmp_path / 'demo'}" in str(nothing.value)
    with pytest.raises(NotUp) as nothing:
        State(tmp_path).running()
    assert VARIABLE not in str(nothing.value)


def test_programs_are_told_that_nothing_runs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: Output) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    assert main(monkeypatch, "status", "--json") == 1
    assert json.loads(capsys.readouterr().out) == {"running": False, "state": str(tmp_path)}


def test_the_doctor_says_what_to_do_once_and_only_about_what_is_not_well(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: Output
) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    monkeypatch.setattr("leadpact.local.doctor._ENOUGH", 0)
    assert main(monkeypatch, "doctor", "--json") == 1
    disk, nothing = json.loads(capsys.readouterr().out)
    assert disk["well"] and "do" not in disk
    assert nothing["says"] == f"nothing runs in {tmp_path}" and "leadpact up" in nothing["do"]
