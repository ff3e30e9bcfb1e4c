"""What can go wrong while the story is played.

DemoError
├── DeliveryRefused   intake did not take a delivery that it should take
└── Stuck             nothing moves, and not everything has arrived
"""

from leadpact.local.errors import LocalError


class DemoError(LocalError):
    """The story could not be played."""


class DeliveryRefused(DemoError):
    """Intake did not take a delivery that it should take; the message has its answer."""


class Stuck(DemoError):
    """Nothing moves, and not everything has arrived."""
