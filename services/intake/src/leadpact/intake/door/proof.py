"""Proof of origin, on the raw bytes and in constant time."""

import hmac
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections.abc import Iterable

from leadpact.intake.errors import Unproven


def typeform(secrets: Iterable[str], signature: str | None, body: bytes) -> None:
    """Raise `Unproven` unless one of the live secrets signed: `sha256=` + base64 HMAC-SHA256 of the body."""
    told = (signature or "").encode()
    good = False
    for secret in secrets:
        made = b"sha256=" + b64encode(hmac.digest(secret.encode(), body, "sha256"))
        good |= hmac.compare_digest(made, told)
    if not good:
        raise Unproven("the signature is not one of this source's")


def write_key(authorization: str | None) -> str:
    """The user of basic auth, as Segment's libraries send it; raises `Unproven`."""
    scheme, _, told = (authorization or "").partition(" ")
    try:
        user, _, _ = b64decode(told, validate=True).decode().partition(":")
    except (NotBase64, ValueError) as error:
        raise Unproven("send the write key as the user of basic auth") from error
    if scheme.lower() != "basic" or not user:
        raise Unproven("send the write key as the user of basic auth")
    return user
