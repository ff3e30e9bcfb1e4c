"""The hot path: an ASGI app that takes deliveries and passes every other request to the app behind it."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import parse_qs

import msgspec
import structlog
from starlette.types import ASGIApp, Receive, Scope, Send

from leadpact.contracts.envelope import Actor, ActorKind
from leadpact.intake.domain import names
from leadpact.intake.domain.draft import Draft, Refusal, body_key
from leadpact.intake.domain.ignoring import ignored
from leadpact.intake.domain.read import COMMANDS, SEGMENT, TYPEFORM
from leadpact.intake.domain.shapes import KINDS, BackfillClose
from leadpact.intake.domain.sources import generic, segment, typeform
from leadpact.intake.door import proof
from leadpact.intake.door.accept import Acceptor, Sent
from leadpact.intake.door.http import answer, body_of, refuse
from leadpact.intake.door.refusals import REFUSALS, problem
from leadpact.intake.door.sources import Registry
from leadpact.kit.access import Authority, Caller
from leadpact.kit.access import Scope as Allowed
from leadpact.kit.errors import Unavailable
from leadpact.kit.pg.answering import answering
from leadpact.web.errors import Fault, Problem

_log = structlog.get_logger(__name__)
SEGMENT_PATH = "/segment/v1/"
_HOOK = "/hooks/typeform/"
_OURS = "/v1/"
_BACKFILL = b"x-leadpact-backfill"
_MOST_PARAMETERS = 50

Taker = Callable[[str, "Request"], Awaitable[tuple[int, object]]]


@dataclass(frozen=True, slots=True)
class Request:
    """What the hot path looks at: headers by lower-case name, the query, and the body when it is asked for."""

    scope: Scope
    receive: Receive
    headers: dict[bytes, bytes]

    def header(self, name: bytes) -> str:
        """A header's text, empty if it did not come."""
        found: bytes = self.headers.get(name, b"")
        return found.decode("latin-1").strip()

    def asked(self, name: str, default: str) -> str:
        """A parameter of the query; raises `Problem` 400 where there are too many."""
        try:
            query = parse_qs(self.scope.get("query_string", b"").decode("latin-1"), max_num_fields=_MOST_PARAMETERS)
        except ValueError as error:
            detail = f"at most {_MOST_PARAMETERS} parameters are read"
            raise Problem(400, "Bad Request", detail=detail) from error
        return str(query.get(name, [default])[0])

    def lane(self) -> str | None:
        """The lane of history that the delivery belongs to, if it says so; raises `Problem` 422 for no name."""
        if _BACKFILL not in self.headers:
            return None
        found = self.header(_BACKFILL)
        if not re.fullmatch(names.PATTERN, found):
            detail = f"a lane's name has 1 to {names.LONGEST} characters"
            fault = Fault(_BACKFILL.decode(), detail, "header")
            raise Problem(422, "Unprocessable Content", detail=detail, errors=(fault,))
        return found

    async def sent(self) -> Sent:
        """The body as it came."""
        return Sent(await body_of(self.headers, self.receive), self.header(b"content-encoding"))


class Door:
    """Knows which path is whose.

    `count` is told of every answer by door and status, `overlooked` how many fields of a delivery say nothing to us.
    """

    def __init__(
        self,
        authority: Authority,
        sources: Registry,
        acceptor: Acceptor,
        count: Callable[[str, int], None],
        overlooked: Callable[[str, int], None],
        behind: ASGIApp,
    ) -> None:
        self._authority = authority
        self._sources = sources
        self._acceptor = acceptor
        self._count = count
        self._overlooked = overlooked
        self._behind = behind

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take a delivery, or pass the request on."""
        found = self._taker(scope["path"]) if scope["type"] == "http" else None
        if found is None:
            await self._behind(scope, receive, send)
            return
        door, name, take = found
        if scope["method"] != "POST":
            detail = "this path answers to POST only"
            await refuse(send, Problem(405, "Method Not Allowed", detail=detail, headers={"Allow": "POST"}))
            self._count(door, 405)
            return
        try:
            with answering():
                status, said = await take(name, Request(scope, receive, dict(scope["headers"])))
        except Problem as refused:
            status = refused.status
            await refuse(send, refused)
        except REFUSALS as error:
            told = problem(error)
            status = told.status
            await refuse(send, told)
        except asyncio.CancelledError:  # we are to end, and no store has taken it so far
            told = problem(Unavailable("we ended before it was kept"))
            await refuse(send, told)
            self._count(door, told.status)
            raise
        except Exception as error:  # noqa: BLE001 - the edge: no sender gets less than an answer
            _log.exception("delivery failed", exc_info=error)
            status = 500
            await refuse(send, Problem(500, "Internal Server Error", detail="send it again, please"))
        else:
            await answer(send, status, said)
        self._count(door, status)

    def _taker(self, path: str) -> tuple[str, str, Taker] | None:
        """The door's name, what the path says further, and who takes it."""
        if path.startswith(_OURS) and (name := path.removeprefix(_OURS)) in KINDS:
            return name, name, self._generic
        if path.startswith(_HOOK):
            return TYPEFORM, path.removeprefix(_HOOK), self._typeform
        if path.startswith(SEGMENT_PATH) and (name := path.removeprefix(SEGMENT_PATH)) in segment.METHODS:
            return SEGMENT + name, name, self._segment
        return None

    async def _generic(self, door: str, request: Request) -> tuple[int, object]:
        """Our own JSON: an API key, a declared shape, 202."""
        caller = await self._authority.authenticate(request.header(b"authorization") or None)
        caller.require(Allowed.COMMAND if door == COMMANDS else Allowed.INGEST)
        lane = request.lane()
        if lane is not None:
            caller.require(Allowed.BACKFILL)
        source = await self._sources.find(request.asked("source", caller.usual_source("api")))
        caller.require_source(source.name)
        sent = await request.sent()
        given = request.header(b"idempotency-key")
        key = body_key(f"given {given}".encode() if given else sent.body)
        delivery = self._acceptor.delivery(
            door, source.name, key, caller.actor, lane=lane, speaks_for=caller.actor.kind is not ActorKind.HUMAN
        )
        if door == COMMANDS and lane is None and not given:
            # the same words a second time are a second act: a roster may go back to what it was
            delivery = msgspec.structs.replace(delivery, key=delivery.id)

        def check(body: bytes) -> list[Draft]:
            drafts = generic.drafts(door, delivery.key, body)
            _closing(caller, drafts)
            return drafts

        kept = await self._acceptor.accept(delivery, sent, check)
        wrong = _wrong(kept)
        if kept and len(wrong) == len(kept):
            faults = tuple(Fault(pointer, reason) for pointer, reason in wrong[:100])
            raise Problem(422, "Unprocessable Content", detail="not of the declared shape", errors=faults)
        rejected = [{"pointer": pointer, "detail": reason} for pointer, reason in wrong]
        idle = [{"pointer": pointer, "detail": why} for draft in kept for pointer, why in ignored(draft)]
        self._overlooked(door, len(idle))
        return 202, {"ingest": delivery.id, "items": len(kept), "rejected": rejected, "ignored": idle}

    async def _typeform(self, name: str, request: Request) -> tuple[int, object]:
        """Typeform: a signature over the raw body by any live secret, 200."""
        source = await self._sources.find(name, TYPEFORM)
        sent = await request.sent()
        proof.typeform(source.secrets, request.header(b"typeform-signature"), sent.body)
        actor = Actor(source.name, ActorKind.AUTOMATION)
        delivery = self._acceptor.delivery(TYPEFORM, source.name, body_key(sent.body), actor)
        await self._acceptor.accept(delivery, sent, lambda body: typeform.drafts(source.mapping, body))
        return 200, {"ingest": delivery.id}

    async def _segment(self, method: str, request: Request) -> tuple[int, object]:
        """Segment's API: a write key as the user of basic auth, 200."""
        source = await self._sources.of_write_key(proof.write_key(request.header(b"authorization")))
        sent = await request.sent()
        actor = Actor(source.name, ActorKind.AUTOMATION)
        door = SEGMENT + method
        delivery = self._acceptor.delivery(door, source.name, body_key(sent.body), actor)
        kept = await self._acceptor.accept(
            delivery, sent, lambda body: segment.drafts(method, delivery.received_at, body)
        )
        if not (idle := segment.ignored(kept)):
            return 200, {"success": True}
        self._overlooked(door, len(idle))
        return 200, {"success": True, "ignored": [{"pointer": pointer, "detail": why} for pointer, why in idle]}


def _wrong(drafts: list[Draft]) -> list[tuple[str, str]]:
    """Pointer and reason of every item that is not of the declared shape."""
    refused = [(draft.place, draft.said) for draft in drafts if isinstance(draft.said, Refusal)]
    return [(place + said.pointer, said.reason) for place, said in refused]


def _closing(caller: Caller, drafts: list[Draft]) -> None:
    """Releasing a lane needs its scope, and comes alone, so that nothing beside it is before or behind by chance."""
    closing = [draft for draft in drafts if isinstance(draft.said, BackfillClose)]
    if closing:
        caller.require(Allowed.BACKFILL)
        if len(drafts) > 1:
            detail = "backfill.close is to be sent alone"
            raise Problem(422, "Unprocessable Content", detail=detail, errors=(Fault(closing[0].place, detail),))
