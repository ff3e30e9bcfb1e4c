"""What a consumer says of its own trouble, in its own output: a key was set aside, or handled again."""

from leadpact.contracts.registry import Event, event


@event("key.parked")
class Parked(Event):
    """Our code failed on a record of this lead: it and what follows wait, in order."""

    consumer: str
    reason: str


@event("key.unparked")
class Unparked(Event):
    """The waiting records were handled."""

    consumer: str
    records: int
