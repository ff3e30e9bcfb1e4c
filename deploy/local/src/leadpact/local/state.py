"""The state directory: everything a local installation keeps, and how its runner is found."""

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from shlex import quote

import psutil

from leadpact.kit.ids import secret
from leadpact.local.errors import AlreadyUp, NotUp, Unusable

VARIABLE = "LEADPACT_STATE"


@dataclass(frozen=True, slots=True)
class Process:
    """One running program of ours: `pid` is its guard's, `url` answers /readyz; `restarts` counts how often it ended by
    itself."""

    name: str
    pid: int
    url: str
    log: str
    restarts: int = 0


@dataclass(frozen=True, slots=True)
class Running:
    """What a runner says of itself while it runs."""

    pid: int
    url: str
    infrastructure: str
    processes: tuple[Process, ...] = ()
    settings: dict[str, str] = field(default_factory=dict)
    """What its programs are told; file names in place of secrets."""


@dataclass(frozen=True, slots=True)
class State:
    """The directory; made when first needed."""

    path: Path

    @property
    def logs(self) -> Path:
        """One file per program."""
        return self._made(self.path / "logs")

    @property
    def clock(self) -> Path:
        """The business clock's origin, where a demo shifted it."""
        return self.path / "clock.json"

    @property
    def admin_key(self) -> Path:
        """The administrator's API key, readable by its owner alone."""
        return self.path / "admin.key"

    @property
    def outside(self) -> Path:
        """Where its data are that are not in here."""
        return self.path / "outside.json"

    @property
    def port(self) -> int:
        """The port that the web process had last; 0 before there is one."""
        try:
            return int((self.path / "port").read_text())
        except (FileNotFoundError, ValueError):
            return 0

    def keep_port(self, port: int) -> None:
        """Remember it, so that addresses stay the same."""
        (self.path / "port").write_text(f"{port}\n")

    def secrets(self, program: str) -> Path:
        """The file of what a program is entrusted with."""
        return self.path / "secrets" / f"{program}.json"

    def master_key(self) -> Path:
        """The file with the master key, made at first use; whoever loses it loses the contact data."""
        path = self._made(self.path) / "master.key"
        if not path.exists():
            write_secret(path, hashlib.sha256(secret().encode()).hexdigest())
        return path

    def running(self) -> Running:
        """The same; raises `NotUp` if there is none."""
        if (told := self.runner()) is not None:
            return told
        raise NotUp(f"nothing runs in {self.path}", " ".join(["`leadpact up` starts it", *self._nested()]))

    def runner(self) -> Running | None:
        """What the runner that has this directory says of itself, if there is one; raises `Unusable`."""
        try:
            with self._usable(), (self.path / "runner.lock").open("rb") as lock:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return self._read()
        except FileNotFoundError:
            pass
        return None

    def tell(self, running: Running) -> None:
        """Say where things run; readers never see half of it."""
        fresh = self.path / "runner.json.new"
        fresh.write_text(json.dumps(asdict(running), indent=1))
        fresh.replace(self.path / "runner.json")

    @contextmanager
    def held(self) -> Iterator[None]:
        """Have this directory for one runner; the lock goes with the process, however it ends."""
        with self._usable():
            lock = (self._made(self.path) / "runner.lock").open("wb")
        with lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise taken(self) from None
            self.tell(Running(os.getpid(), "", "starting"))
            yield

    def _nested(self) -> list[str]:
        """What to say of an installation that runs in a directory in here, as the demo's does."""
        inner = [State(lock.parent) for lock in sorted(self.path.glob("*/runner.lock"))]
        return [
            f"(one runs in {state.path}: ask it with {VARIABLE}={quote(str(state.path))})"
            for state in inner
            if state.runner() is not None
        ]

    def _read(self) -> Running | None:
        """What the runner said; None while it has said nothing yet, or while only one that was killed has."""
        try:
            told = json.loads((self.path / "runner.json").read_text())
            os.kill(told["pid"], 0)
        except (FileNotFoundError, ProcessLookupError):
            return None
        processes = tuple(Process(**process) for process in told["processes"])
        return Running(told["pid"], told["url"], told["infrastructure"], processes, told["settings"])

    def _made(self, path: Path) -> Path:
        with self._usable():
            path.mkdir(parents=True, exist_ok=True)
        return path

    @contextmanager
    def _usable(self) -> Iterator[None]:
        """Say of the directory what is wrong with it; that it does not exist, or is somebody's, is not."""
        try:
            yield
        except (NotADirectoryError, FileExistsError) as error:
            raise Unusable(f"{self.path} cannot hold the state: it, or what it lies in, is a file") from error
        except PermissionError as error:
            raise Unusable(f"{self.path} cannot hold the state: you may not read and write there") from error


def program(guard: int) -> psutil.Process:
    """The program under a guard; raises `psutil.Error`, `IndexError` when it has just gone."""
    return psutil.Process(guard).children()[0]


def taken(state: State) -> AlreadyUp:
    """What to say to a second runner."""
    return AlreadyUp(f"a runner has {state.path} already: `leadpact status` shows it")


def write_secret(path: Path, text: str) -> None:
    """Write a file that only its owner may read."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)


def found() -> State:
    """The state directory of this call: LEADPACT_STATE, else `.leadpact` here."""
    return State(Path(os.environ.get(VARIABLE, ".leadpact")).absolute())
