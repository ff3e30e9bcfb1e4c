"""Every secret of an installation follows from one master key, each under the name of its purpose (HKDF-SHA256)."""

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

MASTER_BYTES = 32
INTAKE = "intake"
"""The purpose whose key is intake's own master: keys of people, days, identities and sources follow from it."""


def derive_key(master: bytes, purpose: str) -> bytes:
    """The 32-byte key for one purpose; knowing it tells nothing of the master key or of other purposes' keys."""
    return HKDF(SHA256(), length=32, salt=None, info=f"leadpact/{purpose}".encode()).derive(master)
