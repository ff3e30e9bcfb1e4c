"""Identifiers: derived ones are functions of their cause, so that doing it again makes nothing new."""

from secrets import token_urlsafe
from uuid import UUID, uuid4, uuid5

_NAMESPACE = UUID("6d1b52a0-5f0e-5c51-9d8e-1eadac700001")


def derive(*parts: object) -> str:
    """The id that follows from these parts, the same on every machine and every time (uuid5)."""
    return str(uuid5(_NAMESPACE, "\x1f".join(map(str, parts))))


def fresh() -> str:
    """A new random id, for things that nothing caused: deliveries, drafts, owners of leases."""
    return str(uuid4())


def secret() -> str:
    """43 letters that nobody can guess (256 bits), safe in addresses and headers."""
    return token_urlsafe(32)
