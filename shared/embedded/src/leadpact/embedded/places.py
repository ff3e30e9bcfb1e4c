"""Where downloaded and relocated things live: one cache for all state directories of a user."""

from __future__ import annotations

import os
import shutil
import socket
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

CACHE_VARIABLE = "LEADPACT_CACHE"
_given: set[int] = set()


def cache(state: Path) -> Path:
    """The cache directory, made: $LEADPACT_CACHE, else ~/.cache/leadpact, else inside the state directory."""
    named = os.environ.get(CACHE_VARIABLE)
    chosen = Path(named) if named else _home_cache() or state / "cache"
    chosen.mkdir(parents=True, exist_ok=True)
    return chosen


def _home_cache() -> Path | None:
    """None where the home is unknown, missing or not ours to write to."""
    try:
        chosen = Path.home() / ".cache" / "leadpact"
        chosen.mkdir(parents=True, exist_ok=True)
    except (OSError, RuntimeError):
        return None
    return chosen if os.access(chosen, os.W_OK) else None


@contextmanager
def scratch(beside: Path) -> Iterator[Path]:
    """A directory on the same file system as `beside`, so that what is made in it can be moved there in one step."""
    beside.parent.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(prefix=f".{beside.name}-", dir=beside.parent))
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


def free_port(wish: int = 0) -> int:
    """`wish` if nobody listens there, else a port that is free now (on 127.0.0.1), and another one each time.

    The system gives a port again as soon as nobody holds it, and whoever asks for two binds them later.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", wish))
        except OSError:
            return free_port()
        port = int(probe.getsockname()[1])
        if port in _given and port != wish:
            return free_port()
        _given.add(port)
        return port
