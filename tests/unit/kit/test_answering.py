"""What a database that is away looks like, told from one that says no."""

import asyncpg
import pytest

from leadpact.kit.errors import Unavailable
from leadpact.kit.pg.answering import answering


@pytest.mark.parametrize(
    "error",
    [
        ConnectionResetError("gone"),
        TimeoutError("late"),
        asyncpg.InternalClientError("cannot switch to state 15; another operation (2) is in progress"),
        asyncpg.InterfaceError("the connection is closed"),
        asyncpg.ConnectionDoesNotExistError("closed in the middle of operation"),
        asyncpg.AdminShutdownError("terminating connection"),
        asyncpg.LockNotAvailableError("lock timeout"),
        asyncpg.IdleInTransactionSessionTimeoutError("idle in transaction"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_passes_by_itself_is_unavailable(error: Exception) -> None:
    with pytest.raises(Unavailable, match=type(error).__name__), answering():
        raise error


@pytest.mark.parametrize(
    "error", [asyncpg.UniqueViolationError("twice"), asyncpg.DivisionByZeroError("by zero"), asyncpg.DataError("what")]
)
def test_what_does_not_pass_is_let_through(error: Exception) -> None:
    with pytest.raises(type(error)), answering():
        raise error
