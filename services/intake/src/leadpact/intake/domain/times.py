"""Times as senders write them: ISO with or without a zone, seconds or milliseconds, numbers or text (rule 1)."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from leadpact.intake.errors import Unmappable

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
_MILLISECONDS = 10**11  # as seconds this would be the year 5138
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NUMBER = re.compile(r"-?\d{9,16}(\.\d{1,9})?")


def zone(name: str) -> ZoneInfo:
    """The IANA zone of that name; raises `Unmappable`."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise Unmappable("this is no time zone", "/zone") from error


def read(claim: str | float, naive_zone: ZoneInfo, pointer: str = "/occurred_at") -> datetime:
    """The instant claimed, in UTC; a naive one is local to `naive_zone` (the earlier of two at the end of DST).

    Raises `Unmappable` for what is no time or lies before 1990.
    """
    try:
        instant = _instant(claim, naive_zone)
    except (ValueError, OverflowError) as error:
        raise Unmappable("this is no time", pointer) from error
    if instant < EARLIEST:
        raise Unmappable("this is too early to be true", pointer)
    return instant


def _instant(claim: str | float, naive_zone: ZoneInfo) -> datetime:
    if isinstance(claim, str):
        text = claim.strip()
        if not _NUMBER.fullmatch(text):
            told = datetime.fromisoformat(text)
            return (told if told.tzinfo else told.replace(tzinfo=naive_zone)).astimezone(UTC)
        claim = float(text)
    seconds = claim / 1000 if abs(claim) >= _MILLISECONDS else claim
    return _EPOCH + timedelta(seconds=seconds)


def settle(claim: datetime | None, received_at: datetime) -> tuple[datetime, datetime | None]:
    """When it occurred as far as we may believe it, and the claim if that differs (rule 1)."""
    if claim is None or claim == received_at:
        return received_at, None
    if claim > received_at:
        return received_at, claim
    return claim, None
