"""The agreement by which what a measurement sends is judged, signed and in force."""

import asyncio
from time import monotonic

from leadpact.contracts.envelope import Actor, ActorKind
from leadpact.kit.access import Role, Scope
from leadpact.local.bench import traffic
from leadpact.local.client import Api
from leadpact.local.errors import NotReady
from leadpact.local.keys import key_of, make_key
from leadpact.local.state import State
from leadpact.qualifier import starters

_LOOK = 0.1
_PATIENCE = 300.0


async def agree(state: State, api: Api, name: str = traffic.AGREEMENT, text: bytes | None = None) -> None:
    """Have both teams sign it, a starter or `text`, and wait until it is in force. Raises `NotReady`."""
    path = f"/v1/agreements/{name}/versions/1"
    media = {"Content-Type": "application/yaml"}
    digest = (await api.send("/v1/agreements", text or starters.text(name), media))["hash"]
    for role in (Role.MARKETING, Role.SALES):
        await make_key(state, Actor(role.value, ActorKind.HUMAN), (role,), (Scope.READ, Scope.AGREEMENTS))
        signing = {"team": role.value, "hash": digest}
        await api.post(f"{path}/approvals", signing, key=key_of(state, role.value))
    await api.post(f"{path}/activation")
    give_up = monotonic() + _PATIENCE
    while not (await api.get("/v1/reports/wall"))["in_force"]:
        if monotonic() > give_up:
            raise NotReady(f"the agreement was not in force after {_PATIENCE:.0f} s")
        await asyncio.sleep(_LOOK)
