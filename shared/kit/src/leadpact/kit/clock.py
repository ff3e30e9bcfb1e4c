"""The only place that reads time: a wall clock, and a business clock that a demo may scale, shift and step.

The wall serves signatures, sessions, leases and retries; the business clock what is received, recorded and timed. Where
the business clock's origin stands in a file, every process that names this file reads the same time. Without a file
business time is the wall's.
"""

import asyncio
import os
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

import msgspec

from leadpact.kit.errors import ClockError

_LOOK_AGAIN = 0.2  # seconds: the clock may be stepped while somebody sleeps


class Clock(Protocol):
    """Time as the kit sees it; all instants are aware UTC datetimes."""

    def wall(self) -> datetime:
        """Now, in the world."""
        ...

    def business(self) -> datetime:
        """Now, for received, recorded and timers; never goes back within a process."""
        ...

    def speed(self) -> float:
        """How many seconds of business time pass in one of the world."""
        ...

    def monotonic(self) -> float:
        """Seconds for measuring spans; only differences mean something."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait for so many seconds of the world."""
        ...

    async def sleep_until(self, instant: datetime) -> None:
        """Wait until business time has reached `instant`, however it gets there."""
        ...


class Origin(msgspec.Struct, frozen=True):
    """The content of the clock file: at `wall_origin` it was `business_origin`, and `scale` seconds pass per second."""

    wall_origin: datetime
    business_origin: datetime
    scale: float = 1.0

    def at(self, wall: datetime) -> datetime:
        """The business time when the world's is `wall`."""
        return self.business_origin + (wall - self.wall_origin) * self.scale


class SystemClock:
    """The clocks of this machine; `path` names the file with the business clock's origin, if there is one.

    `wrong`: by how much the wall clock is to be wrong, for a test. Raises `ClockError` when a named file is missing or
    cannot be read.
    """

    def __init__(self, path: Path | None = None, wrong: timedelta = timedelta()) -> None:
        self._path = path
        self._wrong = wrong
        self._latest = datetime.min.replace(tzinfo=UTC)
        self._seen: tuple[int, int] | None = None
        self._origin: Origin | None = None
        self._look()

    def wall(self) -> datetime:
        """Now, in the world."""
        return datetime.now(UTC) + self._wrong

    def business(self) -> datetime:
        """Now, for received, recorded and timers; never goes back within a process."""
        self._look()
        wall = self.wall()
        self._latest = max(self._latest, wall if self._origin is None else self._origin.at(wall))
        return self._latest

    def speed(self) -> float:
        """How many seconds of business time pass in one of the world."""
        self._look()
        return 1.0 if self._origin is None else self._origin.scale

    def monotonic(self) -> float:
        """Seconds for measuring spans; only differences mean something."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait for so many seconds of the world."""
        await asyncio.sleep(seconds)

    async def sleep_until(self, instant: datetime) -> None:
        """Wait until business time has reached `instant`, however it gets there."""
        while (left := (instant - self.business()).total_seconds()) > 0:
            scale = 1.0 if self._origin is None else self._origin.scale
            await asyncio.sleep(min(left / scale, _LOOK_AGAIN))

    def _look(self) -> None:
        """Read the file again if it is another one than before; costs one `stat`."""
        if self._path is None:
            return
        try:
            found = self._path.stat()
        except FileNotFoundError:
            if self._origin is None:
                message = f"there is no clock file {self._path}"
                raise ClockError(message) from None
            return  # a runner that is being torn down: go on as before
        stamp = (found.st_mtime_ns, found.st_ino)
        if stamp != self._seen:
            self._origin, self._seen = _read(self._path), stamp


def wrong_by(path: Path | None) -> timedelta:
    """What a file says of a wall clock that is to be wrong, in seconds; without the file it is right."""
    if path is None or not path.exists():
        return timedelta()
    return timedelta(seconds=float(path.read_text()))


def create(path: Path, business: datetime, scale: float = 1.0) -> None:
    """Write a clock file by which it is `business` now and `scale` seconds pass in a second."""
    if scale <= 0:
        message = f"a clock of scale {scale} does not advance"
        raise ClockError(message)
    _write(path, Origin(datetime.now(UTC), business, scale))


def step_to(path: Path, instant: datetime) -> None:
    """Set the business clock forward to `instant`; raises `ClockError` if that lies behind it."""
    origin, wall = _read(path), datetime.now(UTC)
    if instant < origin.at(wall):
        message = (
            f"the business clock stands at {origin.at(wall).isoformat()}, it does not go back to {instant.isoformat()}"
        )
        raise ClockError(message)
    _write(path, Origin(wall, instant, origin.scale))


def _read(path: Path) -> Origin:
    try:
        return msgspec.json.decode(path.read_bytes(), type=Origin)
    except (OSError, msgspec.MsgspecError) as error:
        message = f"the clock file {path} cannot be read: {error}"
        raise ClockError(message) from error


def _write(path: Path, origin: Origin) -> None:
    """Replace the file whole, so that nobody ever reads half of it; the new inode tells readers."""
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}-", delete=False) as file:
        file.write(msgspec.json.encode(origin))
    os.replace(file.name, path)  # noqa: PTH105 - a name, not a path, is what the temporary file has
