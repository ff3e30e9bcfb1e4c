"""Who of the story is which lead: found by the campaign they came by, for contact data are sealed."""

import asyncio
from datetime import datetime
from typing import Any

from leadpact.demo.courier import campaign
from leadpact.demo.story import Lead, Story
from leadpact.local.client import Api

LEADS = "/v1/reports/leads"
_TICK = 0.2


class People:
    """Leads of the story by name; each is looked for once."""

    def __init__(self, api: Api, story: Story) -> None:
        self._api = api
        self._since = story.begin
        self._wanted = {campaign(lead): lead.id for lead in story.leads}
        self._seen: set[str] = set()
        self._found: dict[str, list[str]] = {}

    async def ids(self, lead: Lead) -> list[str]:
        """The ids of a lead: one, once it has arrived; more would mean that one person became several leads."""
        await self._look()
        return self._found.get(lead.id, [])

    async def arrived(self) -> dict[str, list[str]]:
        """The ids of those who have arrived, by the id that the story gives them."""
        await self._look()
        return dict(self._found)

    async def all(self) -> set[str]:
        """The ids of everybody who has arrived."""
        await self._look()
        return {id_ for ids in self._found.values() for id_ in ids}

    async def since_begin(self) -> set[str]:
        """The ids of all leads since the story's begin, whether the story knows them or not."""
        await self._look()
        return set(self._seen)

    async def first_mql(self) -> None:
        """Return once the list of leads shows somebody who came since the story's begin as an MQL."""
        while True:
            if any(row["recognised_at"] for row in await self._recent()):
                return
            await asyncio.sleep(_TICK)

    async def listed(self, id_: str) -> dict[str, Any]:
        """A line of the list of leads."""
        page = await self._api.get(LEADS, id=id_)
        return dict(page["items"][0])

    async def story(self, id_: str) -> dict[str, Any]:
        """All that the read models know of a lead."""
        return dict(await self._api.get(f"{LEADS}/{id_}"))

    async def _look(self) -> None:
        for row in await self._recent():
            await self._meet(row["lead"])

    async def _recent(self) -> list[dict[str, Any]]:
        """The lines of the list of leads since the story's begin, newest first."""
        found: list[dict[str, Any]] = []
        cursor: str | None = None
        while True:
            page = await self._api.get(LEADS, limit=50, cursor=cursor)
            recent = [row for row in page["items"] if datetime.fromisoformat(row["captured_at"]) >= self._since]
            found += recent
            cursor = page["next"]
            if cursor is None or len(recent) < len(page["items"]):
                return found

    async def _meet(self, id_: str) -> None:
        if id_ in self._seen:
            return
        self._seen.add(id_)
        name = self._wanted.get((await self.story(id_))["campaign"] or "")
        if name is not None:
            self._found.setdefault(name, []).append(id_)
