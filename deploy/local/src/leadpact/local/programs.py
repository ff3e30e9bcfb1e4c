"""Which programs make an installation: one web process, and workers for each service."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass

from leadpact.embedded.places import free_port
from leadpact.local.state import State

SERVICES = ("intake", "qualifier", "sla-monitor", "reporting")


@dataclass(frozen=True, slots=True)
class Program:
    """A command with its environment; `url` answers /readyz once it works."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    url: str


def web(port: int) -> Program:
    """The APIs and pages of all services behind one origin."""
    return Program(
        "web",
        (sys.executable, "-m", "leadpact.local.web"),
        {"LEADPACT_PORT": str(port)},
        f"http://127.0.0.1:{port}",
    )


def worker(service: str, number: int) -> Program:
    """One worker process of a service."""
    port = free_port()
    return Program(
        f"{service}-{number}",
        (sys.executable, "-m", f"leadpact.{service.replace('-', '_')}", "--role", "worker"),
        {"LEADPACT_PORT": str(port)},
        f"http://127.0.0.1:{port}",
    )


def environment(state: State, bootstrap: str, postgres: str) -> dict[str, str]:
    """What every program is told; the address of the database carries no password, roles derive theirs."""
    told = {
        "LEADPACT_KAFKA": bootstrap,
        "LEADPACT_POSTGRES": _without_password(postgres),
        "LEADPACT_MASTER_KEY_FILE": str(state.master_key()),
        "LEADPACT_STATE": str(state.path),
    }
    if state.clock.exists():
        told["LEADPACT_CLOCK"] = str(state.clock)
    return told


def _without_password(dsn: str) -> str:
    scheme, _, rest = dsn.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}"
