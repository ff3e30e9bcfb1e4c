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
        asyncpg.DeadlockDetectedError("deadlock"),
        asyncpg.SerializationError("could not serialize"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_passes_by_itself_is_unavailable(error: Exception) -> None:
    with pytest.raises(Unavailable, match=type(error).__name__), answering():
        raise error


@pytest.mark.parametrize(
    "code",
    [
        *("08000", "08001", "08003", "08004", "08006", "08007", "08P01", "25006", "25P03", "25P04", "40001", "40003"),
        *("53100", "53200", "53300", "53400", "55P03", "57014", "57P01", "57P02", "57P03", "57P05", "58030", "57P99"),
    ],
)
def test_what_a_failover_says_passes_by_itself(code: str) -> None:
    error = asyncpg.PostgresError.new({"C": code, "M": "said the server", "S": "FATAL"})
    with pytest.raises(Unavailable), answering():
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


@pytest.mark.parametrize(
    "error",
    [asyncpg.UniqueViolationError("twice"), asyncpg.DivisionByZeroError("by zero"), asyncpg.PostgresError("?")],
)
def test_what_does_not_pass_is_let_through(error: Exception) -> None:
    with pytest.raises(type(error)), answering():
        raise error
