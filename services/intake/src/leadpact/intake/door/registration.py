"""`/v1/sources`: which feeds deliver to us, and how they prove it."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from leadpact.intake.domain import channel, features, names, times
from leadpact.intake.domain.sources import typeform
from leadpact.intake.door.sources import Registered, Sources
from leadpact.intake.errors import Unmappable
from leadpact.kit.access import Authority, Caller, Role, Scope, allowed

Text = Annotated[str, StringConstraints(pattern=r"^[^\x00]*$")]
Name = Annotated[str, StringConstraints(pattern=names.PATTERN)]


class SourceIn(BaseModel):
    """A source as it is registered; `secrets` are the live ones, newest first: two while they are rotated."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9_.-]{0,63}$")
    kind: Literal["json", "typeform", "segment", "csv"]
    zone: Name = "UTC"
    channel: Name | None = None
    mapping: dict[Text, Text] = {}
    clear: list[Name] = list(features.CLEAR)
    secrets: list[Annotated[str, Field(min_length=8)]] = []


class SourceOut(BaseModel):
    """A source as it is shown: without its secrets."""

    name: str
    kind: str
    zone: str
    channel: str | None
    mapping: dict[str, str]
    clear: list[str]
    secrets: int


def router(authority: Authority, sources: Sources) -> APIRouter:
    """The routes of sources."""
    routes = APIRouter()
    reader = Annotated[Caller, Depends(allowed(authority, Scope.READ))]

    @routes.post("/v1/sources")
    async def register(caller: reader, source: SourceIn) -> SourceOut:
        """Register a source, or replace what is said of it; needs the role admin."""
        caller.require_role(Role.ADMIN)
        times.zone(source.zone)
        if source.channel not in (None, *channel.CHANNELS):
            raise Unmappable(f"a channel is one of {', '.join(channel.CHANNELS)}", "/channel")
        if source.kind in ("typeform", "segment") and not source.secrets:
            raise Unmappable(f"a {source.kind} source needs a secret", "/secrets")
        if source.kind == "typeform":
            typeform.check(source.mapping)
        told = source.model_dump(exclude={"secrets"})
        registered = Registered(**told, secrets=tuple(source.secrets))
        await sources.put(registered)
        return _shown(registered)

    @routes.get("/v1/sources")
    async def registered(caller: reader) -> list[SourceOut]:
        """Every source."""
        del caller
        return [_shown(source) for source in await sources.all()]

    return routes


def _shown(source: Registered) -> SourceOut:
    return SourceOut(
        name=source.name,
        kind=source.kind,
        zone=source.zone,
        channel=source.channel,
        mapping=source.mapping,
        clear=source.clear,
        secrets=len(source.secrets),
    )
