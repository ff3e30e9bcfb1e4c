"""What the sender knows at the end: of each letter, how it was answered."""

from collections import Counter
from dataclasses import dataclass, field

from leadpact.chaos.letters import End, Letter


@dataclass(slots=True)
class Posted:
    """A letter, however often it was sent.

    `given` are the numbers intake gave to what it accepted, `refused` counts refusals that were right, `open` tries
    that got no answer or a 5xx (they may have come through all the same), `wrong` holds other answers.
    """

    name: str
    end: End
    given: list[str] = field(default_factory=list)
    refused: int = 0
    open: int = 0
    wrong: list[int] = field(default_factory=list)


@dataclass(slots=True)
class Ledger:
    """Letters by what the log knows them by; `unanswered` are on their way."""

    posted: dict[str, Posted] = field(default_factory=dict)
    answers: Counter[str] = field(default_factory=Counter)
    unanswered: int = 0

    def post(self, letter: Letter) -> Posted:
        """Take note that it will be sent."""
        return self.posted.setdefault(letter.key, Posted(letter.name, letter.end))

    def accepted(self) -> int:
        """How many tries were answered with a 2xx."""
        return sum(len(each.given) for each in self.posted.values())

    def poisoned(self) -> int:
        """How many letters were of no use."""
        return sum(each.end is not End.NORMALISED for each in self.posted.values())
