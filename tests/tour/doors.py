"""What the real door and the real normaliser are given instead of a database: sources, keys of people, a safe."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from datetime import date

import msgspec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from leadpact.contracts.envelope import Actor, ActorKind
from leadpact.intake.domain.features import CLEAR
from leadpact.intake.door.sources import Registered
from leadpact.intake.errors import UnknownSource, Unproven
from leadpact.kit.access import Caller, Role, Scope
from leadpact.kit.errors import Unauthenticated
from leadpact.kit.vault.keyring import seal, unseal

FORMS = Registered("forms", "typeform", "UTC", None, {}, list(CLEAR), ("the secret we share with Typeform",))
SITE = Registered("site", "segment", "UTC", None, {}, list(CLEAR), ("the website's write key",))
API = Registered("api", "json", "UTC", None, {}, list(CLEAR), ())


class Registry:
    """The registered sources."""

    async def find(self, name: str, kind: str | None = None) -> Registered:
        found = {source.name: source for source in (FORMS, SITE, API)}.get(name)
        if found is None or kind not in (None, found.kind):
            raise UnknownSource("there is no such source")
        return found

    async def of_write_key(self, key: str) -> Registered:
        if key not in SITE.secrets:
            raise Unproven("this write key is unknown")
        return SITE


class Authority:
    """Everybody's key is their own name; the CRM speaks for people, operations may load history."""

    async def authenticate(self, authorization: str | None) -> Caller:
        name = (authorization or "").removeprefix("Bearer ")
        match name:
            case "ann" | "bob":
                return _caller(name, ActorKind.HUMAN, {Role.SALES}, {Scope.INGEST, Scope.COMMAND})
            case "olga":
                return _caller(name, ActorKind.HUMAN, {Role.ADMIN}, set(Scope))
            case "crm":
                return _caller(name, ActorKind.AUTOMATION, set(), {Scope.INGEST})
            case _:
                raise Unauthenticated("nobody knows this key")


class Safe:
    """Seals as the vault does, but with one key, kept in memory."""

    def __init__(self) -> None:
        self._key = AESGCM(bytes(32))

    async def seal(self, contacts: Sequence[tuple[str, dict[str, str]]]) -> list[str]:
        return [
            urlsafe_b64encode(seal(self._key, msgspec.json.encode(contact), person.encode())).decode()
            if contact
            else ""
            for person, contact in contacts
        ]

    def opened(self, person: str, sealed: str) -> dict[str, str]:
        """What was sealed about a person."""
        raw = unseal(self._key, urlsafe_b64decode(sealed), person.encode())
        return msgspec.json.decode(raw, type=dict[str, str])

    async def seal_raw(self, day: date, raw: bytes) -> bytes:
        return seal(self._key, raw, day.isoformat().encode())

    async def open_raw(self, day: date, sealed: bytes) -> bytes | None:
        return unseal(self._key, sealed, day.isoformat().encode())

    async def forget_raw(self, before: date) -> None:
        """The tour is over before a month has passed."""


def _caller(name: str, kind: ActorKind, roles: set[Role], scopes: set[Scope]) -> Caller:
    return Caller(name, Actor(name, kind), name.title(), frozenset(roles), frozenset(scopes))
