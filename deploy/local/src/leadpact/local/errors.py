"""What can go wrong for somebody who types `leadpact`.

LocalError
├── AlreadyUp      a runner has this state directory already
├── NotUp          no runner has it
├── Misused        what was typed cannot be
│   └── Unusable   the state directory is no directory, or not ours to read and write
├── PortTaken      somebody listens on the port that was asked for
├── NotReady       a program did not become ready in time
└── Refused        the API said no; its problem document says why
"""

from collections.abc import Sequence

FOUND = 1
"""The exit code where something was found, or failed."""
MISUSE = 2
"""The exit code where what was typed cannot be."""
_TYPED = frozenset({400, 404, 413, 415, 422})  # the API's answers to what cannot be, whatever the state of things


class LocalError(Exception):
    """The message says what happened and what to do, `code` is the exit code."""

    code = FOUND


class AlreadyUp(LocalError):
    """A runner has this state directory already."""


class NotUp(LocalError):
    """No runner has this state directory; `said` is what is, `do` what to do about it."""

    def __init__(self, said: str, do: str = "") -> None:
        super().__init__(f"{said}: {do}" if do else said)
        self.said = said
        self.do = do


class Misused(LocalError):
    """What was typed cannot be: it names what there is not, or says what nobody understands."""

    code = MISUSE


class Unusable(Misused):
    """The state directory is no directory, or not ours to read and write."""


class PortTaken(LocalError):
    """Somebody listens on the port that was asked for."""


class NotReady(LocalError):
    """A program did not become ready in time; the message holds the end of its log."""


class Refused(LocalError):
    """The API said no, with this status; the message holds its problem document, `faults` what is wrong and where."""

    def __init__(self, said: str, status: int, faults: Sequence[str] = ()) -> None:
        super().__init__(said)
        self.status = status
        self.faults = faults
        self.code = MISUSE if status in _TYPED else FOUND
