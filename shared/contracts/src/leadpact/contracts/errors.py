"""Errors of the contracts.

ContractError
├── Malformed        the bytes are not what the contract says
├── UnknownType      nobody declared this wire name
└── UnknownVersion   a version newer than this code knows
"""


class ContractError(Exception):
    """What is wrong with a message, in one sentence."""


class Malformed(ContractError):
    """The bytes are not what the contract says."""


class UnknownType(ContractError):
    """Nobody declared this wire name."""


class UnknownVersion(ContractError):
    """A version newer than this code knows: stop, do not guess."""
