"""Instants inside the domain are whole microseconds since 1970 UTC: exact, and as the coded ledger keeps them."""

from datetime import UTC, datetime, timedelta

SECOND = 1_000_000
DAY = 86_400 * SECOND
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def micros(instant: datetime) -> int:
    """An aware datetime as microseconds since 1970."""
    return (instant - _EPOCH) // _MICROSECOND


def moment(at: int) -> datetime:
    """Microseconds since 1970 as an aware UTC datetime."""
    return _EPOCH + timedelta(microseconds=at)


END = micros(datetime.max.replace(tzinfo=UTC))
"""The last instant that a datetime can say."""


def day(at: int) -> int:
    """The UTC day of an instant, counted from 1970."""
    return at // DAY
