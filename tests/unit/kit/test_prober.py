"""Asking Kafka for offsets: one consumer, however many ask at once, so that none is left unclosed."""

import asyncio

import pytest

from leadpact.kit.kafka import KafkaLog, log
from leadpact.kit.rows import Stream


class Consumer:
    """Stands for aiokafka's; takes a moment to start, and knows how many of it there are."""

    open = 0
    made = 0

    def __init__(self, **_: object) -> None:
        Consumer.made += 1

    async def start(self) -> None:
        """Connect."""
        Consumer.open += 1
        await asyncio.sleep(0)

    async def stop(self) -> None:
        """Let go."""
        Consumer.open -= 1

    async def end_offsets(self, places: list[object]) -> dict[object, int]:
        """Nothing is in any of them."""
        return dict.fromkeys(places, 0)

    beginning_offsets = end_offsets


async def test_who_asks_at_once_shares_one_consumer_which_is_closed_with_the_log(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(log, "AIOKafkaConsumer", Consumer)
    asked = KafkaLog("127.0.0.1:1")
    streams = [Stream("leads", 0)]
    await asyncio.gather(asked.ends(streams), asked.starts(streams), asked.ends(streams))
    assert (Consumer.made, Consumer.open) == (1, 1)
    await asked.close()
    assert Consumer.open == 0
