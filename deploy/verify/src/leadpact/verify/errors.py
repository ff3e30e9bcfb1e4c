"""Why nothing could be verified.

VerifyError
└── Unreachable    Kafka or PostgreSQL does not answer, or is none of ours
"""


class VerifyError(Exception):
    """The message says what happened and what to do."""


class Unreachable(VerifyError):
    """Kafka or PostgreSQL does not answer, or holds no installation."""
