"""What an HTTP answer can say went wrong.

Problem   the request cannot be answered as asked: becomes an `application/problem+json` answer
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

_NO_HEADERS: Mapping[str, str] = MappingProxyType({})


class Fault(NamedTuple):
    """One thing wrong with a request and where it is.

    `pointer` is a JSON Pointer into the body as a URI fragment (`#/items/3/email`, `#` for the whole), or names a
    parameter (`query/limit`, `path/id`, `header/x-key`).
    """

    pointer: str
    detail: str


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
