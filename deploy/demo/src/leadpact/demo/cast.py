"""What must be there before the story begins: sources, keys, an agreement that both teams signed, the team."""

import asyncio
from dataclasses import dataclass
from time import monotonic

from leadpact.contracts.envelope import Actor, ActorKind
from leadpact.demo.courier import BOUGHT, FORM, SITE, WEBSITE, Secrets
from leadpact.demo.errors import Stuck
from leadpact.demo.story import Story
from leadpact.kit.access import Role, Scope
from leadpact.kit.ids import secret
from leadpact.local.client import Api
from leadpact.local.keys import key_of, make_key
from leadpact.local.state import State
from leadpact.qualifier import starters

AGREEMENT = "sample"
CRM = Actor("crm", ActorKind.SYSTEM)
APPROVERS = {"marketing": "mara", "sales": "sam"}
_FORCED_WITHIN = 30.0
_TICK = 0.1


@dataclass(frozen=True, slots=True)
class Senders:
    """What the senders of the story know: a key for everything that speaks our JSON, the vendors' secrets."""

    key: str
    secrets: Secrets


async def gather(state: State, api: Api, story: Story) -> Senders:
    """Set everything up, through the API where there is one; returns when the agreement is in force."""
    secrets = Secrets(signing=secret(), write_key=secret())
    for source in (
        {"name": WEBSITE, "kind": "json", "zone": story.zone, "clear": ["origin"]},
        {"name": BOUGHT, "kind": "json", "zone": story.zone, "channel": "partner", "clear": ["origin"]},
        {"name": FORM, "kind": "typeform", "secrets": [secrets.signing]},
        {"name": SITE, "kind": "segment", "secrets": [secrets.write_key]},
    ):
        await api.post("/v1/sources", source)
    await make_key(state, CRM, (), (Scope.INGEST, Scope.COMMAND, Scope.BACKFILL))
    await _agree(state, api)
    return Senders(key_of(state, CRM.id), secrets)


async def staff(senders: Api, story: Story) -> None:
    """Say who is in the team, and who is away."""
    reps = [{"id": rep.id, "name": rep.name, "weight": rep.weight} for rep in story.reps]
    await senders.post("/v1/commands", {"command": "roster", "team": story.team, "reps": reps, "reason": "the team"})
    for leave in story.leave:
        span = {"from": story.instant(leave.from_).isoformat(), "to": story.instant(leave.to).isoformat()}
        await senders.post("/v1/commands", {"command": "leave", "rep": leave.rep, **span, "reason": leave.reason})


async def _agree(state: State, api: Api) -> None:
    """Draft the starter, have a person of each team sign it, bring it into force (rules 45 and 51)."""
    text = starters.text(AGREEMENT)
    paper = await api.send("/v1/agreements", text, {"Content-Type": "application/yaml"})
    version = f"/v1/agreements/{AGREEMENT}/versions/{paper['version']}"
    for team, person in APPROVERS.items():
        await make_key(state, Actor(person, ActorKind.HUMAN), (Role(team),), (Scope.READ, Scope.AGREEMENTS))
        signing = {"team": team, "hash": paper["hash"]}
        await api.post(f"{version}/approvals", signing, key=key_of(state, person))
    await api.post(f"{version}/activation")
    began = monotonic()
    while not (await api.get("/v1/reports/wall"))["in_force"]:
        if monotonic() - began > _FORCED_WITHIN:
            raise Stuck(f"the agreement was not in force after {_FORCED_WITHIN:.0f} s: `leadpact doctor`")
        await asyncio.sleep(_TICK)
