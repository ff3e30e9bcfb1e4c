"""What can go wrong while real parts are fetched, started or looked for.

EmbeddedError
├── FetchError        a jar could not be fetched, or is not the pinned one
├── StartError        a program did not start or did not answer in time
├── UnreachableError  an address from the environment does not answer
└── MissingError      no way to Kafka or PostgreSQL was found
"""

from __future__ import annotations


class EmbeddedError(Exception):
    """Any failure of this package; the message says what to do."""


class FetchError(EmbeddedError):
    """A jar could not be fetched, or its bytes are not the pinned ones."""


class StartError(EmbeddedError):
    """A program ended or stayed silent while being started; the message holds the tail of its log."""


class UnreachableError(EmbeddedError):
    """An address given in the environment does not answer."""


class MissingError(EmbeddedError):
    """Neither the environment nor this machine nor Docker offers the part; the message has a reason for each."""
