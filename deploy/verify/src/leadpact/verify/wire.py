"""The rules of the wire that verify judges by: topics in their order, ids that follow from their cause, times."""

from datetime import UTC, datetime, timedelta
from hashlib import sha1
from uuid import UUID

from leadpact.contracts.topics import LEADS, QUALIFICATION, SLA

NAMESPACE = UUID("6d1b52a0-5f0e-5c51-9d8e-1eadac700001")
"""What every derived id begins with."""
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
    digest = bytearray(sha1(NAMESPACE.bytes + text.encode(), usedforsecurity=False).digest())
    digest[6] = digest[6] & 0x0F | 0x50
    digest[8] = digest[8] & 0x3F | 0x80
    told = digest.hex()
    return f"{told[:8]}-{told[8:12]}-{told[12:16]}-{told[16:20]}-{told[20:32]}"


def micros(instant: datetime) -> int:
    """Whole microseconds since 1970 UTC."""
    return (instant - EPOCH) // _MICROSECOND


def moment(at: int) -> datetime:
    """And back."""
    return EPOCH + timedelta(microseconds=at)
