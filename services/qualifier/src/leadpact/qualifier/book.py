"""The book of agreements on PostgreSQL: rows and the events that tell of them are written in one transaction."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from leadpact.contracts import envelope as wire
from leadpact.contracts.agreement import Agreement, canonical
from leadpact.contracts.envelope import Actor, Envelope, Lane
from leadpact.contracts.registry import BY_KIND, Event
from leadpact.contracts.topics import AGREEMENTS
from leadpact.kit.ids import fresh
from leadpact.kit.pg import append
from leadpact.kit.pg.answering import answering
from leadpact.kit.rows import Message, Stream
from leadpact.qualifier.domain.signing import Approval, Paper, State, Team

if TYPE_CHECKING:
    import asyncpg
    from asyncpg.pool import PoolConnectionProxy

STREAM = Stream(AGREEMENTS.name, 0)
_PAPERS = """
select resolved, hash, state, media, source, drafted_by, drafted_at, activated_by, activated_at
from agreement where id = coalesce($1, id) and state = coalesce($2, state) order by id, version
"""
_APPROVALS = """
select p.id, p.version, p.team, p.person, p.name, p.signed_at from approval p join agreement a using (id, version)
where a.id = coalesce($1, a.id) and a.state = coalesce($2, a.state) order by p.signed_at, p.team
"""
_PUT = """
insert into agreement as a
    (id, version, hash, state, media, source, resolved, drafted_by, drafted_at, activated_by, activated_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
on conflict (id, version) do update set
    hash = excluded.hash, state = excluded.state, media = excluded.media, source = excluded.source,
    resolved = excluded.resolved, drafted_by = excluded.drafted_by, drafted_at = excluded.drafted_at,
    activated_by = excluded.activated_by, activated_at = excluded.activated_at
"""
_LOCK = "select pg_advisory_xact_lock(hashtext('leadpact.agreements'))"  # written seldom, one by one
_decode = msgspec.json.Decoder(Agreement).decode


class Page:
    """A transaction on the book; what is told goes out when it commits."""

    def __init__(self, connection: "PoolConnectionProxy[asyncpg.Record]") -> None:
        self._connection = connection
        self._told: list[Message] = []

    async def versions(self, id_: str) -> list[Paper]:
        """Every version of an agreement, oldest first."""
        return await _papers(self._connection, id_)

    async def in_force(self) -> list[Paper]:
        """Every version in force."""
        return await _papers(self._connection, state=State.IN_FORCE)

    async def put(self, paper: Paper) -> None:
        """Write a version and exactly its signatures."""
        key = paper.agreement.id, paper.agreement.version
        await self._connection.execute(
            _PUT,
            *key,
            paper.hash,
            paper.state,
            paper.media,
            paper.source,
            canonical(paper.agreement),
            paper.drafted_by,
            paper.drafted_at,
            paper.activated_by,
            paper.activated_at,
        )
        await self._connection.execute("delete from approval where id = $1 and version = $2", *key)
        await self._connection.executemany(
            "insert into approval (id, version, team, person, name, signed_at) values ($1, $2, $3, $4, $5, $6)",
            [(*key, each.team, each.person, each.name, each.signed_at) for each in paper.approvals],
        )

    def tell(self, agreement: str, event: Event, actor: Actor, now: datetime) -> None:
        """Say on the topic `agreements` what an actor did."""
        declared, id_ = BY_KIND[type(event)], fresh()
        envelope = Envelope(
            id=id_,
            type=declared.name,
            version=declared.version,
            lead="",
            lead_version=0,
            occurred_at=now,
            received_at=now,
            recorded_at=now,
            mark=now,
            actor=actor,
            correlation=id_,
            causation=id_,
            at=None,
            lane=Lane.LIVE,
            revision=0,
            data=wire.pack(event),
        )
        self._told.append(Message(agreement.encode(), wire.encode(envelope)))

    async def close(self) -> None:
        """Put what was told into the outbox, as the last thing before the commit."""
        if self._told:
            await append(self._connection, STREAM, self._told)


class Book:
    """Agreements in the schema that the pool's search path names; every method raises `Unavailable`."""

    def __init__(self, pool: "asyncpg.Pool[asyncpg.Record]") -> None:
        self._pool = pool

    async def all(self) -> list[Paper]:
        """Every version of every agreement."""
        with answering():
            async with self._pool.acquire() as connection:
                return await _papers(connection)

    async def versions(self, id_: str) -> list[Paper]:
        """Every version of an agreement, oldest first."""
        with answering():
            async with self._pool.acquire() as connection:
                return await _papers(connection, id_)

    @asynccontextmanager
    async def page(self) -> AsyncIterator[Page]:
        """A transaction, one at a time; committed when left without an exception."""
        with answering():
            async with self._pool.acquire() as connection, connection.transaction():
                await connection.execute(_LOCK)
                page = Page(connection)
                yield page
                await page.close()


async def _papers(
    connection: "PoolConnectionProxy[asyncpg.Record]", id_: str | None = None, state: State | None = None
) -> list[Paper]:
    signed: dict[tuple[str, int], list[Approval]] = {}
    for each, version, team, *rest in await connection.fetch(_APPROVALS, id_, state):
        signed.setdefault((each, version), []).append(Approval(Team(team), *rest))
    papers = []
    for row in await connection.fetch(_PAPERS, id_, state):
        agreement = _decode(row["resolved"])
        paper = Paper(
            agreement=agreement,
            hash=row["hash"],
            state=State(row["state"]),
            media=row["media"],
            source=row["source"],
            drafted_by=row["drafted_by"],
            drafted_at=row["drafted_at"],
            activated_by=row["activated_by"],
            activated_at=row["activated_at"],
            approvals=tuple(signed.get((agreement.id, agreement.version), ())),
        )
        papers.append(paper)
    return papers
