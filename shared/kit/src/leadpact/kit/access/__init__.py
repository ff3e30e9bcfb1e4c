"""Who may do what: API keys with an actor, roles and scopes, kept as hashes in a schema that all services may read."""

from leadpact.kit.access.caller import Caller, Role, Scope
from leadpact.kit.access.door import Authority, Door, allowed
from leadpact.kit.access.keys import KeyInfo, Keys, NewKey

__all__ = [
    "Authority",
    "Caller",
    "Door",
    "KeyInfo",
    "Keys",
    "NewKey",
    "Role",
    "Scope",
    "allowed",
]
