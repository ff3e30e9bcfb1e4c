"""Which programs make an installation: one web process, and workers for each service."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from leadpact.embedded.places import free_port
from leadpact.kit.service import Service
from leadpact.local.state import State


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


def worker(service: Service[Any], number: int) -> Program:
    """One worker process of a service."""
    port = free_port()
    return Program(
        f"{service.name}-{number}",
        (sys.executable, "-m", f"leadpact.{service.schema}", "--role", "worker"),
        {"LEADPACT_PORT": str(port)},
        f"http://127.0.0.1:{port}",
    )


def settings(state: State, bootstrap: str, postgres: str) -> dict[str, str]:
    """What every program is told, by the names of `Settings`; roles derive their passwords, the address has none."""
    scheme, _, rest = postgres.partition("://")
    told = {
        "kafka": bootstrap,
        "postgres": f"{scheme}://{rest.rpartition('@')[2]}",
        "master_key_file": str(state.master_key()),
        "state": str(state.path),
    }
    return told | ({"clock": str(state.clock)} if state.clock.exists() else {})


def environment(told: Mapping[str, str]) -> dict[str, str]:
    """Settings as variables."""
    return {f"LEADPACT_{name.upper()}": value for name, value in told.items()}
