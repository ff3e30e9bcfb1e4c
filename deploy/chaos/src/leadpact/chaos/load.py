"""The deliveries of a run, sent at a rate whatever happens to those before: nobody waits for us out there.

Some are sent twice, some tell of long ago, one in a thousand cannot be used. What gets no 2xx is sent again, under the
same id, until it does.
"""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from time import monotonic
from typing import Any

import httpx

TWICE, LATE, POISON = 0.03, 0.1, 0.001
_TICK = 0.02
_AGAIN = 1.0  # seconds before the next try
_AT_ONCE = 64
_PEOPLE_EACH = 8  # facts a person, on average
_LONG_AGO = timedelta(days=3)
_BEFORE_ALL = "1980-01-01T00:00:00Z"  # quarantined: before 1990


@dataclass(slots=True)
class Ledger:
    """What the sender knows: for each id the numbers that intake gave to what it accepted, and how many tries got no
    2xx (a 503, a timeout: they may have come through all the same)."""

    accepted: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    without_answer: Counter[str] = field(default_factory=Counter)
    answers: Counter[str] = field(default_factory=Counter)
    poisoned: int = 0
    unanswered: int = 0


class Load:
    """Sends to one origin; the same seed sends the same, but for the times."""

    def __init__(self, http: httpx.AsyncClient, rate: float, seed: int, now: datetime) -> None:
        self.ledger = Ledger()
        self._http = http
        self._rate = rate
        self._random = Random(seed)  # noqa: S311 - the same in every run of a seed
        self._now = now
        self._began = monotonic()
        self._room = asyncio.Semaphore(_AT_ONCE)

    async def run(self, seconds: float, stopping: asyncio.Event) -> None:
        """Send for so long, or until asked to stop, and until all has been accepted."""
        self._began = monotonic()
        made, sent = self._made(seconds), 0
        async with asyncio.TaskGroup() as sending:
            while (passed := monotonic() - self._began) < seconds and not stopping.is_set():
                while sent < passed * self._rate:
                    sent += 1
                    path, item = next(made)
                    times = 2 if self._random.random() < TWICE else 1
                    for _ in range(times):
                        sending.create_task(self._deliver(path, item))
                await asyncio.sleep(_TICK)

    async def _deliver(self, path: str, item: dict[str, Any]) -> None:
        self.ledger.unanswered += 1
        async with self._room:
            while True:
                if (ingest := await self._try(path, item)) is not None:
                    break
                await asyncio.sleep(_AGAIN)
        self.ledger.accepted[item["id"]].append(ingest)
        self.ledger.unanswered -= 1

    async def _try(self, path: str, item: dict[str, Any]) -> str | None:
        """What intake calls it, if it took it."""
        try:
            answer = await self._http.post(path, json=item)
        except httpx.TransportError as error:
            self.ledger.answers[type(error).__name__] += 1
            self.ledger.without_answer[item["id"]] += 1
            return None
        self.ledger.answers[str(answer.status_code)] += 1
        if answer.status_code == httpx.codes.ACCEPTED:
            return str(answer.json()["ingest"])
        self.ledger.without_answer[item["id"]] += 1
        return None

    def _made(self, seconds: float) -> Iterator[tuple[str, dict[str, Any]]]:
        """Paths and items without end."""
        random, number = self._random, 0
        people = max(50, int(self._rate * seconds / _PEOPLE_EACH))
        while True:
            number += 1
            at = self._now + timedelta(seconds=monotonic() - self._began)
            if random.random() < LATE:
                at -= _LONG_AGO * random.random()
            person = random.randrange(people)
            item: dict[str, Any] = {"id": f"d{number}", "occurred_at": at.isoformat(), "email": _email(person)}
            if random.random() < POISON:
                self.ledger.poisoned += 1
                yield "/v1/leads", {**item, "occurred_at": _BEFORE_ALL}
                continue
            chance = random.random()
            if chance < 0.3:  # noqa: PLR2004 - three in ten fill in a form
                yield "/v1/leads", item | _form(person, random)
            elif chance < 0.85:  # noqa: PLR2004 - most look around
                yield "/v1/activities", item | {"type": "behaviour", "kind": "page", "subject": f"/page/{number % 40}"}
            else:
                yield "/v1/activities", item | _touch(random)


def _email(person: int) -> str:
    return f"person{person}@company{person}.example"


def _form(person: int, random: Random) -> dict[str, Any]:
    form = "demo" if random.random() < 0.3 else "newsletter"  # noqa: PLR2004 - enough become MQL
    return {"name": f"Person {person}", "company": f"Company {person}", "employees": 120, "country": "DE", "form": form}


def _touch(random: Random) -> dict[str, Any]:
    outcome = random.choice(("connected", "no_answer", "voicemail"))
    actor = {"id": random.choice(("ann", "bo", "cy")), "kind": "human"}
    return {"type": "touch", "kind": "call", "direction": "out", "outcome": outcome, "seconds": 60, "actor": actor}
