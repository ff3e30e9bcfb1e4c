"""The story in the order in which it reaches us."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from leadpact.demo.story import Act, Lead, Story


@dataclass(frozen=True, slots=True)
class Cue:
    """An act with its instants: when it happens, and when we are told; `number` counts the acts of its lead."""

    told_at: datetime
    at: datetime
    lead: Lead
    number: int
    act: Act

    @property
    def id(self) -> str:
        """What the sender calls the delivery: the same for each time it is sent."""
        return f"story-{self.lead.id}-{self.number}"


def cues(story: Story) -> list[Cue]:
    """Every act, ordered by when we are told; acts of the same instant keep the script's order."""
    return sorted(_cues(story), key=lambda cue: cue.told_at)


def _cues(story: Story) -> Iterable[Cue]:
    for lead in story.leads:
        for number, act in enumerate(lead.does):
            at = story.instant(act.at)
            yield Cue(story.instant(act.after) if act.after else at, at, lead, number, act)
