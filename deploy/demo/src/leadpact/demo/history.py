"""A past for the empty system: days of leads, reps' work and deals, seeded, as deliveries in intake's own shapes.

The same seed and days give the same items. The simulator knows nothing of the agreement: who qualifies is for the
qualifier to say; reps here treat everybody who looks serious to them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from leadpact.contracts.events.control import Rep
from leadpact.demo.crowd import REASONS, Somebody, somebody

LEADS, ACTIVITIES, COMMANDS = "/v1/leads", "/v1/activities", "/v1/commands"
PER_WORKDAY = 38
UNREACHED = ("no_answer", "voicemail")
_OPEN, _CLOSE = time(9), time(17)
_SATURDAY = 5


@dataclass(frozen=True, slots=True)
class Item:
    """One item for one of intake's endpoints; `body` as its README says."""

    at: datetime
    path: str
    body: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Simulator:
    """The made-up world of one sales team; people are numbered from `first`, and no number is two people."""

    seed: int
    zone: ZoneInfo
    reps: tuple[Rep, ...]
    first: int = 0

    def days(self, until: datetime, days: int) -> Iterator[Item]:
        """Everything that happens in the `days` before `until`, lead by lead; nothing later than `until`."""
        random = Random(self.seed)
        number = self.first
        begin = until.astimezone(self.zone).date() - timedelta(days)
        for day in (begin + timedelta(n) for n in range(days)):
            weekend = day.weekday() >= _SATURDAY
            for _ in range(round(random.gauss(1, 0.15) * PER_WORKDAY * (0.25 if weekend else 1))):
                number += 1
                hour = min(23.9, max(0.0, random.gauss(13.5, 3.2)))
                at = datetime.combine(day, time(), self.zone).astimezone(ZoneInfo("UTC")) + timedelta(hours=hour)
                for item in self.life(random, somebody(random, number, at)):
                    if item.at < until:
                        yield item

    def life(self, random: Random, who: Somebody) -> Iterator[Item]:
        """One person from the first page to the deal."""
        cookie = f"cookie-{self.seed}-{who.number}"
        for at, path in who.reads:
            yield Item(at, ACTIVITIES, {"type": "behaviour", "anonymous_id": cookie, "kind": "page", "subject": path})
        yield Item(
            who.at,
            LEADS,
            {
                "contact_id": f"h{self.seed}-{who.number}",
                "anonymous_id": cookie,
                "email": who.email,
                "phone": who.phone,
                "name": who.name,
                "company": who.company,
                "job_title": who.title,
                "employees": who.employees,
                "form": who.form,
                "origin": who.channel.replace("_", " "),
            },
        )
        serious = who.employees >= 50 and who.form != "newsletter"  # noqa: PLR2004 - how a rep looks at a form
        if serious:
            yield from self._worked(random, who)

    def _worked(self, random: Random, who: Somebody) -> Iterator[Item]:
        """What the rep in charge does about it."""
        rep = random.choices(self.reps, weights=[rep.weight for rep in self.reps])[0].id
        answered = self._opening(who.at) + timedelta(minutes=min(600, random.lognormvariate(3.1, 0.9)))
        if random.random() < 0.04:  # noqa: PLR2004 - forgotten altogether
            return
        connected = random.random() < 0.35  # noqa: PLR2004 - a share of the simulated
        outcome = "connected" if connected else random.choice(UNREACHED)
        yield self._touch(answered, who, rep, "call", outcome)
        if who.rejected:
            reason = random.choice(REASONS)
            yield self._dispose(answered + timedelta(minutes=random.randint(5, 300)), who, rep, "rejected", reason)
            return
        last = answered
        whole = ("email", "call", "email", "call", "email")
        for kind in random.choices((whole, ("email", "call"), ("email",)), (8, 1, 1))[0]:
            last = self._opening(last + timedelta(hours=random.uniform(2, 20)))
            outcome = "sent" if kind == "email" else random.choice((*UNREACHED, "connected"))
            yield self._touch(last, who, rep, kind, outcome)
        if connected and random.random() < 0.75:  # noqa: PLR2004 - a share of the simulated
            accepted = self._opening(last + timedelta(hours=random.uniform(1, 20)))
            yield self._dispose(accepted, who, rep, "accepted", None)
            yield from self._deal(random, who, accepted)
        else:
            given_up = self._opening(last + timedelta(days=random.uniform(1, 6)))
            yield self._dispose(given_up, who, rep, "recycled", None)

    def _deal(self, random: Random, who: Somebody, accepted: datetime) -> Iterator[Item]:
        if random.random() > 0.5:  # noqa: PLR2004 - a share of the simulated
            return
        opened = self._opening(accepted + timedelta(days=random.uniform(1, 6)))
        amount = {"minor": random.randint(40, 220) * 10_000, "currency": "USD"}
        deal = {"type": "deal", "email": who.email, "opportunity": f"o{self.seed}-{who.number}"}
        yield Item(opened, ACTIVITIES, {**deal, "status": "open", "amount": amount})
        if random.random() < 0.7:  # noqa: PLR2004 - a share of the simulated
            ended = self._opening(opened + timedelta(days=random.uniform(4, 30)))
            status = "won" if random.random() < 0.3 else "lost"  # noqa: PLR2004 - a share of the simulated
            yield Item(ended, ACTIVITIES, {**deal, "status": status, "amount": amount})

    def _touch(self, at: datetime, who: Somebody, rep: str, kind: str, outcome: str) -> Item:
        body = {"type": "touch", "email": who.email, "actor": {"id": rep, "kind": "human"}, "kind": kind}
        seconds = 120 if outcome == "connected" else None
        return Item(at, ACTIVITIES, {**body, "direction": "out", "outcome": outcome, "seconds": seconds})

    def _dispose(self, at: datetime, who: Somebody, rep: str, verdict: str, reason: str | None) -> Item:
        body = {"command": "dispose", "email": who.email, "verdict": verdict, "reason": reason}
        return Item(at, COMMANDS, {**body, "data": {"note": "by phone"}, "actor": {"id": rep, "kind": "human"}})

    def _opening(self, at: datetime) -> datetime:
        """`at` itself in office hours, else some minutes into the next ones."""
        local = at.astimezone(self.zone)
        while local.weekday() >= _SATURDAY or local.time() >= _CLOSE:
            local = datetime.combine(local.date() + timedelta(1), _OPEN, self.zone)
        if local.time() < _OPEN:
            local = datetime.combine(local.date(), _OPEN, self.zone)
        return local.astimezone(ZoneInfo("UTC"))


def numbered(items: list[Item], seed: int) -> list[Item]:
    """Items in order of time, each with an `id` that makes a second delivery a duplicate, and with its time."""
    ordered = sorted(items, key=lambda item: item.at)
    return [
        Item(item.at, item.path, {"id": f"h{seed}-{n}", "occurred_at": item.at.isoformat(), **item.body})
        for n, item in enumerate(ordered)
    ]
