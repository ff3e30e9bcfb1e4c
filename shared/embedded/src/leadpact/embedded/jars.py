"""Kafka's jars, pinned by SHA-256: fetched by jgo into a cache that a killed download cannot poison."""

from __future__ import annotations

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from importlib.resources import files
from typing import TYPE_CHECKING

from leadpact.embedded.errors import FetchError
from leadpact.embedded.places import scratch

if TYPE_CHECKING:
    from pathlib import Path

THREADS = 8
_TRIES = 3


def pinned() -> dict[str, str]:
    """Every jar of the class path: `group:artifact:version` → SHA-256 in hex."""
    lock: dict[str, str] = json.loads(files("leadpact.embedded").joinpath("jars.lock.json").read_text())
    return lock


def jars(cache: Path, wanted: dict[str, str] | None = None) -> list[Path]:
    """All pinned jars, fetched where missing and each checked; raises `FetchError`, leaving only good files behind."""
    folder = cache / "jars"
    folder.mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(partial(_jar, folder), *zip(*(wanted or pinned()).items(), strict=True)))


def _jar(folder: Path, coordinates: str, sha256: str) -> Path:
    _, artifact, version = coordinates.split(":")
    path = folder / f"{artifact}-{version}.jar"
    if not path.exists() or _sha256(path) != sha256:
        with scratch(path) as place:
            _fetch(coordinates, sha256, place).replace(path)
    return path


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
