"""Reads partitions from offsets that we keep; a hole is read again, never stepped over."""

import asyncio
from contextlib import suppress

from leadpact.kit.kafka.fetcher import Fetcher, Share
from leadpact.kit.rows import Record


class KafkaReader:
    """A share of what a fetcher brings; `prefix` is cut off the topics' names."""

    def __init__(self, fetcher: Fetcher, share: Share, prefix: str) -> None:
        self._fetcher = fetcher
        self._share = share
        self._prefix = len(prefix)

    async def fetch(self, most: int, timeout: float) -> list[Record]:  # noqa: ASYNC109 - a poll that returns nothing
        """The next records, as they are or as they come within `timeout` seconds."""
        share = self._share
        if timeout:
            with suppress(TimeoutError):
                async with asyncio.timeout(timeout):
                    await share.arrived.wait()
        if share.failure is not None:
            raise share.failure
        was_full, cut = share.full, self._prefix
        taken = [
            Record(
                record.topic[cut:],
                record.partition,
                record.offset,
                record.key or b"",
                record.value or b"",
                int(record.headers[0][1]) if record.headers else 0,
            )
            for record in share.take(most)
        ]
        if was_full and not share.full:
            self._fetcher.resume(share)
        return taken

    async def close(self) -> None:
        """Let go of it."""
        await self._fetcher.leave(self._share)
