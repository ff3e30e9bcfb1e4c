"""Tells a broker that is away from positions that are lost."""

from collections.abc import Iterator
from contextlib import contextmanager

from aiokafka.errors import KafkaError, NoOffsetForPartitionError, OffsetOutOfRangeError

from leadpact.kit.errors import PositionLost, Unavailable


@contextmanager
def answering() -> Iterator[None]:
    """Raise `PositionLost` for offsets that are not there, `Unavailable` for everything else that Kafka says."""
    try:
        yield
    except (OffsetOutOfRangeError, NoOffsetForPartitionError) as error:
        raise PositionLost(f"{type(error).__name__}: {error}") from error
    except (KafkaError, OSError) as error:  # OSError includes TimeoutError
        raise Unavailable(f"{type(error).__name__}: {error}") from error
