"""The little of HTTP that the hot path needs, straight on ASGI: a body up to a limit, an answer in one piece."""

import zlib
from collections.abc import Mapping

import msgspec
from starlette.types import Receive, Send

from leadpact.intake.errors import Unreadable
from leadpact.web.errors import Problem
from leadpact.web.problems import MEDIA_TYPE, problem_response

MOST_BYTES = 1024 * 1024
_JSON = [(b"content-type", b"application/json")]


async def body_of(headers: Mapping[bytes, bytes], receive: Receive) -> bytes:
    """The whole body as it was sent; raises `Problem` 413 as soon as it is too large, 400 if the sender goes away."""
    told = headers.get(b"content-length", b"0")
    if told.isdigit() and int(told) > MOST_BYTES:
        raise _too_large()
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Problem(400, "Bad Request", detail="the sender went away")
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > MOST_BYTES:
            raise _too_large()
        if not message.get("more_body", False):
            return parts[0] if len(parts) == 1 else b"".join(parts)


def inflated(body: bytes, encoding: str) -> bytes:
    """The body without its `Content-Encoding: gzip`.

    Raises `Unreadable` for a broken one, `Problem` 413 (it may not inflate over the limit), 415 for other encodings.
    """
    if encoding.lower() in ("", "identity"):
        return body
    if encoding.lower() != "gzip":
        raise Problem(415, "Unsupported Media Type", detail="of encodings, only gzip is understood")
    unpacking = zlib.decompressobj(wbits=31)
    try:
        found = unpacking.decompress(body, MOST_BYTES + 1)
    except zlib.error as error:
        raise Unreadable("the body is no gzip") from error
    if len(found) > MOST_BYTES:
        raise _too_large()
    if not unpacking.eof:
        raise Unreadable("the gzip ends too early")
    return found


async def answer(send: Send, status: int, body: object) -> None:
    """Send JSON."""
    raw = msgspec.json.encode(body)
    await send({"type": "http.response.start", "status": status, "headers": [*_JSON, _length(raw)]})
    await send({"type": "http.response.body", "body": raw})


async def refuse(send: Send, problem: Problem) -> None:
    """Send a problem+json."""
    response = problem_response(problem)
    raw = bytes(response.body)
    headers = [(b"content-type", MEDIA_TYPE.encode()), _length(raw)]
    headers += [(name.lower().encode(), value.encode()) for name, value in problem.headers.items()]
    await send({"type": "http.response.start", "status": problem.status, "headers": headers})
    await send({"type": "http.response.body", "body": raw})


def _length(raw: bytes) -> tuple[bytes, bytes]:
    return (b"content-length", str(len(raw)).encode())


def _too_large() -> Problem:
    return Problem(413, "Content Too Large", detail=f"a delivery is at most {MOST_BYTES} bytes; send several")
