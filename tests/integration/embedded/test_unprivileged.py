"""As root, PostgreSQL runs as nobody from places that only root can prepare."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest

from leadpact.embedded import postgres, unprivileged
from leadpact.embedded.errors import StartError

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root has to become somebody else")


@pytest.fixture
def shared(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="leadpact-shared-"))
    folder.chmod(0o755)
    monkeypatch.setattr(unprivileged, "_SHARED", folder)
    monkeypatch.setattr(unprivileged, "_reachable", lambda _: False)
    yield folder
    shutil.rmtree(folder)


def test_programs_and_data_move_to_where_nobody_can_reach_them(shared: Path, tmp_path: Path) -> None:
    server = postgres.start(tmp_path)
    program = psutil.Process(server.process.pid).children()[0]
    assert program.username() == "nobody"
    assert program.gids().real != 0
    assert Path(program.exe()).is_relative_to(shared)
    assert not (tmp_path / "postgres").exists()
    server.stop()
    postgres.remove(tmp_path)
    assert [one.name for one in shared.iterdir()] == ["leadpact-programs"]
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_others_can_change_is_not_trusted(shared: Path, tmp_path: Path) -> None:
    planted = shared / "leadpact-programs"
    planted.mkdir()
    planted.chmod(0o777)
    with pytest.raises(StartError, match="not a folder that only root can change"):
        postgres.start(tmp_path)


def test_a_folder_of_somebody_else_is_not_trusted(shared: Path, tmp_path: Path) -> None:
    planted = shared / "leadpact-programs"
    planted.mkdir(mode=0o755)
    os.chown(planted, unprivileged.identity()["user"], 0)
    with pytest.raises(StartError, match="not a folder that only root can change"):
        postgres.start(tmp_path)
