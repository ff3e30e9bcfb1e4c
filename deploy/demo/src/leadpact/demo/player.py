"""Plays the script: live, as the business clock reaches each cue, or stepping from cue to cue."""

import asyncio
from collections.abc import Callable, Sequence
from time import monotonic

from leadpact.demo.courier import WEBSITE, Courier
from leadpact.demo.errors import NobodyOwns
from leadpact.demo.history import Item
from leadpact.demo.pace import Pace
from leadpact.demo.people import People
from leadpact.demo.script import Cue
from leadpact.kit.clock import Clock
from leadpact.local.client import Api

_OWNER_WITHIN = 60.0  # seconds of the world
_TICK = 0.1

Tell = Callable[[Cue], None]


class Player:
    """Delivers cues, an owner's act as whoever owns the lead by then; `tell` hears each."""

    def __init__(self, courier: Courier, people: People, tell: Tell) -> None:
        self._courier = courier
        self._people = people
        self._tell = tell

    async def live(self, cues: Sequence[Cue], clock: Clock) -> None:
        """Deliver each cue when business time has come to it."""
        for cue in cues:
            await clock.sleep_until(cue.told_at)
            await self._perform(cue)

    async def stepping(self, cues: Sequence[Cue], pace: Pace) -> None:
        """Step the clock from cue to cue, and on the way to all that is due for the story's leads."""
        for cue in cues:
            await pace.quiet_until(cue.told_at, await self._people.all())
            await self._perform(cue)
            pace.happened()
            if cue.act.captures:
                await pace.shown()  # so that what is due for this lead is waited for

    async def _perform(self, cue: Cue) -> None:
        self._tell(cue)
        await self._courier.deliver(cue, await self._owner(cue) if cue.act.owner else None)

    async def _owner(self, cue: Cue) -> str:
        """Who owns the lead, as reporting shows it; raises `NobodyOwns`."""
        began = monotonic()
        while monotonic() - began < _OWNER_WITHIN:
            for id_ in await self._people.ids(cue.lead):
                if owner := (await self._people.listed(id_))["owner"]:
                    return str(owner)
            await asyncio.sleep(_TICK)
        raise NobodyOwns(f"{cue.lead.person.name} has no owner at {cue.act.at}: `leadpact doctor`")


async def crowd(api: Api, items: Sequence[Item], clock: Clock) -> None:
    """Everybody else, so that the wall moves: items as they come, each when business time has come to it."""
    for item in items:
        await clock.sleep_until(item.at)
        await api.post(item.path, item.body, source=WEBSITE)
