"""Errors of the contracts.

ContractError
├── Malformed        the bytes are not what the contract says
├── UnknownType      nobody declared this wire name
└── UnknownVersion   a version newer than this code knows
"""

import re

_PLAIN = (
    "Expected ",
    "Object missing required field ",
    "Invalid RFC3339 ",
    "Number out of range",
    "Integer value out of range",
    "Input data was truncated",
    "JSON is malformed",
    "MessagePack data is malformed",
)
NONE_OF_THOSE = "the value is none of those known here"
"""What is said of a value of an enumeration, or of a tag, that nobody declared."""
_PLACE = re.compile(r"\$[\w.\[\]-]*")


class ContractError(Exception):
    """What is wrong with a message, in one sentence."""


class Malformed(ContractError):
    """The bytes are not what the contract says."""


class UnknownType(ContractError):
    """Nobody declared this wire name."""


class UnknownVersion(ContractError):
    """A version newer than this code knows: stop, do not guess."""


def complaint(error: Exception) -> tuple[str, str]:
    """What a decoder says is wrong, and the path to the place (`$.data.at`, or empty), without the value there.

    A decoder's own words quote values of enumerations and tags, and a value may be anybody's address.
    """
    if isinstance(error, UnicodeDecodeError | RecursionError):
        return ("not UTF-8" if isinstance(error, UnicodeDecodeError) else "nested too deeply"), ""
    says, at, place = str(error).rpartition(" - at `")
    says, place = (says, place.removesuffix("`")) if at and _PLACE.fullmatch(place[:-1]) else (str(error), "")
    return (says if says.startswith(_PLAIN) else NONE_OF_THOSE), place


def unquoted(error: Exception) -> str:
    """The complaint as one line, for a reason that is kept."""
    says, place = complaint(error)
    return f"{says} at {place}" if place else says
