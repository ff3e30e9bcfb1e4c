"""What a consumer says of its own trouble, in its own output: a key was set aside, or handled again."""

from leadpact.contracts.registry import Event, event


@event("key.parked")
class Parked(Event):
    """Our code failed on a record of this lead: it and what follows wait, in order.

    Said again where they were asked for and it fails once more; so many of them were `handled` before that.
    """

    consumer: str
    reason: str
    handled: int = 0


@event("key.unparked")
class Unparked(Event):
    """The waiting records were handled."""

    consumer: str
    records: int
