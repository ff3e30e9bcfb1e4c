"""CSV files by command: the rows of a file become deliveries of some hundred rows each, through the same raw log."""

import hashlib
from asyncio import to_thread
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import BinaryIO

import asyncpg
import msgspec

from leadpact.contracts.envelope import Actor
from leadpact.intake.delivery import Chunk
from leadpact.intake.domain import mapping
from leadpact.intake.domain.draft import body_key
from leadpact.intake.domain.read import COMMANDS, CSV
from leadpact.intake.domain.sources import table
from leadpact.intake.door.accept import Acceptor
from leadpact.intake.errors import BadMapping, Unmappable
from leadpact.kit.ids import derive

READ = 8 * 1024 * 1024
"""Bytes that a thread reads before the loop hears of it: a file is read beside the loop, which serves every door."""
_PATIENCE = 60.0  # seconds: a file is not begun again for a short stall
_FINISHED = """
select count(*) from import where source = $1 and file = $2 and kind = $3 and backfill = $4 and rows is not null
"""
_BEGIN = """
insert into import (id, source, file, kind, backfill, filename, began_at) values ($1, $2, $3, $4, $5, $6, $7)
on conflict (id) do nothing
"""


@dataclass(frozen=True, slots=True)
class File:
    """A file to be imported, with the text of its mapping."""

    source: str
    name: str
    content: BinaryIO
    mapping: str
    backfill: bool


class Importer:
    """Publishes files; `pool` connects as the role of the schema intake."""

    def __init__(self, pool: asyncpg.Pool, acceptor: Acceptor) -> None:
        self._pool = pool
        self._acceptor = acceptor

    async def publish(self, file: File, actor: Actor) -> tuple[str, int]:
        """Publish every row; the import's id and how many rows there are.

        Raises `BadMapping` before anything is published, `Unavailable` when the log does not ack: then the same file
        again continues the same import, in the same lane, since its rows keep their delivery keys.
        """
        digest = await _digest(file.content)
        lines = table.records(table.lines(file.content))
        header = _header(await to_thread(next, lines, b""))
        mapping.check(file.mapping, header)
        about_file = (file.source, digest, mapping.compiled(file.mapping).kind, file.backfill)
        imported = derive("import", *about_file, await self._pool.fetchval(_FINISHED, *about_file))
        await self._pool.execute(_BEGIN, imported, *about_file, file.name, self._acceptor.now())
        lane = imported if file.backfill else None
        rows = 0
        async for chunk in _beside(_chunks(lines)):
            about = Chunk(imported, digest, header, rows + 1, file.mapping)
            body = b"".join(chunk)
            delivery = self._acceptor.delivery(CSV, file.source, body_key(body), actor, lane=lane, speaks_for=True)
            await self._acceptor.publish(
                msgspec.structs.replace(delivery, chunk=about), body, f"{digest} {rows}", _PATIENCE
            )
            rows += len(chunk)
        if lane is not None:
            body = msgspec.json.encode({"command": "backfill.close", "lane": lane})
            await self._acceptor.publish(
                self._acceptor.delivery(COMMANDS, file.source, lane, actor), body, lane, _PATIENCE
            )
        await self._pool.execute("update import set rows = $2 where id = $1", imported, rows)
        return imported, rows


async def _digest(content: BinaryIO) -> str:
    found = hashlib.sha256()

    def more() -> bool:
        part = content.read(READ)
        found.update(part)
        return bool(part)

    await to_thread(content.seek, 0)
    while await to_thread(more):
        pass
    await to_thread(content.seek, 0)
    return found.hexdigest()


def _header(line: bytes) -> list[str]:
    try:
        found = table.header(line)
    except (Unmappable, UnicodeDecodeError) as error:
        raise BadMapping("the file's first line is no header", "/file") from error
    if not found or len(set(found)) < len(found):
        raise BadMapping("the file's header is empty or names a column twice", "/file")
    return found


async def _beside(chunks: Iterator[list[bytes]]) -> AsyncIterator[list[bytes]]:
    """The same, each made in a thread."""
    while chunk := await to_thread(next, chunks, None):
        yield chunk


def _chunks(records: Iterator[bytes]) -> Iterator[list[bytes]]:
    chunk: list[bytes] = []
    size = 0
    for record in records:
        if chunk and (len(chunk) == table.ROWS_A_CHUNK or size + len(record) > table.BYTES_A_CHUNK):
            yield chunk
            chunk, size = [], 0
        chunk.append(record)
        size += len(record)
    if chunk:
        yield chunk
