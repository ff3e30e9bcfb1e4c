"""The scripted story as data: who does what when, and what the people who wrote it say must come of it."""

from datetime import date, datetime, time, timedelta
from importlib import resources
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import yaml

from leadpact.contracts.events.control import Rep

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


class Person(msgspec.Struct, frozen=True):
    """What a lead types into forms."""

    name: str
    email: str
    phone: str
    title: str
    employees: int


class Act(msgspec.Struct, frozen=True, omit_defaults=True):
    """One thing that somebody does at a time; exactly one of the first six says who and what.

    `json`, `typeform`, `segment`: the lead, through that source. `lead`: the lead writes to us. `owner`: whoever owns
    the lead. `robot`: a machine of ours. `after`: when it reaches us, if later.
    """

    at: str
    json: str | None = None
    typeform: str | None = None
    segment: str | None = None
    lead: str | None = None
    owner: str | None = None
    robot: str | None = None
    after: str | None = None
    path: str | None = None
    event: str | None = None
    form: str | None = None
    channel: str | None = None
    source: str | None = None
    outcome: str | None = None
    seconds: int | None = None
    reference: str | None = None
    reason: str | None = None
    data: dict[str, str] = {}
    campaign: dict[str, str] = {}
    times: int = 1
    test: bool = False

    @property
    def captures(self) -> bool:
        """Whether we learn by it who the lead is."""
        return self.typeform is not None or self.json == "lead"


class Expectation(msgspec.Struct, frozen=True):
    """What must come of a lead, said by hand.

    Of promises the story says all: `routing`, `first_response`, `reply` (of an answer to the lead's own reply) and
    `cadence` are verdicts, None where nobody owed it; a promise that is not named here must not be there. `mql_at` and
    `sql` are None where the story does not say. `rejected` is the reason in the agreement's words; `recycled`: by the
    agreement, when the cadence was exhausted.
    """

    mql: bool
    mql_at: str | None = None
    routing: str | None = None
    first_response: str | None = None
    reply: str | None = None
    cadence: str | None = None
    sql: bool | None = None
    rejected: str | None = None
    recycled: bool = False


class Lead(msgspec.Struct, frozen=True):
    """One person of the story."""

    id: str
    says: str
    person: Person
    does: tuple[Act, ...]
    expect: Expectation


class Leave(msgspec.Struct, frozen=True):
    """A rep's absence."""

    rep: str
    from_: str = msgspec.field(name="from")
    to: str
    reason: str


class Story(msgspec.Struct, frozen=True):
    """All of it; times are local to `zone`."""

    zone: str
    starts: datetime
    ends: datetime
    team: str
    reps: tuple[Rep, ...]
    leave: tuple[Leave, ...]
    never_owner: tuple[str, ...]
    leads: tuple[Lead, ...]

    def instant(self, text: str) -> datetime:
        """`Wed 09:30`, counted from the start, or `+Tue 10:00`, a week later than that, as UTC."""
        day, _, clock = text.partition(" ")
        start = self.starts.date()
        days = (_DAYS.index(day.lstrip("+")) - start.weekday()) % 7 + 7 * day.startswith("+")
        return self._utc(start + timedelta(days), time.fromisoformat(clock))

    @property
    def begin(self) -> datetime:
        """The first instant, UTC."""
        return self._utc(self.starts.date(), self.starts.time())

    @property
    def end(self) -> datetime:
        """The last instant, UTC."""
        return self._utc(self.ends.date(), self.ends.time())

    def _utc(self, day: date, clock: time) -> datetime:
        return datetime.combine(day, clock, ZoneInfo(self.zone)).astimezone(ZoneInfo("UTC"))


def load() -> Story:
    """The story that ships with Leadpact."""
    text = resources.files("leadpact.demo").joinpath("story.yaml").read_text()
    raw: dict[str, Any] = yaml.safe_load(text)
    return msgspec.convert(raw, Story)
