"""Rows of a CSV file, by a mapping document; the file's hash and the row are the delivery key."""

import csv
from collections.abc import Iterable, Iterator
from functools import partial
from io import BytesIO, StringIO
from typing import Any, BinaryIO

from leadpact.intake.delivery import Chunk
from leadpact.intake.domain import mapping
from leadpact.intake.domain.draft import Draft, Outcome, Refusal, refusal
from leadpact.intake.domain.sources import bring
from leadpact.intake.errors import IntakeError, Unmappable

ROWS_A_CHUNK = 500
BYTES_A_CHUNK = 256 * 1024
LONGEST = 64 * 1024
"""Bytes of a record: a quote that nobody closed must not swallow the rest of a file."""


def drafts(chunk: Chunk, body: bytes) -> list[Draft]:
    """One draft per row of the chunk."""
    mapped = mapping.compiled(chunk.mapping)
    return [_draft(chunk, mapped, index, raw) for index, raw in enumerate(records(lines(BytesIO(body))))]


def _draft(chunk: Chunk, mapped: mapping.Mapped, index: int, raw: bytes) -> Draft:
    row = chunk.first + index
    key = f"file {chunk.file} {mapped.kind} {row}"
    try:
        cells = header(raw)
        if len(cells) != len(chunk.header):
            raise Unmappable(f"row {row} has {len(cells)} cells, the header {len(chunk.header)}")
        told: dict[str, Any] = {}
        values = dict(zip(chunk.header, cells, strict=True))
        for target, value in mapped.fields:
            if (found := value(values)) is not None:
                bring.put(told, target, found)
        return Draft(index, key, raw, bring.into(mapped.kind, told))
    except IntakeError as error:
        return Draft(index, key, raw, refusal(error))
    except UnicodeDecodeError:
        return Draft(index, key, raw, Refusal(Outcome.REJECTED, f"row {row} is not UTF-8", ""))


def header(line: bytes) -> list[str]:
    """The cells of one record; raises `Unmappable`, `UnicodeDecodeError`."""
    text = line.decode("utf-8-sig")
    if "\0" in text:
        raise Unmappable("the row holds a NUL character")
    try:
        return next(csv.reader(StringIO(text, newline=""), strict=True), [])
    except csv.Error as error:
        raise Unmappable(f"no CSV: {error}") from error


def lines(content: BinaryIO) -> Iterator[bytes]:
    """The lines of a file; one beyond all measure comes in parts, so that no row is larger than a message may be."""
    return iter(partial(content.readline, BYTES_A_CHUNK), b"")


def records(found: Iterable[bytes]) -> Iterator[bytes]:
    """Lines joined to records: a record ends with the first line by which all its quotes are closed.

    Blank lines between records are none.
    """
    open_record: list[bytes] = []
    quotes = size = 0
    for line in found:
        if not open_record and not line.strip():
            continue
        open_record.append(line)
        quotes += line.count(b'"')
        size += len(line)
        if quotes % 2 == 0 or size > LONGEST:
            yield b"".join(open_record)
            open_record, quotes, size = [], 0, 0
    if open_record:
        yield b"".join(open_record)
