"""Kafka and PostgreSQL in containers, where a Docker engine answers: the last resort."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from leadpact.embedded.errors import StartError

if TYPE_CHECKING:
    from collections.abc import Callable

    from testcontainers.core.container import DockerContainer

_C = TypeVar("_C", bound="DockerContainer")
POSTGRES_IMAGE = "postgres:18"


def kafka() -> tuple[str, Callable[[], object]]:
    """The bootstrap address of a fresh broker, and how to stop it; raises `StartError` without a Docker engine."""
    from testcontainers.community.kafka import KafkaContainer  # noqa: PLC0415 - slow to import, seldom needed

    broker = _started(lambda: KafkaContainer().with_kraft().with_env("KAFKA_AUTO_CREATE_TOPICS_ENABLE", "false"))
    return broker.get_bootstrap_server(), broker.stop


def postgres() -> tuple[str, Callable[[], object]]:
    """The address of a fresh server, and how to stop it; raises `StartError` without a Docker engine."""
    from testcontainers.community.postgres import PostgresContainer  # noqa: PLC0415 - slow to import, seldom needed

    server = _started(lambda: PostgresContainer(POSTGRES_IMAGE, driver=None))
    return server.get_connection_url(), server.stop


def _started(make: Callable[[], _C]) -> _C:
    from docker.errors import DockerException  # noqa: PLC0415 - comes with testcontainers

    try:
        return make().start()
    except DockerException as error:
        message = f"no Docker engine answers, or it cannot start the container: {error}"
        raise StartError(message) from error
