"""Errors of intake.

IntakeError
├── Unreadable    the bytes are no data at all: the sender is told, outcome `rejected`
│   └── Misshapen they are data, but not of the declared shape: the same
├── Unmappable    readable, but it cannot be understood: accepted, outcome `quarantined`
├── Unproven      the proof of origin is bad: answered as the source wants and counted, not kept
├── UnknownSource nobody registered this source
└── BadMapping    a mapping document says what cannot be done
Mistaken          our own code failed on an item: the turn begins again without it
"""


class IntakeError(Exception):
    """What is wrong with a delivery, in one sentence."""

    def __init__(self, reason: str, pointer: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.pointer = pointer


class Unreadable(IntakeError):
    """The bytes are no data; `pointer` (RFC 6901) names the place."""


class Misshapen(Unreadable):
    """The data are not of the declared shape."""


class Unmappable(IntakeError):
    """Readable, but no fact can be made of it; `pointer` names the field."""


class Unproven(IntakeError):
    """The proof of origin is missing or bad."""


class UnknownSource(IntakeError):
    """Nobody registered this source."""


class BadMapping(IntakeError):
    """The mapping document says what cannot be done; `pointer` names the line's field."""


class Mistaken(Exception):
    """Our own code failed on the item `index` of a delivery."""

    def __init__(self, delivery: str, index: int, cause: Exception) -> None:
        super().__init__(delivery, index)
        self.delivery = delivery
        self.index = index
        self.cause = cause
