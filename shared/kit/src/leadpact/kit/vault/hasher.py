"""Keyed hashes let identities be compared without being known."""

import hmac

from leadpact.kit.keys import derive_key


class Hasher:
    """HMAC-SHA256 under a pepper that follows from the master key."""

    def __init__(self, master: bytes) -> None:
        self._pepper = derive_key(master, "identity")

    def __call__(self, kind: str, value: str) -> str:
        """The hash of a value of one kind (`email`, `phone`, …): 32 hexadecimal digits."""
        return hmac.digest(self._pepper, f"{kind}\x00{value}".encode(), "sha256")[:16].hex()
