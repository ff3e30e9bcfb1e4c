"""The topic table: the only meeting place of the services.

Keys go to partitions by crc32, so that every language agrees and Python pays nothing. Partition counts are immutable;
growing is a new generation of the topic.
"""

from zlib import crc32

import msgspec

PARTITIONS = 8
CONTROL_KEY = ""


class Topic(msgspec.Struct, frozen=True):
    """One row of the table. `retention_days` 0 = for ever."""

    name: str
    key: str
    writer: str
    says: str
    partitions: int = PARTITIONS
    retention_days: int = 0
    compacted: bool = False


RAW = Topic("raw", "source + delivery key", "intake", "bytes as received, sealed with the day's key", retention_days=30)
LEADS = Topic("leads", "lead id", "intake", "facts about a lead; control records in every partition")
AGREEMENTS = Topic("agreements", "agreement id", "qualifier", "content and life of agreements", partitions=1)
QUALIFICATION = Topic("qualification", "lead id", "qualifier", "the story without mere behaviour, and what it became")
SLA = Topic("sla", "lead id", "sla-monitor", "clocks, verdicts, owners, attempts")
RETURNS = Topic("returns", "lead id", "sla-monitor", "what must go round again: closings asked for by the agreement")
PROMISES = Topic("promises", "promise id", "sla-monitor", "verdicts on promises over many leads", partitions=1)
MARKS = Topic(
    "marks",
    "topic + partition",
    "each relay",
    "how far time has passed in idle partitions",
    partitions=1,
    compacted=True,
)

TOPICS = (RAW, LEADS, AGREEMENTS, QUALIFICATION, SLA, RETURNS, PROMISES, MARKS)


def partition(key: str, partitions: int = PARTITIONS) -> int:
    """Which partition a key lives in, for ever."""
    return crc32(key.encode()) % partitions
