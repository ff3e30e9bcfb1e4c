"""Why nothing could be verified.

VerifyError
├── Unreachable    Kafka or PostgreSQL does not answer, or is none of ours
└── Died           a process that judged partitions ended before they did
"""


class VerifyError(Exception):
    """The message says what happened and what to do."""


class Unreachable(VerifyError):
    """Kafka or PostgreSQL does not answer, or holds no installation."""


class Died(VerifyError):
    """A process that judged partitions ended before they did."""
