"""What can go wrong for somebody who types `leadpact`.

LocalError
├── AlreadyUp      a runner has this state directory already
├── NotUp          no runner has it
├── Unusable       it is no directory, or not ours to read and write
├── PortTaken      somebody listens on the port that was asked for
├── NotReady       a program did not become ready in time
└── Refused        the API said no; its problem document says why
"""


class LocalError(Exception):
    """The message says what happened and what to do."""


class AlreadyUp(LocalError):
    """A runner has this state directory already."""


class NotUp(LocalError):
    """No runner has this state directory; `said` is what is, `do` what to do about it."""

    def __init__(self, said: str, do: str = "") -> None:
        super().__init__(f"{said}: {do}" if do else said)
        self.said = said
        self.do = do


class Unusable(LocalError):
    """The state directory is no directory, or not ours to read and write."""


class PortTaken(LocalError):
    """Somebody listens on the port that was asked for."""


class NotReady(LocalError):
    """A program did not become ready in time; the message holds the end of its log."""


class Refused(LocalError):
    """The API said no, with this status; the message holds its problem document."""

    def __init__(self, said: str, status: int) -> None:
        super().__init__(said)
        self.status = status
