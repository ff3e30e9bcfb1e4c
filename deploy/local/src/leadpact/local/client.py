"""An installation's HTTP API, asked with one key; what it refuses is said with its detail and its pointers."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from leadpact.kit.ids import fresh
from leadpact.local.errors import LocalError, NotUp, Refused
from leadpact.local.state import State, found

COMMANDS = "/v1/commands"
_PATIENCE = 60.0  # seconds; an import answers once the whole file is in the log
_LETS_WAIT = 3.0
_LIVES = 4.0
_HUNG = "`leadpact doctor` looks why; if it hangs, `kill -9` its pid of `leadpact status`: it is started again"
_LIMITS = httpx.Limits(keepalive_expiry=2.0)  # sooner than uvicorn closes an idle connection, or both meet half-way


class Api:
    """Asks; every method raises `Refused` for an answer that is no success, `NotUp` where nobody answers."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http

    async def get(self, path: str, **query: Any) -> Any:  # noqa: ANN401 - JSON
        """The JSON at a path; parts of the query that are None are left out."""
        return _answer(await self._send("GET", path, params=_without_none(query)))

    async def text(self, path: str) -> str:
        """The text at a path, such as `/metrics`."""
        return _success(await self._send("GET", path)).text

    async def post(self, path: str, json: Any = None, *, key: str | None = None, **query: Any) -> Any:  # noqa: ANN401 - JSON
        """Send JSON; `key` is another key than the client's. A command is one act, however often it comes (rule 7)."""
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        if path == COMMANDS:
            headers["Idempotency-Key"] = fresh()
        return _answer(await self._send("POST", path, json=json, params=_without_none(query), headers=headers))

    async def send(self, path: str, content: bytes, headers: dict[str, str]) -> Any:  # noqa: ANN401 - JSON
        """Send bytes with headers of their own."""
        return _answer(await self._send("POST", path, content=content, headers=headers))

    async def upload(self, path: str, file: Any, mapping: str, **query: Any) -> Any:  # noqa: ANN401 - a file, JSON
        """Send a file with its mapping, as `POST /v1/imports` takes it."""
        form: dict[str, Any] = {"files": {"file": file}, "data": {"mapping": mapping}}
        return _answer(await self._send("POST", path, params=_without_none(query), timeout=None, **form))

    async def _send(self, method: str, path: str, **more: Any) -> httpx.Response:  # noqa: ANN401 - httpx's options
        """Who lets us wait is asked whether it lives: a hung process shall not be taken for a slow one."""
        asked = asyncio.create_task(self._http.request(method, path, **more))
        try:
            while not (await asyncio.wait({asked}, timeout=_LETS_WAIT))[0]:
                await self._http.get("/livez", timeout=_LIVES)
            return await asked
        except httpx.TransportError as error:
            said = f"the web process at {self._http.base_url} does not answer ({type(error).__name__})"
            raise NotUp(said, _HUNG) from error
        finally:
            asked.cancel()


@asynccontextmanager
async def api(base: str, key: str) -> AsyncIterator[Api]:
    """The API at an address, asked with a key."""
    headers = {"Authorization": f"Bearer {key}"}
    async with httpx.AsyncClient(base_url=base, headers=headers, timeout=_PATIENCE, limits=_LIMITS) as http:
        yield Api(http)


@asynccontextmanager
async def administrator(state: State | None = None) -> AsyncIterator[Api]:
    """The API of the installation that runs here, asked as its administrator; raises `NotUp`, `LocalError`."""
    state = state or found()
    running = state.running()
    if not running.url:
        raise NotUp(f"{state.path} is still starting", "`leadpact status` shows it")
    if not state.admin_key.exists():
        raise LocalError(f"there is no administrator's key in {state.path}: this installation was set up elsewhere")
    async with api(running.url, state.admin_key.read_text().strip()) as opened:
        yield opened


def _answer(answer: httpx.Response) -> Any:  # noqa: ANN401 - JSON
    return _success(answer).json()


def _success(answer: httpx.Response) -> httpx.Response:
    if not answer.is_success:
        raise Refused(_problem(answer), answer.status_code, _faults(answer))
    return answer


def _problem(answer: httpx.Response) -> str:
    """A problem document (RFC 9457) as lines for a person; any other body as it came, cut short."""
    if "json" not in answer.headers.get("content-type", ""):
        return f"{answer.status_code} {answer.reason_phrase}: {answer.text[:500]}"
    said = answer.json()
    head = f"{answer.status_code} {said.get('title', answer.reason_phrase)}"
    detail, faults = said.get("detail", ""), said.get("errors", ())
    if [fault["detail"] for fault in faults] == [detail]:  # the one thing that is wrong: said once, with its place
        return f"{head}: {_placed(faults[0])}"
    lines = [f"{head}: {detail}" if detail else head]
    lines += [f"  {each}" for each in _faults(answer)]
    return "\n".join(lines)


def _faults(answer: httpx.Response) -> list[str]:
    """What is wrong, each with its place; empty where the answer does not tell them apart."""
    if "json" not in answer.headers.get("content-type", ""):
        return []
    return [_placed(fault) for fault in answer.json().get("errors", ())]


def _placed(fault: dict[str, str]) -> str:
    place = next((fault[name] for name in ("pointer", "parameter", "header") if name in fault), "")
    return f"{place}: {fault['detail']}" if place else fault["detail"]


def _without_none(query: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in query.items() if value is not None}
