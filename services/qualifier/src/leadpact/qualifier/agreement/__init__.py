"""The edge where people's text becomes the agreement that every service reads."""

from leadpact.qualifier.agreement.checking import Check, check, overlapping
from leadpact.qualifier.agreement.resolving import content_hash, read

__all__ = ["Check", "check", "content_hash", "overlapping", "read"]
