"""The life of an agreement's version: draft, signed by both teams, in force, replaced or withdrawn (rule 45)."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from leadpact.calendar import from_dict
from leadpact.contracts.agreement import Agreement
from leadpact.contracts.envelope import Actor, ActorKind
from leadpact.kit.errors import Forbidden
from leadpact.qualifier.errors import Conflict


class State(StrEnum):
    """Where a version stands."""

    DRAFT = "draft"
    IN_FORCE = "in_force"
    REPLACED = "replaced"
    WITHDRAWN = "withdrawn"


class Team(StrEnum):
    """Who signs."""

    MARKETING = "marketing"
    SALES = "sales"


@dataclass(frozen=True, slots=True)
class Approval:
    """A person's signature for a team under the version's content."""

    team: Team
    person: str
    name: str
    signed_at: datetime


@dataclass(frozen=True, slots=True)
class Paper:
    """One version: what was written, what it means, who signed."""

    agreement: Agreement
    hash: str
    state: State
    media: str
    source: str
    drafted_by: str
    drafted_at: datetime
    activated_by: str | None = None
    activated_at: datetime | None = None
    approvals: tuple[Approval, ...] = ()

    @property
    def title(self) -> str:
        """What people call it."""
        return f"{self.agreement.id} version {self.agreement.version}"


def may_sign(paper: Paper, actor: Actor, roles: Collection[str], team: Team, seen: str) -> None:
    """Whether a person may sign now for a team what they have `seen` (a hash); raises `Forbidden`, `Conflict`."""
    if actor.kind is not ActorKind.HUMAN:
        raise Forbidden("only a person signs an agreement")
    if team.value not in roles:
        raise Forbidden(f"only somebody of {team} signs for {team}")
    _must_be(paper, State.DRAFT)
    if seen != paper.hash:
        raise Conflict(f"the content of {paper.title} is not what you have read: its hash is {paper.hash}")
    for approval in paper.approvals:
        if approval.person == actor.id:
            raise Conflict(f"{approval.name} has signed already, for {approval.team}; nobody signs twice")
        if approval.team is team:
            raise Conflict(f"{approval.name} has signed already for {team}")


def may_activate(paper: Paper, now: datetime) -> None:
    """Whether a version may come into force: raises `Conflict` unless a person of each team has signed it.

    Nor may one whose calendar has ended since it was written: it would judge nothing (docs/adr/0011).
    """
    _must_be(paper, State.DRAFT)
    signed = {approval.team for approval in paper.approvals}
    if missing := [team for team in Team if team not in signed]:
        raise Conflict(f"{paper.title} still needs the signature of {' and '.join(missing)}")
    calendar = from_dict(paper.agreement.calendar)
    if calendar.ends <= now:
        raise Conflict(f"the calendar of {paper.title} ended on {calendar.last}: draft it again")


def may_withdraw(paper: Paper) -> None:
    """Whether a version may be taken out of force; raises `Conflict`."""
    _must_be(paper, State.IN_FORCE)


def _must_be(paper: Paper, state: State) -> None:
    if paper.state is not state:
        raise Conflict(f"{paper.title} is {paper.state.replace('_', ' ')}, not {state.replace('_', ' ')}")
