"""What can go wrong while the story is played.

DemoError
├── Stuck         nothing moves, and not everything has arrived
└── NobodyOwns    a rep is to act, and the lead has no owner
"""

from leadpact.local.errors import LocalError


class DemoError(LocalError):
    """The story could not be played."""


class Stuck(DemoError):
    """Nothing moves, and not everything has arrived."""


class NobodyOwns(DemoError):
    """A rep is to act, and the lead has no owner."""
