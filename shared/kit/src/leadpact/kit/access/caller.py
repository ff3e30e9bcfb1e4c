"""A caller: the actor behind a key, with the roles they have and the doors the key opens (rule 45)."""

from dataclasses import dataclass
from enum import StrEnum

from leadpact.contracts.envelope import Actor
from leadpact.kit.errors import Forbidden


class Role(StrEnum):
    """What a person is; admins are RevOps, who administer and sign for no team."""

    MARKETING = "marketing"
    SALES = "sales"
    ADMIN = "admin"
    VIEWER = "viewer"


class Scope(StrEnum):
    """What a key may be used for."""

    INGEST = "ingest"
    COMMAND = "command"
    BACKFILL = "backfill"
    AGREEMENTS = "agreements"
    READ = "read"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is calling, by which key, and what both allow; a key with `sources` delivers as these alone."""

    key: str
    actor: Actor
    name: str
    roles: frozenset[Role]
    scopes: frozenset[Scope]
    sources: frozenset[str] = frozenset()

    def require(self, scope: Scope) -> None:
        """Raise `Forbidden` unless the key has this scope."""
        if scope not in self.scopes:
            raise Forbidden(f"this key has no scope {scope}")

    def usual_source(self, otherwise: str) -> str:
        """As whom it delivers where nothing is said: as the only source that its key is bound to."""
        return next(iter(self.sources)) if len(self.sources) == 1 else otherwise

    def require_source(self, source: str) -> None:
        """Raise `Forbidden` if the key is bound to other sources."""
        if self.sources and source not in self.sources:
            raise Forbidden(f"this key delivers as {' or '.join(sorted(self.sources))}, not as {source}")

    def require_role(self, *roles: Role) -> None:
        """Raise `Forbidden` unless the actor has one of these roles."""
        if not self.roles.intersection(roles):
            raise Forbidden(f"{self.name} has none of the roles {', '.join(roles)}")
