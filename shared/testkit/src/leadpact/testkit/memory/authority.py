"""An authority in memory: keys are texts that a test chooses."""

from collections.abc import Collection

from leadpact.contracts.envelope import Actor
from leadpact.kit.access import Caller, Role, Scope
from leadpact.kit.errors import Unauthenticated


class MemoryAuthority:
    """Knows the keys that were issued and not revoked; forgets a revoked one at once."""

    def __init__(self) -> None:
        self._callers: dict[str, Caller] = {}

    def issue(
        self,
        key: str,
        actor: Actor,
        *,
        roles: Collection[Role] = (),
        scopes: Collection[Scope] = (),
        sources: Collection[str] = (),
    ) -> None:
        """From now on this text opens for the actor; with `sources` it delivers as these alone."""
        name = actor.id.title()
        self._callers[key] = Caller(key, actor, name, frozenset(roles), frozenset(scopes), frozenset(sources))

    def revoke(self, key: str) -> None:
        """End a key; raises `KeyError` if there is none."""
        del self._callers[key]

    async def authenticate(self, authorization: str | None) -> Caller:
        """The caller behind an `Authorization` header; raises `Unauthenticated`."""
        scheme, _, key = (authorization or "").partition(" ")
        caller = self._callers.get(key.strip()) if scheme.lower() == "bearer" else None
        if caller is None:
            raise Unauthenticated("this key is unknown or revoked")
        return caller
