"""Others who count: Quix Streams and faust-streaming, in an environment of their own, from the package index."""

import subprocess
import sys
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path

from leadpact.contracts.topics import LEADS, QUALIFICATION
from leadpact.local.errors import LocalError

_HERE = files("leadpact.local.bench") / "rivals"


@dataclass(frozen=True, slots=True)
class Rival:
    """One of them; `events` are as many as it counts in about twenty seconds."""

    name: str
    events: int

    def command(self, python: Path, bootstrap: str, prefix: str, folder: Path) -> list[str]:
        """How to run it on the topics of that prefix, with its files in a folder."""
        script = _HERE / f"{self.name}_count.py"
        topics = (f"{prefix}{topic.name}" for topic in (LEADS, QUALIFICATION))
        return [str(python), str(script), bootstrap, *topics, str(folder)]


RIVALS = (Rival("quix", 120_000), Rival("faust", 20_000))


def environment(folder: Path) -> Path:
    """Install them by their lock; gives their interpreter. Raises `LocalError`."""
    made = folder / "rivals"
    python = made / "bin" / "python"
    with as_file(_HERE / "requirements.txt") as lock:
        _uv("venv", "--quiet", "--python", sys.executable, str(made))
        _uv("pip", "install", "--quiet", "--python", str(python), "--require-hashes", "-r", str(lock))
    return python


def _uv(*words: str) -> None:
    done = subprocess.run([sys.executable, "-m", "uv", *words], capture_output=True, text=True, check=False)  # noqa: S603 - fixed words
    if done.returncode:
        raise LocalError(f"the other contestants cannot be installed (--no-rivals leaves them out):\n{done.stderr}")
