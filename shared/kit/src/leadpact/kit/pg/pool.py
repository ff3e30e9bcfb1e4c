"""Connections to a service's schema."""

import asyncpg

from leadpact.kit.pg.answering import answering

_ANSWER_SECONDS = 15.0


async def connect(dsn: str, *, most: int = 12) -> asyncpg.Pool:
    """A pool of at most so many connections; raises `Unavailable`. Limits and search path are the role's own."""
    with answering():
        return await asyncpg.create_pool(dsn, min_size=1, max_size=most, command_timeout=_ANSWER_SECONDS)
