"""The command imports the verb that is asked for and no other."""

import subprocess
import sys
from importlib import import_module
from importlib.metadata import entry_points

import pytest
import typer
from typer.testing import CliRunner

from leadpact.local.cli import VERBS, command

HEAVY = "leadpact.local.services"


def test_every_verb_is_listed_with_its_sentence() -> None:
    shown = CliRunner().invoke(command(["--help"]), ["--help"], env={"COLUMNS": "200"})
    assert shown.exit_code == 0
    for name, (_, says) in VERBS.items():
        assert f" {name} " in shown.output and says in shown.output
    assert all(f" {point.name} " in shown.output for point in entry_points(group="leadpact.commands"))


@pytest.mark.parametrize("name", VERBS)
def test_what_the_list_says_is_how_the_verb_describes_itself(name: str) -> None:
    where, says = VERBS[name]
    module, _, attribute = where.partition(":")
    verb = getattr(import_module(module), attribute)
    described = verb.info.help if isinstance(verb, typer.Typer) else verb.__doc__
    assert str(described).startswith(says.removesuffix("."))


@pytest.mark.parametrize("name", [*VERBS, *(point.name for point in entry_points(group="leadpact.commands"))])
def test_every_verb_explains_itself(name: str) -> None:
    assert CliRunner().invoke(command([name]), [name, "--help"]).exit_code == 0


@pytest.mark.parametrize("words", [["--help"], ["status"], ["down"], ["logs"], ["demo", "--speed", "0"]])
def test_asking_for_little_loads_no_service(words: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: str) -> None:
    monkeypatch.setenv("LEADPACT_STATE", f"{tmp_path}/none")
    code = f"""
import sys
from leadpact.local.cli import main
sys.argv = ["leadpact", *{words}]
try:
    main()
except SystemExit:
    pass
sys.exit({HEAVY!r} in sys.modules)
"""
    assert subprocess.run([sys.executable, "-c", code], check=False, capture_output=True).returncode == 0


def test_a_verb_that_nobody_has_is_misuse() -> None:
    assert CliRunner().invoke(command(["nothing"]), ["nothing"]).exit_code == 2
