"""A draft: one item of a delivery, brought into our shapes or refused with the reason.

Every mapper is a function from bytes to drafts that never raises on what a sender may send, except `Unreadable` for a
body that is no data at all.
"""

from dataclasses import dataclass
from enum import StrEnum
from hashlib import blake2b

from leadpact.intake.domain.shapes import Shape
from leadpact.intake.errors import IntakeError, Unreadable


class Outcome(StrEnum):
    """What an item ended in: exactly one of these (rule 8)."""

    NORMALISED = "normalised"
    DUPLICATE = "duplicate"
    REJECTED = "rejected"
    QUARANTINED = "quarantined"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why no fact can be made of an item; `pointer` leads from the item to the field."""

    outcome: Outcome
    reason: str
    pointer: str


@dataclass(frozen=True, slots=True)
class Draft:
    """One item: its number, its delivery key (unhashed), its own bytes, and what it says or why it is refused.

    `place` is the pointer from the body to the item, empty where the body is the item.
    """

    index: int
    key: str
    raw: bytes
    said: Shape | Refusal
    place: str = ""


def refusal(error: IntakeError) -> Refusal:
    """The refusal that an error means: the sender was told of what is unreadable, the rest waits for us."""
    outcome = Outcome.REJECTED if isinstance(error, Unreadable) else Outcome.QUARANTINED
    return Refusal(outcome, error.reason, error.pointer)


def body_key(body: bytes) -> str:
    """The delivery key of a body that has none of its own (rule 7)."""
    return blake2b(body, digest_size=16).hexdigest()


def place(key: str, index: int) -> str:
    """The delivery key of an item without one of its own."""
    return f"{key}#{index}"


def whole(key: str) -> str:
    """The delivery key of a delivery as a whole: none of its items has it."""
    return f"{key}#"
