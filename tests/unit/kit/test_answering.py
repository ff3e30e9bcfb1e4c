"""What a database that is away looks like, told from one that says no."""

import asyncpg
import pytest

from leadpact.kit.errors import Unavailable, Unstorable
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


class ArgumentError(asyncpg.InterfaceError, ValueError):
    """As asyncpg refuses an argument by itself; its own class for that is hidden."""


@pytest.mark.parametrize(
    "error",
    [
        asyncpg.CharacterNotInRepertoireError("invalid byte sequence: 0x00"),
        asyncpg.UntranslatableCharacterError("unsupported Unicode escape sequence"),
        asyncpg.ProgramLimitExceededError("index row size 30016 exceeds btree version 4 maximum 2704"),
        ArgumentError("invalid input for query argument $1: value out of int64 range"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_value_that_no_table_takes_is_unstorable(error: Exception) -> None:
    with pytest.raises(Unstorable, match=type(error).__name__), answering():
        raise error


@pytest.mark.parametrize("error", [asyncpg.UniqueViolationError("twice"), asyncpg.DivisionByZeroError("by zero")])
def test_what_does_not_pass_is_let_through(error: Exception) -> None:
    with pytest.raises(type(error)), answering():
        raise error
