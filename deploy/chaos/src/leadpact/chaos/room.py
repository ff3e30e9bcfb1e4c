"""How large the servers' disks must be so that a run fills them only on purpose, and whether memory has that room."""

from leadpact.chaos.errors import NoDisk

_LEAST = 3_000
_LOG = 0.004
"""Megabytes a delivery comes to in Kafka; measured at 50,000, as those of PostgreSQL."""
_TABLES, _JOURNAL, _JOURNAL_MOST = 0.01, 0.013, 2_500
_SPARE = 2  # a run may last twice as long


def room(deliveries: float, brokers: int, free: int) -> int:
    """Megabytes for each server's disk, of which only what is written is taken of memory.

    `free` is the memory there is, in megabytes. Raises `NoDisk` where a run of so many deliveries takes more than half.
    """
    log = deliveries * _LOG
    database = deliveries * _TABLES + min(_JOURNAL_MOST, deliveries * _JOURNAL)
    if (written := brokers * log + database) > free / 2:
        raise NoDisk(
            f"the run writes some {written / 1000:.1f} GB, more than half of the {free / 1000:.1f} GB of memory"
        )
    return max(_LEAST, round(_SPARE * max(log, database)))
