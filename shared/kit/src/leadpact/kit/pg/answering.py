"""Tells a database that is away, or that took back a transaction to let others go on, from one that says no."""

from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg

from leadpact.kit.errors import Unavailable, Unstorable

_AWAY = (
    OSError,  # includes TimeoutError
    asyncpg.InternalClientError,  # what the client says of a connection that was lost in the midst of a statement
)
# By SQLSTATE, for a server may be newer than what asyncpg has a class for:
# connections, rollbacks by the server, room and connections, shutdowns and cancelled statements, files and disks
_PASSING_CLASSES = ("08", "40", "53", "57", "58")
# a standby, which only reads: the address leads to another server soon; idle too long, a transaction too long, a lock
_PASSING_STATES = ("25006", "25P03", "25P04", "55P03")
SAID = (OSError, asyncpg.InterfaceError, asyncpg.InternalClientError, asyncpg.PostgresError)
"""Everything that asking a database may raise."""


@contextmanager
def answering() -> Iterator[None]:
    """Raise `Unavailable` for what passes by itself, `Unstorable` for a value it refuses; let through all else."""
    try:
        yield
    except _AWAY as error:
        raise Unavailable(f"{type(error).__name__}: {error}") from error
    except asyncpg.InterfaceError as error:
        # the client's own word for an argument that cannot be sent, which asyncpg does not export
        kind = Unstorable if isinstance(error, ValueError) else Unavailable
        raise kind(f"{type(error).__name__}: {error}") from error
    except asyncpg.DivisionByZeroError:
        raise  # our own arithmetic
    except (asyncpg.DataError, asyncpg.ProgramLimitExceededError) as error:
        raise Unstorable(f"{type(error).__name__}: {error}") from error
    except asyncpg.PostgresError as error:
        if (error.sqlstate or "").startswith((*_PASSING_CLASSES, *_PASSING_STATES)):
            raise Unavailable(f"{type(error).__name__}: {error}") from error
        raise
