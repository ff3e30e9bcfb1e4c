"""What senders may say to us, as structs: the one definition that checks at the door, maps, and documents itself.

Vendors' deliveries and CSV rows are brought into these shapes first, so that everything behind them exists once.
"""

from typing import Annotated, Any

import msgspec

from leadpact.contracts.envelope import ActorKind
from leadpact.contracts.events.lead import DealStatus, Direction, Outcome, TouchKind, Verdict

MOST_ITEMS = 1_000

Whole = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
"""A whole number as every store behind us keeps it: 64 bits."""


class Utm(msgspec.Struct, frozen=True):
    """The UTM parameters of a visit."""

    source: str | None = None
    medium: str | None = None
    campaign: str | None = None
    term: str | None = None
    content: str | None = None


class By(msgspec.Struct, frozen=True):
    """Who did it, as the sender knows (rule 45)."""

    id: str
    kind: ActorKind = ActorKind.HUMAN


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """What every item may carry: its delivery key, its time, and the actor."""

    id: str | int | None = None
    occurred_at: str | float | int | None = None
    actor: By | None = None


class About(Item, frozen=True, kw_only=True):
    """An item about a person, named by our id or by any of their keys (rule 10)."""

    lead: str | None = None
    contact_id: str | int | None = None
    email: str | None = None
    phone: str | None = None
    anonymous_id: str | int | None = None


class Lead(About, frozen=True, kw_only=True):
    """Somebody gave us their data."""

    name: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    company: str | None = None
    website: str | None = None
    job_title: str | None = None
    employees: Whole | float | str | None = None
    country: str | None = None
    zone: str | None = None
    form: str | None = None
    campaign: str | None = None
    landing_page: str | None = None
    referrer: str | None = None
    origin: str | None = None
    utm: Utm | None = None
    attributes: dict[str, str | Whole | float | bool | None] = {}
    test: bool = False


class Behaviour(About, frozen=True, kw_only=True, tag="behaviour", tag_field="type"):
    """A signal of interest: a page, an event, a mail that was opened."""

    kind: str
    subject: str
    referrer: str | None = None
    utm: Utm | None = None


class _Touch(About, frozen=True, kw_only=True):
    kind: TouchKind
    direction: Direction = Direction.OUT
    outcome: Outcome
    seconds: Whole | None = None
    target: str | None = None
    reference: str | None = None


class Touch(_Touch, frozen=True, kw_only=True, tag="touch", tag_field="type"):
    """A call, mail or meeting, as dialer, mailbox or CRM saw it."""


class TouchLogged(_Touch, frozen=True, kw_only=True, tag="touch", tag_field="command"):
    """A touch that a person logged by hand."""


class Amount(msgspec.Struct, frozen=True):
    """Integer minor units with an ISO 4217 currency (rule 46)."""

    minor: Whole
    currency: str


class _Deal(About, frozen=True, kw_only=True):
    opportunity: str
    status: DealStatus
    amount: Amount | None = None
    product_line: str | None = None


class Deal(_Deal, frozen=True, kw_only=True, tag="deal", tag_field="type"):
    """An opportunity moved, as the CRM saw it."""


class DealLogged(_Deal, frozen=True, kw_only=True, tag="deal", tag_field="command"):
    """An opportunity moved, as a person said."""


class Owner(About, frozen=True, kw_only=True, tag="owner", tag_field="type"):
    """The CRM says who owns the lead (rule 33)."""

    owner: str


class OwnerSet(About, frozen=True, kw_only=True, tag="own", tag_field="command"):
    """A person says who owns the lead in the CRM."""

    owner: str


class _Consent(About, frozen=True, kw_only=True):
    purpose: str
    granted: bool
    text: str | None = None


class Consent(_Consent, frozen=True, kw_only=True, tag="consent", tag_field="type"):
    """Opt-in or opt-out (rule 47)."""


class ConsentLogged(_Consent, frozen=True, kw_only=True, tag="consent", tag_field="command"):
    """Opt-in or opt-out that a person took down."""


class Dispose(About, frozen=True, kw_only=True, tag="dispose", tag_field="command"):
    """Sales' verdict on an MQL (rule 35)."""

    verdict: Verdict
    reason: str | None = None
    note: str | None = None
    data: dict[str, str] = {}
    engagement: str | None = None


class Reassign(About, frozen=True, kw_only=True, tag="reassign", tag_field="command"):
    """A person asks for another owner."""

    owner: str
    reason: str


class RepSaid(msgspec.Struct, frozen=True):
    """A member of a team."""

    id: str
    name: str
    weight: Whole = 1
    capacity: Whole = 1_000
    mail: str | None = None


class Roster(Item, frozen=True, kw_only=True, tag="roster", tag_field="command"):
    """Who is in a team from now on."""

    team: str
    reps: list[RepSaid]
    reason: str


class Leave(Item, frozen=True, kw_only=True, tag="leave", tag_field="command", rename={"from_": "from"}):
    """A rep is absent in `[from, to)`."""

    rep: str
    from_: str | float | int
    to: str | float | int
    reason: str


class Closure(Item, frozen=True, kw_only=True, tag="closure", tag_field="command"):
    """A team's calendar is closed on a local date."""

    team: str
    day: str
    reason: str


class BackfillClose(Item, frozen=True, kw_only=True, tag="backfill.close", tag_field="command"):
    """Release what was staged in a lane (rule 43)."""

    lane: str


Activity = Behaviour | Touch | Deal | Owner | Consent
Command = (
    Dispose | TouchLogged | DealLogged | Reassign | OwnerSet | ConsentLogged | Roster | Leave | Closure | BackfillClose
)
Shape = Lead | Activity | Command

KINDS: dict[str, Any] = {"leads": Lead, "activities": Activity, "commands": Command}
"""The endpoint's last word and what its items are."""
