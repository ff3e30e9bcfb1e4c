"""`/v1/imports`: files by command, and how far a file or a lane has come."""

import re
from typing import Annotated

import asyncpg
from fastapi import APIRouter, Depends, Form, Path, Query, UploadFile
from pydantic import BaseModel

from leadpact.intake.domain import mapping as documents
from leadpact.intake.domain import names
from leadpact.intake.door.files import File, Importer
from leadpact.intake.door.sources import Registry
from leadpact.intake.errors import Unmappable
from leadpact.kit.access import Authority, Caller, Scope, allowed
from leadpact.web.errors import Problem

MOST_BYTES = 512 * 1024 * 1024
_LANE = "select state, staged, released from lane where name = $1"
_IMPORT = "select rows, backfill from import where id = $1"
_TALLY = "select outcome, items from tally where name = $1"
_REJECTED = "select row_number as row, reason from outcome where import = $1 order by row_number limit 20"
_WAITING = """
select first.id, count(*) as rows
from import i join import first using (source, file, kind) join quarantine q on q.import = first.id
where i.id = $1 and q.settled_at is null group by first.id, first.began_at order by first.began_at
"""


class Rejected(BaseModel):
    """Why a row was rejected; 1 is the first row behind the header."""

    row: int
    reason: str


class Came(BaseModel):
    """How far a file or a lane has come; `rows` is known once a file is published.

    `waiting` counts the file's rows that are in quarantine now, by the import that brought each: a row that waits since
    an earlier import of the same file is a `duplicate` in this one. `reasons` tells of the first 20 rejected rows.
    """

    rows: int | None
    normalised: int
    duplicate: int
    rejected: int
    quarantined: int
    staged: int
    released: int
    state: str
    waiting: dict[str, int]
    reasons: list[Rejected]


def router(authority: Authority, sources: Registry, importer: Importer, pool: asyncpg.Pool) -> APIRouter:
    """The routes of imports."""
    routes = APIRouter()
    ingests = Annotated[Caller, Depends(allowed(authority, Scope.INGEST))]

    @routes.post("/v1/imports", status_code=202)
    async def begin(
        caller: ingests,
        source: Annotated[str, Query()],
        file: UploadFile,
        mapping: Annotated[str, Form(max_length=documents.LONGEST)],
        filename: Annotated[str | None, Query(pattern=names.PATTERN)] = None,
        backfill: Annotated[bool, Query()] = False,  # noqa: FBT002 - a parameter of a request
    ) -> dict[str, str | int]:
        """Publish a file's rows; `backfill` stages them and releases them in order of time (rule 43)."""
        if backfill:
            caller.require(Scope.BACKFILL)
        caller.require_source((await sources.find(source)).name)
        name = filename or file.filename or "file"
        if not re.fullmatch(names.PATTERN, name):
            raise Unmappable(f"a file's name has 1 to {names.LONGEST} characters", "/file")
        imported, rows = await importer.publish(File(source, name, file.file, mapping, backfill), caller.actor)
        return {"import": imported, "rows": rows}

    @routes.get("/v1/imports/{name}")
    async def came(caller: ingests, name: Annotated[str, Path(pattern=names.PATTERN)]) -> Came:
        """How far an import, or a lane of that name, has come."""
        del caller
        imported = await pool.fetchrow(_IMPORT, name)
        lane = await pool.fetchrow(_LANE, name)
        if imported is None and lane is None:
            raise Problem(404, "Not Found", detail="there is no such import or lane")
        tally = {row["outcome"]: row["items"] for row in await pool.fetch(_TALLY, name)}
        rows = imported["rows"] if imported else None
        state = _state(imported, lane, sum(tally.values()))
        counts = {each: tally.get(each, 0) for each in ("normalised", "duplicate", "rejected", "quarantined")}
        staged, released = (lane["staged"], lane["released"]) if lane else (0, 0)
        waiting = {row["id"]: row["rows"] for row in await pool.fetch(_WAITING, name)}
        reasons = [Rejected(**dict(row)) for row in await pool.fetch(_REJECTED, name)]
        return Came(
            rows=rows, **counts, staged=staged, released=released, state=state, waiting=waiting, reasons=reasons
        )

    return routes


def _state(imported: asyncpg.Record | None, lane: asyncpg.Record | None, handled: int) -> str:
    """`publishing`, `normalising`, `staging`, `releasing` or `done`."""
    if imported is not None and imported["rows"] is None:
        return "publishing"
    if imported is not None and handled < imported["rows"]:
        return "normalising"
    if lane is None or lane["state"] == "closed":
        return "done"
    return "releasing" if lane["state"] == "joining" else str(lane["state"])
