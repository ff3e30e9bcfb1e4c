"""Waiting until processes that were ended are back."""

import asyncio

import aiohttp

from leadpact.local.crew import READY_WITHIN
from leadpact.local.errors import NotReady
from leadpact.local.state import Process, State

_TICK = 0.05


async def all_back(state: State) -> None:
    """Every process is ready; raises `NotReady`."""
    for process in state.running().processes:
        await back(state, process.name)


async def back(state: State, name: str, unlike: int | None = None) -> None:
    """The process of this name is ready, and runs under another number than `unlike`; raises `NotReady`."""
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(1)) as http:
        try:
            async with asyncio.timeout(READY_WITHIN):
                while (now := of(state, name)).pid == unlike or not await _ready(http, now):  # noqa: ASYNC110 - another process
                    await asyncio.sleep(_TICK)
        except TimeoutError as error:
            raise NotReady(f"{name} was not back within {READY_WITHIN:.0f} s") from error


def of(state: State, name: str) -> Process:
    """The process of this name as it runs now."""
    return next(each for each in state.running().processes if each.name == name)


async def _ready(http: aiohttp.ClientSession, process: Process) -> bool:
    try:
        async with http.get(f"{process.url}/readyz") as answer:
            return answer.ok
    except (aiohttp.ClientError, TimeoutError):
        return False
