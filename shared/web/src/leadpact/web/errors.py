"""What an HTTP answer can say went wrong.

Problem   the request cannot be answered as asked: becomes an `application/problem+json` answer
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, NamedTuple

_NO_HEADERS: Mapping[str, str] = MappingProxyType({})


Where = Literal["pointer", "parameter", "header"]
"""What a fault's place lies in, by the name of the member that tells it."""


class Fault(NamedTuple):
    """One thing wrong with a request and where it is.

    `place` is a JSON Pointer (RFC 6901) into the body as it was sent, empty for the whole, or a parameter's or a
    header's name.
    """

    place: str
    detail: str
    where: Where = "pointer"


class Problem(Exception):
    """A refusal as RFC 9457 words it: `type` says what kind, `title` names the kind, `detail` this very case."""

    def __init__(
        self,
        status: int,
        title: str,
        *,
        detail: str = "",
        type: str = "about:blank",  # noqa: A002 - the member's name
        errors: tuple[Fault, ...] = (),
        headers: Mapping[str, str] = _NO_HEADERS,
    ) -> None:
        """Word a refusal; `headers` go with the answer (Retry-After, WWW-Authenticate)."""
        super().__init__(detail or title)
        self.status = status
        self.title = title
        self.detail = detail
        self.type = type
        self.errors = errors
        self.headers = headers
