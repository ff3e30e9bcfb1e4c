"""Programs that cannot outlive us: started under a guard, logging to a file, ended by letting go."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from leadpact.embedded import guard

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

GRACE = 3.0
_GUARD = Path(guard.__file__)


@dataclass(frozen=True, slots=True)
class Guarded:
    """A running program and its log; gone within the grace period after `stop` or after our own death."""

    name: str
    log: Path
    process: subprocess.Popen[bytes]
    logged: int = 0
    """Bytes of the log that earlier runs wrote."""

    @property
    def pid(self) -> int:
        """The guard's process id; the program is its only child."""
        return self.process.pid

    def ended(self) -> int | None:
        """The exit code once everything has gone, None while it runs."""
        return self.process.poll()

    def stop(self) -> int:
        """End the program and wait until everything it started has gone; returns its exit code."""
        if self.process.stdin is not None:
            self.process.stdin.close()
        return self.process.wait()

    def tail(self, lines: int = 20) -> str:
        """The last lines that this run logged, for an error message."""
        written = self.log.read_bytes()[self.logged :].decode(errors="replace")
        return "\n".join(written.splitlines()[-lines:])


def start(  # noqa: PLR0913 - what a program needs, all by name
    name: str,
    command: Sequence[str | Path],
    *,
    log: Path,
    environment: Mapping[str, str] | None = None,
    directory: Path | None = None,
    user: str | None = None,
    lock: Path | None = None,
    asking: signal.Signals = signal.SIGTERM,
    grace: float = GRACE,
    handed: Sequence[int] = (),
) -> Guarded:
    """Start `command` under a guard; output is appended to `log`.

    `environment` is added to ours. `lock` is a file held while anything of it runs; a second start waits for the
    first one's end and then gives up. `handed` are open files that it inherits under the same numbers. To end,
    `asking` is sent to its process group, SIGKILL after `grace` seconds.
    """
    options = [f"--signal={int(asking)}", f"--grace={grace}"]
    options += [f"--user={user}"] if user else []
    options += [f"--lock={lock}"] if lock else []
    options += [f"--handed={number}" for number in handed]
    with log.open("ab") as output:
        logged = output.tell()
        process = subprocess.Popen(  # noqa: S603 - commands of this project only
            [sys.executable, "-I", "-S", _GUARD, *options, "--", *command],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, **(environment or {})},
            cwd=directory,
            pass_fds=handed,
            start_new_session=True,  # Ctrl-C in a terminal reaches us, and we end things in our order
        )
    return Guarded(name, log, process, logged)
