"""`/openapi.json` of an installation: its services' documents as one, since one origin answers for all of them."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import httpx
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

PATH = "/openapi.json"
Document = dict[str, Any]


class Description:
    """Answers with the merged document, which is made when it is first asked for.

    `apps` are the services' by name, `whose` says which of them answers for a path.
    """

    def __init__(self, apps: Mapping[str, ASGIApp], whose: Callable[[str], ASGIApp | None], version: str) -> None:
        self._apps = apps
        self._whose = whose
        self._version = version
        self._made: Document | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        self._made = self._made or await self._merged()
        await JSONResponse(self._made)(scope, receive, send)

    async def _merged(self) -> Document:
        whole: Document = {"openapi": "3.1.0", "info": {"title": "Leadpact", "version": self._version}, "paths": {}}
        for name, app in self._apps.items():
            told = await _asked(app)
            told["paths"] = {path: said for path, said in told["paths"].items() if self._whose(path) is app}
            merge(whole, told, name)
        return whole


def merge(whole: Document, told: Document, name: str) -> None:
    """Add a service's document; what it calls as another one does, but means otherwise, gets the service's name too."""
    held = _components(whole)
    own = _components(told)
    other = {ref for ref, said in own.items() if ref in held and held[ref] != said}
    while more := {ref for ref in own.keys() & held.keys() - other if not other.isdisjoint(_refs(own[ref]))}:
        other |= more
    renamed = {ref: f"{ref.rpartition('/')[0]}/{name}.{ref.rpartition('/')[2]}" for ref in other}
    for ref, said in own.items():
        *_, kind, called = renamed.get(ref, ref).split("/")
        whole.setdefault("components", {}).setdefault(kind, {})[called] = _with(said, renamed)
    for path, said in told["paths"].items():
        whole["paths"][path] = {
            method: {"tags": [name], **_with(operation, renamed)} for method, operation in said.items()
        }


async def _asked(app: ASGIApp) -> Document:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://origin") as http:
        answer = await http.get(PATH)
    answer.raise_for_status()
    told: Document = answer.json()
    return told


def _components(document: Document) -> dict[str, Any]:
    """What is defined, by how it is referred to."""
    return {
        f"#/components/{kind}/{name}": said
        for kind, named in document.get("components", {}).items()
        for name, said in named.items()
    }


def _refs(said: Any) -> Iterator[str]:  # noqa: ANN401 - JSON
    match said:
        case dict():
            for value in said.values():
                yield from _refs(value)
        case list():
            for value in said:
                yield from _refs(value)
        case str() if said.startswith("#/components/"):
            yield said
        case _:
            pass


def _with(said: Any, renamed: Mapping[str, str]) -> Any:  # noqa: ANN401 - JSON
    """The same with other references."""
    match said:
        case dict():
            return {name: _with(value, renamed) for name, value in said.items()}
        case list():
            return [_with(value, renamed) for value in said]
        case str():
            return renamed.get(said, said)
        case _:
            return said
