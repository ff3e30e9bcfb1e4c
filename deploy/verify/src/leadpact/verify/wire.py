"""The rules of the wire that verify judges by: topics in their order, ids that follow from their cause, times."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha1
from uuid import UUID

from leadpact.contracts.topics import LEADS, QUALIFICATION, SLA

NAMESPACE = UUID("6d1b52a0-5f0e-5c51-9d8e-1eadac700001")
"""What every derived id begins with."""
_NAMESPACE = NAMESPACE.bytes
_APART = "\x1f"
_PLAIN = 12
"""Digits in which neither version nor variant stands."""
_VARIANT = {digit: "89ab"[int(digit, 16) & 3] for digit in "0123456789abcdef"}
STORY = (LEADS.name, QUALIFICATION.name, SLA.name)
"""The topics through which a lead's story flows; each follows from the one before it."""
WRITER = {QUALIFICATION.name: "qualifier", SLA.name: "sla-monitor"}
"""The consumer that decides what is new in a topic."""
OWN = {
    QUALIFICATION.name: frozenset(
        {"engagement.opened", "lead.qualified", "engagement.closed", "lead.accepted", "command.refused"}
    ),
    SLA.name: frozenset(
        {
            "lead.assigned",
            "lead.queued",
            "clock.started",
            "clock.moved",
            "clock.warned",
            "clock.judged",
            "attempt.counted",
            "lead.escalated",
            "command.refused",
        }
    ),
}
"""Types that a topic's writer decides; all others are passed on from upstream, but for the notices of trouble."""
WHOLE = frozenset({LEADS.name, QUALIFICATION.name})
"""Topics that carry every control record; in others they only count upwards."""
NOTICES = frozenset({"key.parked", "key.unparked"})
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def derived(*parts: object) -> str:
    """The id that follows from these parts: a UUID of version 5 over them, apart by the unit separator."""
    text = _APART.join(map(str, parts))
    return _written(sha1(_NAMESPACE + text.encode(), usedforsecurity=False).digest())


def series(most: int, *parts: object) -> Iterator[str]:
    """The ids that follow from these parts and each number below `most`."""
    begun = sha1(_NAMESPACE + _APART.join((*map(str, parts), "")).encode(), usedforsecurity=False)
    for number in range(most):
        one = begun.copy()
        one.update(b"%d" % number)
        yield _written(one.digest())


def cause(id_: str, tried: Iterable[tuple[int, str]], *parts: object) -> int | None:
    """The number of the first of these causes from which the id follows with the parts."""
    rest = _APART.join(("", *map(str, parts))).encode()
    begins = id_.replace("-", "")[:_PLAIN]
    for number, name in tried:
        digest = sha1(_NAMESPACE + name.encode() + rest, usedforsecurity=False).digest()
        if digest.hex()[:_PLAIN] == begins and _written(digest) == id_:
            return number
    return None


def _written(digest: bytes) -> str:
    """The first sixteen bytes, marked as version 5, as ids are written."""
    told = digest.hex()
    return f"{told[:8]}-{told[8:12]}-5{told[13:16]}-{_VARIANT[told[16]]}{told[17:20]}-{told[20:32]}"


def micros(instant: datetime) -> int:
    """Whole microseconds since 1970 UTC."""
    return (instant - EPOCH) // _MICROSECOND


def moment(at: int) -> datetime:
    """And back."""
    return EPOCH + timedelta(microseconds=at)
