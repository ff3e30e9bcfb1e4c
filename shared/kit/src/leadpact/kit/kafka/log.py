"""The log on Kafka: bytes in and out, partitions chosen by us, positions kept by us.

No consumer groups: leases in the database say who reads what. `prefix` keeps installations on one broker apart and is
seen nowhere else.
"""

import asyncio
from collections.abc import Collection, Mapping, Sequence

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import NoError, TopicAlreadyExistsError, for_code

from leadpact.contracts.topics import Topic
from leadpact.kit.errors import Unavailable
from leadpact.kit.kafka.answering import answering
from leadpact.kit.kafka.fetcher import Fetcher, Share
from leadpact.kit.kafka.reader import KafkaReader
from leadpact.kit.kafka.sender import LARGEST, Sender
from leadpact.kit.rows import Message, Stream

_REPLICAS = 3
_DAY_MS = 86_400_000


class KafkaLog:
    """Connects when first used."""

    def __init__(self, bootstrap: str, prefix: str = "") -> None:
        self._bootstrap = bootstrap
        self._prefix = prefix
        self._sender = Sender(bootstrap)
        self._fetchers: list[Fetcher] = []
        self._prober: AIOKafkaConsumer | None = None
        self._starting = asyncio.Lock()

    async def ensure(self, topics: Sequence[Topic]) -> None:
        """Make the topics that do not exist yet, with as many replicas as there are brokers, at most 3.

        Of these one may be away; what fewer have is not acked.
        """
        with answering():
            admin = AIOKafkaAdminClient(bootstrap_servers=self._bootstrap)
            try:
                await admin.start()
                brokers = len((await admin.describe_cluster())["brokers"])
                made = await admin.create_topics([self._new(topic, min(_REPLICAS, brokers)) for topic in topics])
            finally:
                await admin.close()
        for name, code, *why in made.topic_errors:
            if for_code(code) not in (NoError, TopicAlreadyExistsError):
                raise Unavailable(f"topic {name} cannot be made: {for_code(code).__name__} {why}")

    async def publish(self, stream: Stream, messages: Sequence[Message]) -> None:
        """Append messages in order; returns when all replicas in sync have them."""
        await self._sender.send(self._prefix + stream.topic, stream.partition, messages)

    async def reader(self, positions: Mapping[Stream, int], *, compacted: bool = False) -> KafkaReader:
        """Read from these offsets on."""
        places = {self._place(stream): offset for stream, offset in positions.items()}
        fetcher = next((each for each in self._fetchers if not each.has(places)), None)
        if fetcher is None:  # somebody reads one of these from elsewhere
            fetcher = Fetcher(self._bootstrap)
            self._fetchers.append(fetcher)
        share = Share(places, compacted=compacted)
        await fetcher.join(share)
        return KafkaReader(fetcher, share, self._prefix)

    async def starts(self, streams: Collection[Stream]) -> dict[Stream, int]:
        """The first offset each stream still holds."""
        prober = await self._probing()
        with answering():
            found = await prober.beginning_offsets([self._place(stream) for stream in streams])
        return {stream: found[self._place(stream)] for stream in streams}

    async def ends(self, streams: Collection[Stream]) -> dict[Stream, int]:
        """The offset the next record of each stream will have."""
        prober = await self._probing()
        with answering():
            found = await prober.end_offsets([self._place(stream) for stream in streams])
        return {stream: found[self._place(stream)] for stream in streams}

    async def close(self) -> None:
        """Let go of connections."""
        await self._sender.close()
        for fetcher in self._fetchers:
            await fetcher.close()
        if self._prober is not None:
            await self._prober.stop()

    async def _probing(self) -> AIOKafkaConsumer:
        """A consumer of nothing, to ask for offsets; one, however many ask at once."""
        async with self._starting:
            if self._prober is None:
                prober = AIOKafkaConsumer(bootstrap_servers=self._bootstrap, request_timeout_ms=10_000)
                with answering():
                    try:
                        await prober.start()
                    except BaseException:
                        await prober.stop()
                        raise
                self._prober = prober
            return self._prober

    def _place(self, stream: Stream) -> TopicPartition:
        return TopicPartition(self._prefix + stream.topic, stream.partition)

    def _new(self, topic: Topic, replicas: int) -> NewTopic:
        configs = {"max.message.bytes": str(LARGEST), "min.insync.replicas": str(max(1, replicas - 1))}
        if topic.compacted:
            configs |= {"cleanup.policy": "compact", "segment.ms": "600000"}
        else:
            configs["retention.ms"] = str(topic.retention_days * _DAY_MS) if topic.retention_days else "-1"
        return NewTopic(
            name=self._prefix + topic.name,
            num_partitions=topic.partitions,
            replication_factor=replicas,
            topic_configs=configs,
        )
