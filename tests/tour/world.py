"""The world of the tour: an office in New York, four services in one process, and short ways to say what people do.

Deliveries go through the real door (over ASGI) and the real handlers; only Kafka, PostgreSQL and the clock are stood in
for. Every act names its local time in the week of 4 May 2026: time passes to it, and what follows has followed when the
act returns.
"""

import base64
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import count
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import httpx

from leadpact.contracts import envelope as wire
from leadpact.contracts.agreement import Agreement
from leadpact.contracts.envelope import Envelope
from leadpact.contracts.events.agreement import Activated
from leadpact.contracts.events.lead import Captured
from leadpact.contracts.events.sla import ClockJudged, ClockKind
from leadpact.contracts.registry import BY_KIND, Event, read
from leadpact.contracts.topics import LEADS, QUALIFICATION, RAW, SLA
from leadpact.intake.domain.entry import Source
from leadpact.intake.door.accept import Acceptor
from leadpact.intake.door.hot import Door
from leadpact.intake.door.keeper import Keeper
from leadpact.intake.door.publisher import Publisher
from leadpact.intake.normaliser import handler as normaliser
from leadpact.intake.normaliser.memory import MemoryBooks
from leadpact.intake.spool.memory import MemorySpool
from leadpact.kit.decider import Decider
from leadpact.kit.handling import Duty
from leadpact.kit.rows import Message
from leadpact.kit.stage import duty
from leadpact.kit.vault import Hasher
from leadpact.qualifier.agreement import content_hash
from leadpact.qualifier.agreement import read as resolved
from leadpact.qualifier.agreement.source import parse
from leadpact.qualifier.book import STREAM as AGREEMENTS
from leadpact.qualifier.domain.decider import Qualifier
from leadpact.qualifier.starters import text
from leadpact.reporting import handlers as reporting
from leadpact.reporting.domain import sentences, tables
from leadpact.sla_monitor import judge
from leadpact.sla_monitor.domain.decider import SlaMonitor
from leadpact.testkit.clock import ManualClock
from leadpact.testkit.facts import Facts
from leadpact.testkit.line import Line
from leadpact.testkit.memory import MemorySafe
from tests.doubles.models import MemoryModels
from tests.doubles.registry import MemoryRegistry
from tests.tour.doors import FORMS, SITE, keys
from tests.tour.people import ANN, BOB, CRM, OPERATIONS, Person

E = TypeVar("E", bound=Event)
ZONE = ZoneInfo("America/New_York")
MONDAY = date(2026, 5, 4)
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def when(told: str) -> datetime:
    """`Tue 09:10` in the week of 4 May 2026, New York; `-Tue` is a week earlier, `+Tue` a week later."""
    day, clock = told.lstrip("+-").split()
    weeks = told.startswith("+") - told.startswith("-")
    found = MONDAY + timedelta(days=_DAYS.index(day), weeks=weeks)
    return datetime.fromisoformat(f"{found}T{clock}").replace(tzinfo=ZONE).astimezone(UTC)


class World:
    """Everything that runs, and everything that was written down."""

    def __init__(self, *stages: Decider[Any, Any]) -> None:
        self.clock = ManualClock(when("Mon 09:00"))
        self.books = MemoryBooks({name: Source(name) for name in ("api", FORMS.name, SITE.name)})
        self.models = MemoryModels()
        self._safe = MemorySafe()
        self._hasher = Hasher(bytes(32))
        self._visits = count(1)
        self._facts = Facts()
        self.line = Line(
            self.clock,
            Duty("agreements", inputs=[[]], outputs=[[AGREEMENTS]]),
            normaliser.duty(
                lambda _: normaliser.Normaliser(lambda _: self.books, self._safe, self._hasher, lambda _, __: None)
            ),
            *map(duty, stages or (Qualifier(), SlaMonitor())),
            judge.duty(),
            *reporting.duties(self.models.write_in_turn),
        )
        acceptor = Acceptor(Keeper(Publisher(self.line.log), MemorySpool()), self._safe, self.clock)
        door = Door(keys(), MemoryRegistry(FORMS, SITE), acceptor, lambda _, __: None, lambda _, __: None, _nobody)
        self._http = httpx.AsyncClient(transport=httpx.ASGITransport(door), base_url="http://leadpact")

    async def begins(self) -> "World":
        """Monday morning: the sample agreement is in force, Ann and Bob are on the roster of the team it routes to."""
        await self.agree(sample())
        reps = [
            {"id": ANN, "name": "Ann Lee", "mail": "ann@us.example"},
            {"id": BOB, "name": "Bob Moreau", "mail": "bob@us.example"},
        ]
        await self.commands("Mon 09:00", OPERATIONS, command="roster", team="inbound", reps=reps, reason="our team")
        return self

    async def agree(self, agreement: Agreement) -> None:
        """Bring an agreement that both teams have signed into force."""
        event = Activated(agreement=agreement, hash=content_hash(agreement))
        fact = self._facts(event, lead=agreement.id, at=self.clock.business())
        await self.line.store.append(AGREEMENTS, [Message(agreement.id.encode(), wire.encode(fact.envelope))])
        await self.line.settle()

    # ── what happens ─────────────────────────────────────────────────────────────────────────────────────────────────
    async def until(self, at: str) -> None:
        """Let time pass."""
        await self.line.until(when(at))

    async def resumes(self, at: str) -> None:
        """Our intake has stood still since the last thing that happened; only now it goes on."""
        self.books.wall += when(at) - self.clock.business()
        self.clock.step_to(when(at))
        await self.line.settle()

    async def opens(self, at: str, who: Person, page: str) -> httpx.Response:
        """A visitor opens a page of our website, which tells Segment."""
        told = {"anonymousId": who.cookie, "properties": {"path": page}, "messageId": f"visit {next(self._visits)}"}
        return await self.post(at, "/segment/v1/page", told, auth=(SITE.secrets[0], ""))

    async def fills_in(self, at: str, who: Person, form: str, signed_with: str = FORMS.secrets[0]) -> httpx.Response:
        """Somebody fills in one of our forms; Typeform signs what it tells us."""
        answers = [
            {"type": "email", "email": who.email, "field": {"ref": "email"}},
            {"type": "text", "text": who.name, "field": {"ref": "name"}},
            {"type": "text", "text": who.title, "field": {"ref": "job_title"}},
            {"type": "number", "number": who.employees, "field": {"ref": "employees"}},
        ]
        hidden = {"anonymous_id": who.cookie}
        response = {"form_id": form, "submitted_at": when(at).isoformat(), "hidden": hidden, "answers": answers}
        body = json.dumps({"event_id": f"{form} of {who.email}", "form_response": response}).encode()
        signature = base64.b64encode(hmac.digest(signed_with.encode(), body, "sha256")).decode()
        return await self.post(at, "/hooks/typeform/forms", body, {"Typeform-Signature": f"sha256={signature}"})

    async def asks_for_a_demo(self, at: str, who: Person) -> None:
        """Somebody looks at the prices twice and asks for a demo: all that the sample agreement wants of who fits."""
        await self.opens(at, who, "/pricing")
        await self.opens(at, who, "/pricing")
        await self.fills_in(at, who, "demo")

    async def touches(self, at: str, rep: str, who: Person, *, told: str | None = None, **touch: Any) -> httpx.Response:  # noqa: ANN401 - JSON
        """A rep calls or writes; the CRM tells us at once, or when `told` says."""
        by = {"id": rep, "kind": "human"}
        item = {"type": "touch", "email": who.email, "actor": by, "occurred_at": when(at).isoformat(), **touch}
        return await self.post(told or at, "/v1/activities", item, {"Authorization": f"Bearer {CRM}"})

    async def commands(self, at: str, by: str, **command: Any) -> httpx.Response:  # noqa: ANN401 - JSON
        """One of our own people decides something, with their own key."""
        return await self.post(at, "/v1/commands", command, {"Authorization": f"Bearer {by}"})

    async def remembers(self, lane: str, path: str, *items: Mapping[str, Any]) -> httpx.Response:
        """Operations load a piece of history, now; it is released when the lane is closed."""
        headers = {"Authorization": f"Bearer {OPERATIONS}", "X-Leadpact-Backfill": lane}
        return await self.send(path, json.dumps(items).encode(), headers)

    async def post(
        self,
        at: str,
        path: str,
        body: object,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
    ) -> httpx.Response:
        """Deliver JSON, or bytes as they are."""
        await self.until(at)
        return await self.send(path, body if isinstance(body, bytes) else json.dumps(body).encode(), headers, auth)

    async def send(
        self, path: str, body: bytes, headers: Mapping[str, str] | None, auth: tuple[str, str] | None = None
    ) -> httpx.Response:
        """Deliver bytes at the time that it is, whatever nobody has noticed yet."""
        answer = await self._http.post(path, content=body, headers=headers, auth=auth or httpx.USE_CLIENT_DEFAULT)
        await self.line.settle()
        return answer

    # ── what was written down ────────────────────────────────────────────────────────────────────────────────────────
    def lead(self, who: Person) -> str:
        """Our id of a person; raises `KeyError` for a stranger."""
        return self.books.bindings[self._hasher("email", who.email)]

    def facts(self, kind: type[E], who: Person | None = None) -> list[Envelope]:
        """The envelopes of all events of a kind, about one person or all, in the order in which they were recorded."""
        name, lead = BY_KIND[kind].name, who and self.lead(who)
        found = {fact.id: fact for fact in self._told() if fact.type == name and lead in (None, fact.lead)}
        return sorted(found.values(), key=lambda fact: fact.recorded_at)

    def events(self, kind: type[E], who: Person | None = None) -> list[E]:
        """What they say."""
        return [event for envelope in self.facts(kind, who) if isinstance(event := read(envelope), kind)]

    async def contact(self, who: Person) -> dict[str, str] | None:
        """What was sealed when a person was captured, as somebody may see it who needs to."""
        (captured,) = self.events(Captured, who)
        (found,) = await self._safe.open([(self.lead(who), captured.sealed)], reader="a reader", purpose="the tour")
        return found

    def verdicts(self, who: Person, clock: ClockKind) -> list[str]:
        """Every verdict on a promise to a lead, the standing one last."""
        return [event.verdict.value for event in self.events(ClockJudged, who) if event.kind is clock]

    def mails(self) -> list[tuple[str, str]]:
        """To whom we wrote, and under which subject."""
        sent = self.line.store.rows.effects.values()
        return [(effect.payload["to"], effect.payload["subject"].partition(": ")[2]) for effect in sent]

    def kept(self) -> int:
        """How many deliveries stand in the raw log."""
        return len(self.line.records(RAW.name))

    def troubles(self) -> list[str]:
        """What a reader buried and whom a stage set aside, with the reasons: a bug of ours, seldom a sender's."""
        rows = self.line.store.rows
        aside = [parked.reason for slot in rows.slots.values() for parked in slot.parked.values()]
        return [*aside, *(letter.reason for letter in rows.dead)]

    def story(self, who: Person) -> list[str]:
        """The lead's time line, as its page shows it before anybody's name is known."""
        lead = self.lead(who)
        rows = [row for table in self.models.tables.values() for row in table.values()]
        told = [row for row in rows if isinstance(row, tables.Told) and row.lead == lead]
        told.sort(key=lambda row: row.recorded_at)
        return [f"{row.recorded_at.astimezone(ZONE):%a %H:%M} {sentences.named(row.says, {})}" for row in told]

    def _told(self) -> list[Envelope]:
        """Everything about leads that can be read, topic by topic."""
        buried = [letter.record for letter in self.line.store.rows.dead]
        found = [
            wire.decode(record.value)
            for topic in (LEADS, QUALIFICATION, SLA)
            for record in self.line.records(topic.name)
            if record not in buried
        ]
        return [envelope for envelope in found if envelope.lead]


@cache
def sample() -> Agreement:
    """The agreement we ship as a sample: a director or above in marketing or sales of 50 people or more, who asked for
    a demo or a price and looked at the prices twice in a week, hears from us within a business hour."""
    return resolved(parse(text("sample"), json=False), version=1, today=MONDAY)


async def _nobody(*_: object) -> None:
    raise AssertionError("the tour only delivers")
