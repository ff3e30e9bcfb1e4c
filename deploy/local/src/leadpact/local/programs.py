"""Which programs make an installation: one web process, and workers for each service."""

import socket
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from leadpact.embedded.places import free_port
from leadpact.kit.roles import SCHEMAS
from leadpact.kit.runtime import BACKLOG
from leadpact.kit.service import Service
from leadpact.kit.settings import Settings
from leadpact.local.errors import PortTaken
from leadpact.local.state import State


@dataclass(frozen=True, slots=True)
class Program:
    """A command with its environment; `url` answers /readyz once it works.

    `schemas` are those whose roles it works as, `opens_vault` whether it needs intake's key, `handed` the open files
    that it inherits.
    """

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    url: str
    schemas: Sequence[str] = ()
    opens_vault: bool = False
    handed: Sequence[int] = ()


def listening(port: int) -> socket.socket:
    """Where an installation answers, open for as long as it runs, whatever becomes of its web process.

    Port 0: any free one. Raises `PortTaken`.
    """
    try:
        return socket.create_server(("127.0.0.1", port), backlog=BACKLOG)
    except OSError as error:
        raise PortTaken(f"port {port} is taken: choose another, or leave --port out") from error


def web(door: socket.socket) -> Program:
    """The APIs and pages of all services behind one origin; who connects while it ends waits for the next one."""
    port = door.getsockname()[1]
    return Program(
        "web",
        (sys.executable, "-m", "leadpact.local.web"),
        {"LEADPACT_NAME": "web", "LEADPACT_PORT": str(port), "LEADPACT_LISTENING": str(door.fileno())},
        f"http://127.0.0.1:{port}",
        schemas=SCHEMAS,
        opens_vault=True,
        handed=(door.fileno(),),
    )


def worker(service: Service[Any], number: int, through: tuple[str, ...] = ()) -> Program:
    """One worker process of a service; `through`: see `runner.Options`."""
    port, name = free_port(), f"{service.name}-{number}"
    return Program(
        name,
        (sys.executable, "-m", *through, f"leadpact.{service.schema}", "--role", "worker"),
        {"LEADPACT_NAME": name, "LEADPACT_PORT": str(port)},
        f"http://127.0.0.1:{port}",
        schemas=(service.schema, "vault") if service.opens_vault else (service.schema,),
        opens_vault=service.opens_vault,
    )


def settings(state: State, bootstrap: str, postgres: str) -> dict[str, str]:
    """What the installation's own tools are told, by the names of `Settings`; the address holds no password."""
    scheme, _, rest = postgres.partition("://")
    told = {
        "kafka": bootstrap,
        "postgres": f"{scheme}://{rest.rpartition('@')[2]}",
        "master_key_file": str(state.master_key()),
    }
    return told | ({"clock": str(state.clock)} if state.clock.exists() else {})


def environment(told: Mapping[str, str]) -> dict[str, str]:
    """What every program is told: all of it as variables, but the master key, also where ours came with one."""
    variables = {f"LEADPACT_{name.upper()}": value for name, value in told.items()}
    return variables | {"LEADPACT_MASTER_KEY": "", "LEADPACT_MASTER_KEY_FILE": ""}


def entrust(program: Program, state: State, settings: Settings) -> None:
    """Write the file that holds the program's own secrets and nobody else's."""
    settings.entrust(state.secrets(program.name), program.schemas, intake=program.opens_vault)
