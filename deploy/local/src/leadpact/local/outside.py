"""What an installation keeps on servers that are not its own, noted so that `reset` removes that too."""

import asyncio
import json
import os
from dataclasses import asdict, dataclass, replace

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError, NoError, UnknownTopicOrPartitionError, for_code

from leadpact.contracts.topics import TOPICS
from leadpact.embedded import postgres
from leadpact.embedded.find import KAFKA_VARIABLE, POSTGRES_VARIABLE
from leadpact.kit import roles
from leadpact.kit.settings import Settings
from leadpact.local.errors import LocalError
from leadpact.local.state import State


@dataclass(frozen=True, slots=True)
class Outside:
    """Where schemas and topics are; empty where they are in the state directory itself. No address holds a secret."""

    postgres: str = ""
    kafka: str = ""
    topic_prefix: str = ""

    def told(self) -> str:
        """What a person is asked about."""
        parts = [f"schemas and roles in {self.postgres}"] if self.postgres else []
        return " and ".join([*parts, f"topics {self.topic_prefix}… at {self.kafka}"] if self.kafka else parts)


def note(state: State, settings: Settings) -> None:
    """Write down which servers of the environment hold something of ours from now on; what was noted stays."""
    there = noted(state)
    if os.environ.get(POSTGRES_VARIABLE):
        there = replace(there, postgres=settings.postgres.get_secret_value())
    if os.environ.get(KAFKA_VARIABLE):
        there = replace(there, kafka=settings.kafka, topic_prefix=settings.topic_prefix)
    if there != Outside():
        state.outside.write_text(json.dumps(asdict(there)))


def noted(state: State) -> Outside:
    """What was written down."""
    return Outside(**json.loads(state.outside.read_text())) if state.outside.exists() else Outside()


async def remove(state: State) -> None:
    """Remove it there. Raises `LocalError`, with nothing removed, where a server does not answer, and `RoleTaken` where
    it holds another installation's by now.
    """
    there = noted(state)
    master = bytes.fromhex(state.master_key().read_text())
    gone = f"if it is gone for good, remove {state.outside} and reset again"
    admin = _administrator(there) if there.postgres else ""
    if admin:
        if not await asyncio.to_thread(postgres.answers, admin):
            raise LocalError(f"PostgreSQL at {there.postgres} holds its schemas and does not answer: start it; {gone}")
        await roles.provision(admin, master)  # so that what somebody removed by hand is no hindrance
    if there.kafka:
        await _topics(there, gone)
    if admin:
        await roles.remove(admin)


def _administrator(there: Outside) -> str:
    """The address with which somebody may drop roles; we keep none."""
    address = os.environ.get(POSTGRES_VARIABLE, "")
    if _place(address) != _place(there.postgres):
        raise LocalError(
            f"PostgreSQL at {there.postgres} holds its schemas and roles: set {POSTGRES_VARIABLE} to that database, "
            "as for `leadpact up`, so that they can be removed"
        )
    return address


def _place(address: str) -> str:
    return address.rpartition("://")[2].rpartition("@")[2]


async def _topics(there: Outside, gone: str) -> None:
    try:
        admin = AIOKafkaAdminClient(bootstrap_servers=there.kafka)
        try:
            await admin.start()
            held = set(await admin.list_topics())
            ours = [name for topic in TOPICS if (name := there.topic_prefix + topic.name) in held]
            told = (await admin.delete_topics(ours)).topic_error_codes if ours else []
        finally:
            await admin.close()
    except (KafkaError, OSError) as error:
        raise LocalError(f"Kafka at {there.kafka} holds its topics and does not answer: start it; {gone}") from error
    refused = [name for name, code in told if for_code(code) not in {NoError, UnknownTopicOrPartitionError}]
    if refused:
        raise LocalError(f"Kafka at {there.kafka} does not remove {', '.join(refused)}")
