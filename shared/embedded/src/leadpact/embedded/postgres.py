"""A real PostgreSQL on this machine, from the programs of a wheel."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import asyncpg

from leadpact.embedded import process, unprivileged
from leadpact.embedded.errors import StartError
from leadpact.embedded.places import free_port
from leadpact.embedded.waiting import run, until_answers

if TYPE_CHECKING:
    from pathlib import Path

    from leadpact.embedded.process import Guarded

OWNER = "leadpact"
START_WITHIN = 60.0
_PASSING_WITHIN = 15.0
_PASSING = (
    'lock file "postmaster.pid" already exists',  # a server killed with -9 has not gone yet
    "pre-existing shared memory block",  # or its backends have not
    "Address already in use",  # somebody took the port since we looked
)
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "fsync": "on",
    "synchronous_commit": "on",
    "wal_level": "replica",
    "wal_compression": "on",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "10min",
    "jit": "off",
    "log_destination": "stderr",
    "logging_collector": "off",
    "log_checkpoints": "off",
    "log_line_prefix": "%m [%p] %q%u@%d ",
    "timezone": "UTC",
    "log_timezone": "UTC",
}


@dataclass(frozen=True, slots=True)
class Postgres:
    """A running server: the address of its `postgres` database for the owner, and its guarded process."""

    dsn: str
    process: Guarded

    def stop(self) -> None:
        """End the server, open connections included; its data stay."""
        self.process.stop()


def start(state: Path) -> Postgres:
    """Start the server whose data belong to `state`, making them the first time; returns once it answers.

    The owner's password is in `state`/postgres.password, readable by us alone. The port is kept from run to run
    while it is free. Raises `StartError`.
    """
    state = state.absolute()
    state.mkdir(parents=True, exist_ok=True)
    programs, home = unprivileged.programs(), unprivileged.home(state)
    password = _password(state / "postgres.password")
    _initialise(programs, home, password)
    give_up = time.monotonic() + _PASSING_WITHIN
    while True:
        port = _port(state / "postgres.port")
        settings = [f"-c{name}={value}" for name, value in {**_SETTINGS, "port": str(port)}.items()]
        program = process.start(
            "PostgreSQL",
            [programs / "postgres", "-D", home / "data", *settings],
            log=state / "postgres.log",
            directory=home,
            user=unprivileged.user(),
            lock=state / "postgres.lock",
            asking=signal.SIGINT,  # "fast": end the sessions and go
        )
        dsn = f"postgresql://{OWNER}:{password}@127.0.0.1:{port}/postgres"
        try:
            until_answers(program, partial(answers, dsn), START_WITHIN)
        except StartError as error:
            if not any(text in str(error) for text in _PASSING) or time.monotonic() > give_up:
                raise
            time.sleep(0.2)
        else:
            return Postgres(dsn, program)


def remove(state: Path) -> None:
    """Remove what `start` made for this state directory; the server must be stopped."""
    unprivileged.remove(state.absolute())
    for name in ("password", "port", "log", "lock"):
        (state / f"postgres.{name}").unlink(missing_ok=True)


def answers(dsn: str) -> bool:
    """Whether a server at this address answers a query."""
    return run(_answers(dsn))


async def _answers(dsn: str) -> bool:
    try:
        connection = await asyncpg.connect(dsn, timeout=5)
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):  # the latter: it is no address at all
        return False
    try:
        return bool(await connection.fetchval("select true"))
    finally:
        await connection.close()


def _password(path: Path) -> str:
    if not path.exists():
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(24))
    return path.read_text()


def _port(remembered: Path) -> int:
    port = free_port(int(remembered.read_text()) if remembered.exists() else 0)
    remembered.write_text(str(port))
    return port


def _initialise(programs: Path, home: Path, password: str) -> None:
    """Make the data beside their place and move them there whole, so that a killed run leaves no half of them."""
    if (home / "data").exists():
        return
    fresh = home / "data.new"
    shutil.rmtree(fresh, ignore_errors=True)
    word = home / "password"
    word.write_text(password)
    whom = unprivileged.identity()
    if whom:
        os.chown(word, whom["user"], whom["group"])
    command: list[str | Path] = [
        programs / "initdb",
        "-D",
        fresh,
        f"--username={OWNER}",
        "--auth=scram-sha-256",
        f"--pwfile={word}",
    ]
    command += ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    try:
        done = subprocess.run(  # noqa: S603 - our own programs and arguments
            command, cwd=home, capture_output=True, text=True, check=False, **whom
        )
    finally:
        word.unlink()
    if done.returncode:
        message = f"PostgreSQL's data could not be made in {home}:\n{done.stdout}{done.stderr}"
        raise StartError(message)
    fresh.rename(home / "data")
