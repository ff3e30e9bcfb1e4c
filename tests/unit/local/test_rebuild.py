"""`leadpact rebuild`: what it says of what it cannot do."""

from pathlib import Path

import pytest

from tests.unit.local.asked import run


@pytest.mark.parametrize(("service", "says"), [("intake", "keeps nothing"), ("billing", "is none of")])
def test_what_cannot_be_rebuilt_is_misuse(service: str, says: str) -> None:
    done = run("rebuild", service)
    assert done.exit_code == 2 and says in " ".join(done.stderr.replace("│", " ").split())


def test_without_an_installation_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEADPACT_STATE", str(tmp_path))
    assert "leadpact up" in str(run("rebuild", "qualifier").exception)
