"""The deliveries of a run, sent at a rate whatever happens to those before: nobody waits for us out there.

Some are sent twice, some are held back so that later ones overtake them. What gets no answer, or a 5xx, is sent again
until it does.
"""

import asyncio
from datetime import datetime, timedelta
from http import HTTPStatus
from random import Random
from time import monotonic

import aiohttp
from msgspec import json

from leadpact.chaos.ledger import Ledger, Posted
from leadpact.chaos.letters import Letter, letters
from leadpact.chaos.poison import POISON

TWICE, HELD_BACK = 0.03, 0.1
POISONED = 1_000
"""One letter in so many is poison; in a short run more are, so that each kind comes."""
_TICK = 0.02
_AGAIN = 1.0  # seconds before the next try
_LONGEST = 5.0  # seconds held back
_AT_ONCE = 64
_PEOPLE_EACH = 8  # facts a person, on average


class Load:
    """Sends to one origin; the same seed sends the same, but for the times."""

    def __init__(self, http: aiohttp.ClientSession, ledger: Ledger, rate: float, seed: int, now: datetime) -> None:
        self.ledger = ledger
        self._http = http
        self._rate = rate
        self._random = Random(seed)  # noqa: S311 - the same in every run of a seed
        self._now = now
        self._began = monotonic()
        self._posted: asyncio.Queue[tuple[Letter, Posted]] = asyncio.Queue()

    async def run(self, seconds: float, stopping: asyncio.Event) -> None:
        """Send until asked to stop, after about so long, and until all has been answered."""
        self._began = monotonic()
        random, sent, count = self._random, 0, self._rate * seconds
        every = max(2, min(POISONED, int(count / (len(POISON) + 1))))
        made = letters(random, max(50, int(count / _PEOPLE_EACH)), self._business, POISON, every)
        async with asyncio.TaskGroup() as group:
            senders = [group.create_task(self._send()) for _ in range(_AT_ONCE)]
            while not stopping.is_set():
                while sent < (monotonic() - self._began) * self._rate:
                    sent += 1
                    letter = next(made)
                    copies = 2 if random.random() < TWICE else 1
                    posted = self.ledger.post(letter, copies)
                    for _ in range(copies):
                        self._post(letter, posted, random.uniform(0, _LONGEST) if random.random() < HELD_BACK else 0)
                await asyncio.sleep(_TICK)
            await asyncio.sleep(_LONGEST)  # then nothing is held back any more
            await self._posted.join()
            for sender in senders:
                sender.cancel()

    def _business(self) -> datetime:
        return self._now + timedelta(seconds=monotonic() - self._began)

    def _post(self, letter: Letter, posted: Posted, wait: float) -> None:
        """A task for each would be a hundred thousand of them when the door is shut for long."""
        asyncio.get_running_loop().call_later(wait, self._posted.put_nowait, (letter, posted))

    async def _send(self) -> None:
        """Deliver one after the other, each until it is answered."""
        while True:
            letter, posted = await self._posted.get()
            while True:
                if await self._try(letter, posted):
                    break
                await asyncio.sleep(_AGAIN)
            self.ledger.settle(letter.key, posted)
            self._posted.task_done()

    async def _try(self, letter: Letter, posted: Posted) -> bool:
        """Whether it was answered."""
        headers = {"Content-Type": "application/json", **letter.headers}
        try:
            async with self._http.post(letter.path, data=letter.body, headers=headers) as answer:
                status, said = answer.status, await answer.read()
        except (aiohttp.ClientError, TimeoutError) as error:
            self.ledger.answers[type(error).__name__] += 1
            posted.open += 1
            return False
        self.ledger.answers[str(status)] += 1
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            posted.open += 1
            return False
        if status != letter.status:
            posted.wrong.append(status)
        elif status < HTTPStatus.BAD_REQUEST:
            posted.given.append(str(json.decode(said)["ingest"]))
        else:
            posted.refused += 1
        return True
