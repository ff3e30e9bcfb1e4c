"""Finding Kafka and PostgreSQL: addresses in the environment, else embedded, else containers."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from leadpact.embedded import containers, kafka, postgres
from leadpact.embedded.errors import EmbeddedError, MissingError, UnreachableError
from leadpact.embedded.saying import quietly

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from leadpact.embedded.saying import Say

KAFKA_VARIABLE = "LEADPACT_KAFKA"
POSTGRES_VARIABLE = "LEADPACT_POSTGRES"


@dataclass(frozen=True, slots=True)
class Infrastructure:
    """A Kafka and a PostgreSQL that answer."""

    bootstrap: str
    """Kafka's bootstrap servers, host:port, comma-separated."""
    dsn: str
    """A database whose user may create databases and roles."""
    how: str
    """Where both were found, for a person to read."""


@dataclass(frozen=True, slots=True)
class _Part:
    address: str
    how: str
    stop: Callable[[], object]


@contextmanager
def infrastructure(state: Path, say: Say = quietly) -> Iterator[Infrastructure]:
    """Both parts, started side by side where they must be; what was started is stopped, side by side, on leaving.

    Embedded data stay in `state`; what is made once for this machine is said, in a thread. Raises `UnreachableError`
    for an address in the environment that does not answer, `MissingError` when nothing can be had.
    """
    with ExitStack() as stack:
        pool = stack.enter_context(ThreadPoolExecutor(2))
        finding = pool.submit(_kafka, state, say), pool.submit(_postgres, state)
        for found in finding:
            if found.exception() is None:
                stack.callback(pool.submit, found.result().stop)
        broker, server = (found.result() for found in finding)
        yield Infrastructure(broker.address, server.address, f"Kafka: {broker.how}; PostgreSQL: {server.how}")


def _kafka(state: Path, say: Say) -> _Part:
    def embedded() -> _Part:
        broker = kafka.start(state, say=say)
        return _Part(broker.bootstrap, f"embedded at {broker.bootstrap}", broker.stop)

    return _find("Kafka", KAFKA_VARIABLE, kafka.answers, embedded, containers.kafka)


def _postgres(state: Path) -> _Part:
    def embedded() -> _Part:
        server = postgres.start(state)
        return _Part(server.dsn, f"embedded at {server.dsn.rpartition('@')[2]}", server.stop)

    return _find("PostgreSQL", POSTGRES_VARIABLE, postgres.answers, embedded, containers.postgres)


def _find(
    name: str,
    variable: str,
    answers: Callable[[str], bool],
    embedded: Callable[[], _Part],
    container: Callable[[], tuple[str, Callable[[], object]]],
) -> _Part:
    if address := os.environ.get(variable):
        if not answers(address):
            message = f"{variable} is set, but no {name} answers there: start it, correct it, or unset {variable}"
            raise UnreachableError(message)
        return _Part(address, f"from {variable}", lambda: None)
    reasons = []
    try:
        return embedded()
    except EmbeddedError as error:
        reasons.append(f"embedded: {error}")
    try:
        address, stop = container()
    except EmbeddedError as error:
        reasons.append(f"container: {error}")
    else:
        return _Part(address, "in a container", stop)
    message = "\n".join([f"no {name} was found ({variable} is not set).", *reasons])
    raise MissingError(message)
