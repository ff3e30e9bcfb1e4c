"""`leadpact rebuild`: what it says of what it cannot do."""

from pathlib import Path

import pytest

from tests.unit.local.asked import run


def test_what_is_no_service_is_misuse() -> None:
    done = run("rebuild", "billing")
    assert done.exit_code == 2 and "is none of" in " ".join(done.stderr.replace("│", " ").split())


def test_without_an_installation_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEADPACT_STATE", str(tmp_path))
    assert "leadpact up" in str(run("rebuild", "qualifier").exception)
