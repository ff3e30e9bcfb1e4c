"""Tables come from numbered SQL files, each run once, in order, under the role of its schema.

What ran is remembered with a checksum, so that an old file that was changed stops the process instead of lying.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources

import asyncpg

from leadpact.kit.errors import MigrationError
from leadpact.kit.pg.answering import answering
from leadpact.kit.pg.pool import CONNECTS_WITHIN

_TABLE = """
create table if not exists migration (
    source text not null,
    name text not null,
    checksum text not null,
    applied_at timestamptz not null default now(),
    primary key (source, name)
)
"""


@dataclass(frozen=True, slots=True)
class _File:
    source: str
    name: str
    sql: str

    @property
    def checksum(self) -> str:
        return hashlib.sha256(self.sql.encode()).hexdigest()


async def migrate(dsn: str, *sources: str) -> list[str]:
    """Run what has not run yet of each source's `*.sql`, source by source, by name; returns the names of what ran now.

    A source is a folder inside a package, written `leadpact.kit.migrations`. `dsn` is that of the schema's role
    (`Settings.dsn`). Everything happens in one transaction, one process at a time. Raises `MigrationError` when a file
    that ran before is changed, gone, or would now come after one that did not run, `Unavailable`.
    """
    files = [file for source in sources for file in _files(source)]
    with answering():
        return await _run(dsn, sources, files)


async def _run(dsn: str, sources: Sequence[str], files: list[_File]) -> list[str]:
    limits = {"statement_timeout": "0", "transaction_timeout": "0"}
    connection = await asyncpg.connect(dsn, timeout=CONNECTS_WITHIN, server_settings=limits)
    try:
        async with connection.transaction():
            await connection.execute("set local lock_timeout = 0")
            await connection.execute("select pg_advisory_xact_lock(hashtext('leadpact.migrate.' || current_schema()))")
            await connection.execute(_TABLE)
            rows = await connection.fetch(
                "select source, name, checksum from migration where source = any($1)", sources
            )
            waiting = _waiting(files, {(row["source"], row["name"]): row["checksum"] for row in rows})
            for file in waiting:
                await connection.execute(file.sql)
                await connection.execute(
                    "insert into migration (source, name, checksum) values ($1, $2, $3)",
                    file.source,
                    file.name,
                    file.checksum,
                )
    finally:
        await connection.close()
    return [f"{file.source}/{file.name}" for file in waiting]


def _files(source: str) -> list[_File]:
    folder = resources.files(source)
    found = sorted((entry for entry in folder.iterdir() if entry.name.endswith(".sql")), key=lambda entry: entry.name)
    return [_File(source, entry.name, entry.read_text()) for entry in found]


def _waiting(files: list[_File], ran: dict[tuple[str, str], str]) -> list[_File]:
    """What is still to be run; refuses a past that the files no longer tell."""
    if gone := sorted(set(ran) - {(file.source, file.name) for file in files}):
        message = f"{'/'.join(gone[0])} ran here, and is no longer among the files: was it renamed?"
        raise MigrationError(message)
    waiting: dict[str, list[_File]] = {}
    for file in files:
        before = ran.get((file.source, file.name))
        if before is None:
            waiting.setdefault(file.source, []).append(file)
        elif before != file.checksum:
            message = f"{file.source}/{file.name} ran here and was changed since: put it back and add a new file"
            raise MigrationError(message)
        elif file.source in waiting:
            message = f"{file.source}/{waiting[file.source][0].name} was added before {file.name}, which ran already"
            raise MigrationError(message)
    return [file for of_source in waiting.values() for file in of_source]
