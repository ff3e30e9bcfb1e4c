"""A guard stands between a starter and its program: when the starter is gone, so is the program with all it started.

The starter keeps the other end of the guard's standard input open. End of input (the starter died, however) or
SIGTERM ends the program's process group politely, then hard. On Linux two more belts: the program dies with its
guard, and what it left behind is adopted and ended. Standard library only; run as a file, so it starts in 30 ms.
"""

from __future__ import annotations

import argparse
import ctypes
import fcntl
import os
import pwd
import select
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import IO, Any

LOCKED = 75  # EX_TEMPFAIL: the lock is held by another guard
_LOCK_PATIENCE = 10.0
_TICK = 0.05
_STDIN = 0
_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_ENDING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


def main(argv: list[str] | None = None) -> int:
    """Run the command under guard; returns its exit code (128 + n when signal n ended it)."""
    options = _options(argv)
    told: list[int] = []
    woken = _wake_on_signals(told)
    lock = _lock(options.lock) if options.lock else None
    if options.lock and lock is None:
        sys.stderr.write(f"guard: {options.lock} is held: another run uses this state directory\n")
        return LOCKED
    prctl = _prctl()
    prctl(_PR_SET_CHILD_SUBREAPER, 1)
    try:
        child = _start(options.command, options.user, options.handed, prctl)
    except (OSError, subprocess.SubprocessError, KeyError) as error:
        sys.stderr.write(f"guard: {options.command[0]} does not start: {error}\n")
        return 127
    while child.poll() is None and not told:
        ready, _, _ = select.select([_STDIN, woken], [], [])
        if _STDIN in ready and not os.read(_STDIN, 4096):
            break
        if woken in ready:
            os.read(woken, 4096)
    _end(child, options.signal, options.grace)
    code = child.wait()
    return code if code >= 0 else 128 - code


def _options(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="guard", description=__doc__)
    parser.add_argument("--user", help="run the command as this user (needs root)")
    parser.add_argument("--signal", type=int, default=int(signal.SIGTERM), help="how to ask it to end")
    parser.add_argument("--grace", type=float, default=3.0, help="seconds from asking to killing")
    parser.add_argument("--lock", type=Path, help="hold this lock file while anything runs")
    parser.add_argument("--handed", type=int, action="append", default=[], help="an open file that it inherits")
    parser.add_argument("command", nargs="+")
    return parser.parse_args(argv)


def _wake_on_signals(told: list[int]) -> int:
    woken, waker = os.pipe()
    os.set_blocking(waker, False)
    signal.set_wakeup_fd(waker)
    for number in _ENDING:
        signal.signal(number, lambda received, _: told.append(received))
    signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
    return woken


def _lock(path: Path) -> IO[bytes] | None:
    """The held lock, or None when another guard keeps it; a guard that is just ending is waited for."""
    held = path.open("wb")
    give_up = time.monotonic() + _LOCK_PATIENCE
    while time.monotonic() < give_up:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(_TICK)
        else:
            return held
    held.close()
    return None


def _prctl() -> Callable[[int, int], object]:
    call: Callable[[int, int], object]
    if sys.platform == "linux":
        call = ctypes.CDLL(None).prctl
    else:
        call = lambda _option, _value: None  # noqa: E731 - only Linux has it
    return call


def _start(
    command: list[str], user: str | None, handed: list[int], prctl: Callable[[int, int], object]
) -> subprocess.Popen[bytes]:
    guard = os.getpid()

    def die_with_guard() -> None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != guard:
            os._exit(1)

    other: dict[str, Any] = {}
    if user is not None:
        entry = pwd.getpwnam(user)
        other = {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
    return subprocess.Popen(  # noqa: S603 - the command is our starter's
        command,
        stdin=subprocess.DEVNULL,
        pass_fds=handed,
        start_new_session=True,
        preexec_fn=die_with_guard,  # noqa: PLW1509 - one thread only, and nothing else can set it
        **other,
    )


def _end(child: subprocess.Popen[bytes], asking: int, grace: float) -> None:
    if child.poll() is None:
        _signal_group(child.pid, asking)
        with suppress(subprocess.TimeoutExpired):
            child.wait(grace)
    _signal_group(child.pid, signal.SIGKILL)
    child.wait()
    _end_adopted()


def _signal_group(group: int, number: int) -> None:
    with suppress(ProcessLookupError, PermissionError):  # macOS answers "not permitted" for a group of zombies
        os.killpg(group, number)


def _end_adopted() -> None:
    """Kill and reap what left the group (PostgreSQL's backends do); Linux only, where it was adopted."""
    children = Path(f"/proc/self/task/{os.getpid()}/children")
    give_up = time.monotonic() + 1.0
    while children.exists() and (pids := children.read_text().split()) and time.monotonic() < give_up:
        for pid in map(int, pids):
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, os.WNOHANG)
        time.sleep(_TICK / 10)


if __name__ == "__main__":
    sys.exit(main())
