"""Errors of the qualifier.

QualifierError
├── Unsound          the text is no agreement; says where and why
├── NotFound         there is no such agreement or version
└── Conflict         the agreement's state does not allow this
"""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """Something to say about a place in an agreement's text.

    `pointer` is a JSON Pointer (empty = the whole text), `line` counts from 1 and is 0 where the text has no lines.
    """

    pointer: str
    line: int
    says: str


class QualifierError(Exception):
    """What went wrong, in one sentence."""


class Unsound(QualifierError):
    """The text is no agreement."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__("; ".join(f"{each.pointer or '/'}: {each.says}" for each in findings))
        self.findings = tuple(findings)


class NotFound(QualifierError):
    """There is no such agreement or version."""


class Conflict(QualifierError):
    """The agreement's state does not allow this."""
