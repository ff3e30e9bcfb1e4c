"""What must go round again: topic `returns`, which the normaliser takes like deliveries and puts into its order."""

from leadpact.contracts.registry import Event, event


@event("closing.requested")
class ClosingRequested(Event):
    """An engagement is to be closed as recycled because its agreement says so (rule 27); only the qualifier closes one.

    `cadence` is the clock of the cadence that is exhausted: every promised attempt was made, its time is over, nothing
    came of it. `reason` is the closing's.
    """

    engagement: str
    reason: str
    cadence: str
