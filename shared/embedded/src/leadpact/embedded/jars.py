"""Kafka's jars, pinned by SHA-256: fetched by jgo into a cache that a killed download cannot poison."""

from __future__ import annotations

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from importlib.resources import files
from typing import TYPE_CHECKING, NamedTuple

from leadpact.embedded.errors import FetchError
from leadpact.embedded.places import scratch
from leadpact.embedded.saying import quietly, timed

if TYPE_CHECKING:
    from pathlib import Path

    from leadpact.embedded.saying import Say

THREADS = 8
_TRIES = 3


def pinned() -> dict[str, str]:
    """Every jar of the class path: `group:artifact:version` → SHA-256 in hex."""
    lock: dict[str, str] = json.loads(files("leadpact.embedded").joinpath("jars.lock.json").read_text())
    return lock


def jars(cache: Path, wanted: dict[str, str] | None = None, say: Say = quietly) -> list[Path]:
    """All pinned jars, each checked; what is missing is fetched, which is said.

    Raises `FetchError`, leaving only good files behind.
    """
    folder = cache / "jars"
    folder.mkdir(parents=True, exist_ok=True)
    pins = [_Pin(folder, *each) for each in (wanted or pinned()).items()]
    with ThreadPoolExecutor(THREADS) as pool:
        if missing := [pin for pin, good in zip(pins, pool.map(_Pin.is_there, pins), strict=True) if not good]:
            with timed(say, "Kafka's jars"):
                list(pool.map(_Pin.fetch, missing))
    return [pin.path for pin in pins]


class _Pin(NamedTuple):
    """A jar that the class path wants."""

    folder: Path
    coordinates: str
    sha256: str

    @property
    def path(self) -> Path:
        _, artifact, version = self.coordinates.split(":")
        return self.folder / f"{artifact}-{version}.jar"

    def is_there(self) -> bool:
        return self.path.exists() and _sha256(self.path) == self.sha256

    def fetch(self) -> None:
        with scratch(self.path) as place:
            _fetch(self.coordinates, self.sha256, place).replace(self.path)


def _fetch(coordinates: str, sha256: str, place: Path) -> Path:
    from jgo.maven import MavenContext  # noqa: PLC0415 - slow to import, and only a cold cache needs it

    group, artifact, version = coordinates.split(":")
    failures = []
    for attempt in range(_TRIES):
        context = MavenContext(repo_cache=place / str(attempt), timeout=30)
        try:
            fetched = context.project(group, artifact).at_version(version).artifact().resolve()
        except (OSError, RuntimeError) as error:  # requests' errors are OSErrors
            failures.append(str(error))
        else:
            if (got := _sha256(fetched)) == sha256:
                return fetched
            failures.append(f"its SHA-256 is {got} instead of {sha256}")
    message = f"{coordinates} could not be fetched from Maven Central: {failures[-1]}. Check the network and run again."
    raise FetchError(message)


def _sha256(path: Path) -> str:
    with path.open("rb") as jar:
        return hashlib.file_digest(jar, "sha256").hexdigest()
