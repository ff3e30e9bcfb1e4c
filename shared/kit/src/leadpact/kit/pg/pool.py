"""Connections to a service's schema."""

import asyncpg
from asyncpg.connect_utils import SessionAttribute

from leadpact.kit.pg.answering import answering

CONNECTS_WITHIN = 5.0
"""Seconds; a network may swallow what is said first, and a second try is sooner answered than TCP's own."""
_ANSWER_SECONDS = 15.0


async def connect(dsn: str, *, most: int = 12) -> asyncpg.Pool:
    """A pool of at most so many connections; raises `Unavailable`. Limits and search path are the role's own.

    None of them is to a standby, as an address may lead to during a failover, and of several hosts the one that takes
    what is written is found.

    Nothing that one user of a connection sets may outlast its transaction: connections are handed on as they are. (The
    four statements with which asyncpg cleans a connection each time cost as much as handling ten events.)
    """
    with answering():
        return await asyncpg.create_pool(
            dsn,
            min_size=1,
            max_size=most,
            timeout=CONNECTS_WITHIN,
            command_timeout=_ANSWER_SECONDS,
            reset=_as_it_is,
            target_session_attrs=SessionAttribute.read_write,
        )


async def _as_it_is(_: object) -> None:
    """What was left open has been rolled back by asyncpg itself."""
