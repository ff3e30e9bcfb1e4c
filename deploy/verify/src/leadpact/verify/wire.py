"""The rules of the wire that verify judges by: topics in their order, ids that follow from their cause, times."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha1
from uuid import UUID

from leadpact.contracts.topics import LEADS, QUALIFICATION, SLA

NAMESPACE = UUID("6d1b52a0-5f0e-5c51-9d8e-1eadac700001")
"""What every derived id begins with."""
_NAMESPACE = NAMESPACE.bytes
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
    text = "\x1f".join(map(str, parts))
    told = _versioned(sha1(_NAMESPACE + text.encode(), usedforsecurity=False).digest()).hex()
    return f"{told[:8]}-{told[8:12]}-{told[12:16]}-{told[16:20]}-{told[20:32]}"


def series(most: int, *parts: object) -> Iterator[bytes]:
    """The sixteen bytes of each id that follows from these parts and a number below `most`."""
    begun = sha1(_NAMESPACE + "\x1f".join((*map(str, parts), "")).encode(), usedforsecurity=False)
    for number in range(most):
        one = begun.copy()
        one.update(b"%d" % number)
        yield _versioned(one.digest())


def micros(instant: datetime) -> int:
    """Whole microseconds since 1970 UTC."""
    return (instant - EPOCH) // _MICROSECOND


def moment(at: int) -> datetime:
    """And back."""
    return EPOCH + timedelta(microseconds=at)


def _versioned(digest: bytes) -> bytes:
    """The first sixteen bytes, marked as a UUID of version 5."""
    made = bytearray(digest[:16])
    made[6] = made[6] & 0x0F | 0x50
    made[8] = made[8] & 0x3F | 0x80
    return bytes(made)
