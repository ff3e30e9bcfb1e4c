"""Keyed hashes compare identities without knowing them."""

import hmac

from leadpact.kit.vault import Hasher

MASTER = bytes(range(32))


def test_r10_hashes_stay_what_they_were_when_identities_were_stored() -> None:
    extracted = hmac.digest(bytes(32), MASTER, "sha256")
    pepper = hmac.digest(extracted, b"leadpact/identity\x01", "sha256")  # RFC 5869, by hand
    whole = hmac.digest(pepper, b"email\x00ann@example.com", "sha256")
    assert Hasher(MASTER)("email", "ann@example.com") == whole.hex()[:32]


def test_r10_kinds_and_installations_are_kept_apart() -> None:
    hashes = {
        Hasher(MASTER)("email", "ann@example.com"),
        Hasher(MASTER)("phone", "ann@example.com"),
        Hasher(bytes(32))("email", "ann@example.com"),
        Hasher(MASTER)("email", "ann@example.co"),
    }
    assert len(hashes) == 4
    assert not any("ann" in found for found in hashes)
