"""What comes of the story while it is played, as the reports tell it, each once."""

import asyncio
from collections.abc import Callable, Iterator
from typing import Any
from zoneinfo import ZoneInfo

from leadpact.demo.people import People
from leadpact.demo.story import Story
from leadpact.kit.clock import Clock
from leadpact.local.show import say

_EVERY = 1.0  # seconds of the world
_WORDS = {"withdrawn": "after all in time, the miss is taken back", "cancelled": "no longer owed"}


class Effects:
    """Looks at the story's leads, and says what is new of them; `base` is where their pages are."""

    def __init__(self, people: People, story: Story, base: str, hear: Callable[[str], None] = say) -> None:
        self._people = people
        self._zone = ZoneInfo(story.zone)
        self._names = {lead.id: lead.person.name for lead in story.leads}
        self._base = base
        self._hear = hear
        self._said: set[tuple[str, str]] = set()

    async def watch(self, clock: Clock) -> None:
        """Go on until cancelled."""
        while True:
            await self.look(clock)
            await asyncio.sleep(_EVERY)

    async def look(self, clock: Clock) -> None:
        """Say what has come since the last look."""
        for name, ids in (await self._people.arrived()).items():
            for id_ in ids:
                news = [f"is {self._base}/leads/{id_}", *effects(await self._people.story(id_))]
                for what in news:
                    if (id_, what) not in self._said:
                        self._said.add((id_, what))
                        at = clock.business().astimezone(self._zone)
                        self._hear(f"{at:%a %H:%M}  {self._names[name]:<16} → {what}")


def effects(told: dict[str, Any]) -> Iterator[str]:
    """What has come of a lead, oldest first; `told` is what `/v1/reports/leads/{id}` gives."""
    for run in told["engagements"]:
        if run["recognised_at"] is not None:
            yield f"became MQL by {run['agreement_name']}"
        if run["owner"] is not None:
            yield f"{run['owner']} owns it"
        for clock in run["clocks"]:
            if clock["renews"] is None and clock["standing"] != "pending":
                kind = "answer to the reply" if clock["replies_to"] else clock["kind"].replace("_", " ")
                yield f"{kind}: {_WORDS.get(clock['standing'], clock['standing'])}"
        if run["accepted_at"] is not None:
            yield "became SQL"
        if run["outcome"] is not None:
            yield f"{run['outcome']}{': ' + run['reason'] if run['reason'] else ''}"
