"""Facts about a lead, as intake normalised them: topic `leads`, forwarded downstream."""

from enum import StrEnum
from typing import Any

import msgspec

from leadpact.contracts.registry import Event, event, upcaster

Feature = str | int | float | bool
"""A clear attribute that definitions may read; contact data never are (rule 13)."""


class TouchKind(StrEnum):
    """How somebody reached out."""

    CALL = "call"
    EMAIL = "email"
    SOCIAL = "social"
    MEETING = "meeting"


class Direction(StrEnum):
    """Outward: we to the lead. Inward: the lead to us."""

    OUT = "out"
    IN = "in"


class Outcome(StrEnum):
    """What came of a touch."""

    CONNECTED = "connected"
    NO_ANSWER = "no_answer"
    VOICEMAIL = "voicemail"
    SENT = "sent"
    BOUNCED = "bounced"
    REPLIED = "replied"
    AUTO_REPLY = "auto_reply"
    BOOKED = "booked"
    HELD = "held"


class Verdict(StrEnum):
    """What sales decided about an MQL (rules 22 and 35)."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    RECYCLED = "recycled"


class DealStatus(StrEnum):
    """Where an opportunity stands."""

    OPEN = "open"
    WON = "won"
    LOST = "lost"


class Money(msgspec.Struct, frozen=True):
    """Integer minor units with an ISO 4217 currency (rule 46)."""

    minor: int
    currency: str


@event("lead.captured")
class Captured(Event):
    """A person became known to us; of several, the earliest says how. `sealed` is contact data, by the person's key."""

    source: str
    channel: str
    form: str | None = None
    campaign: str | None = None
    features: dict[str, Feature] = {}
    sealed: str = ""
    test: bool = False


@event("lead.profiled")
class Profiled(Event):
    """What an item told of a known lead, at its time, known already or not; of each attribute the latest stands."""

    source: str
    features: dict[str, Feature] = {}
    sealed: str = ""


@event("lead.behaved")
class Behaved(Event):
    """A signal of interest: `kind` page, form, email, webinar, …; `subject` the path or the form's name.

    A mail's subject line that is more than a name is in `sealed`, under the person's key, and `subject` is empty.
    """

    source: str
    kind: str
    subject: str
    channel: str | None = None
    visitor: bool = False
    sealed: str = ""


@event("lead.touched")
class Touched(Event):
    """A call, mail or meeting; the envelope's actor made it (outward) or is the lead (inward).

    `seconds` is the length of a call; `target` a keyed hash of the number or address; `reference` the sender's own id,
    by which a later bounce names the mail.
    """

    source: str
    kind: TouchKind
    direction: Direction
    outcome: Outcome
    seconds: int | None = None
    target: str | None = None
    reference: str | None = None


@event("lead.disposed", version=2)
class Disposed(Event):
    """Sales' verdict on an MQL: accepted as SQL, rejected with a reason, recycled (rule 35).

    `reason` is an id of the agreement's; `given` names the data that came with it. What they say, and the note, is in
    `sealed`, under the person's key (rule 13). `engagement` says which one is meant; it may be left out while the lead
    has only one open. Where `cadence` is given nobody of sales said so: that cadence is exhausted, and this is what the
    agreement then wants (rule 27).
    """

    verdict: Verdict
    reason: str | None = None
    given: tuple[str, ...] = ()
    sealed: str = ""
    engagement: str | None = None
    cadence: str | None = None


@upcaster("lead.disposed", 1)
def _given(data: dict[str, Any]) -> dict[str, Any]:
    """Its note and the values of its data stood in the clear: nobody is handed them any more."""
    kept = {name: data[name] for name in ("verdict", "reason", "engagement") if name in data}
    return kept | {"given": [name for name, value in data.get("data", {}).items() if value.strip()]}


@event("lead.owned")
class Owned(Event):
    """The CRM says who owns the lead; it beats our routing (rule 33)."""

    source: str
    owner: str


@event("lead.dealt")
class Dealt(Event):
    """An opportunity of the lead moved; without a `product_line` it belongs to the lead's oldest open engagement."""

    source: str
    opportunity: str
    status: DealStatus
    amount: Money | None = None
    product_line: str | None = None


@event("lead.consented")
class Consented(Event):
    """Opt-in or opt-out, with the version of the text that was agreed to (rule 47)."""

    source: str
    purpose: str
    granted: bool
    text: str | None = None


@event("lead.reassigned_by_hand", version=2)
class ReassignedByHand(Event):
    """A person asked for another owner; why they did is in `sealed`, under the lead's key (rule 13)."""

    owner: str
    sealed: str = ""


@upcaster("lead.reassigned_by_hand", 1)
def _owner(data: dict[str, Any]) -> dict[str, Any]:
    """Its reason stood in the clear: nobody is handed it any more."""
    return {"owner": data["owner"]}


@event("identity.conflicted")
class Conflicted(Event):
    """A delivery linked this lead with another identified one; until merging exists the link is only recorded."""

    other: str
    key: str
    source: str
