"""The check at the door: `Authorization: Bearer <key>` to a caller, remembered for a minute."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Protocol

from starlette.requests import Request

from leadpact.kit.access.caller import Caller, Scope
from leadpact.kit.access.keys import KeyInfo, Keys, split
from leadpact.kit.clock import Clock
from leadpact.kit.errors import Unauthenticated, Unavailable
from leadpact.kit.pg.answering import answering

REMEMBERED = timedelta(seconds=60)
_AWAY = timedelta(seconds=2)
_MOST_REMEMBERED = 10_000
_SCHEME = "bearer "


class Authority(Protocol):
    """Knows who is calling."""

    async def authenticate(self, authorization: str | None) -> Caller:
        """The caller behind an `Authorization` header; raises `Unauthenticated`."""
        ...


class Door:
    """The authority over API keys; a revoked key opens for at most a minute more.

    While the database is away, and with it whoever could revoke, the keys known last go on opening.
    """

    def __init__(self, keys: Keys, clock: Clock) -> None:
        self._keys = keys
        self._clock = clock
        self._known: dict[str, tuple[KeyInfo | None, datetime]] = {}

    async def authenticate(self, authorization: str | None) -> Caller:
        """The caller behind an `Authorization` header; raises `Unauthenticated`."""
        if authorization is None or authorization[: len(_SCHEME)].lower() != _SCHEME:
            raise Unauthenticated("send an API key as `Authorization: Bearer <key>`")
        parts = split(authorization[len(_SCHEME) :].strip())
        info = await self._info(parts[0]) if parts else None
        if parts is None or info is None or not info.opens(parts[1]):
            raise Unauthenticated("this API key is unknown or revoked")
        return info.caller

    async def _info(self, id_: str) -> KeyInfo | None:
        now = self._clock.wall()
        known = self._known.get(id_)
        if known is None or known[1] <= now:
            if len(self._known) >= _MOST_REMEMBERED:
                self._known.clear()
            try:
                with answering():
                    known = (await self._keys.find(id_), now + REMEMBERED)
            except Unavailable:
                if known is None:
                    raise
                known = (known[0], now + _AWAY)
            self._known[id_] = known
        return known[0]


def allowed(authority: Authority, scope: Scope) -> Callable[[Request], Awaitable[Caller]]:
    """A FastAPI dependency that gives the caller; raises `Unauthenticated`, `Forbidden` (no such scope)."""

    async def caller(request: Request) -> Caller:
        found = await authority.authenticate(request.headers.get("authorization"))
        found.require(scope)
        return found

    return caller
