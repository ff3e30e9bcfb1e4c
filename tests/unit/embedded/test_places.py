"""The cache is found wherever we may write, and a free port really is free."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest

from leadpact.embedded.places import CACHE_VARIABLE, cache, free_port, scratch

if TYPE_CHECKING:
    from pathlib import Path


def test_the_cache_is_where_the_environment_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "named"))
    assert cache(tmp_path / "state") == tmp_path / "named"
    assert (tmp_path / "named").is_dir()


def test_the_cache_is_shared_in_the_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(CACHE_VARIABLE, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache(tmp_path / "state") == tmp_path / ".cache" / "leadpact"


def test_without_a_home_the_cache_is_in_the_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(CACHE_VARIABLE, raising=False)
    monkeypatch.setenv("HOME", "/dev/null")
    assert cache(tmp_path / "state") == tmp_path / "state" / "cache"
    assert (tmp_path / "state" / "cache").is_dir()


def test_scratch_goes_away_whatever_happens(tmp_path: Path) -> None:
    def interrupted() -> None:
        with scratch(tmp_path / "jar") as place:
            (place / "half").write_bytes(b"x")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert list(tmp_path.iterdir()) == []


def test_a_wished_port_is_given_while_it_is_free() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        taken = server.getsockname()[1]
        assert free_port(taken) != taken
    assert free_port(taken) == taken


def test_no_port_is_given_twice_though_nobody_took_it_yet() -> None:
    assert len({free_port() for _ in range(1_000)}) == 1_000
