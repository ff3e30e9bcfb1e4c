"""Waiting in tests without guessing how long: poll until it holds, fail with what was seen last."""

from __future__ import annotations

import asyncio
import inspect
import time
from typing import TYPE_CHECKING, TypeVar, overload

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

_T = TypeVar("_T")
_FIRST_PAUSE = 0.01
_LONGEST_PAUSE = 0.2


@overload
async def eventually(probe: Callable[[], Awaitable[_T]], *, within: float) -> _T: ...
@overload
async def eventually(probe: Callable[[], _T], *, within: float) -> _T: ...
async def eventually(probe: Callable[[], object], *, within: float) -> object:
    """Call `probe` (plain or async) until it returns something true, and return that.

    An AssertionError inside `probe` means "not yet". After `within` seconds raises AssertionError with the last
    value or the last assertion. Any other exception passes through at once.
    """
    give_up = time.monotonic() + within
    pause, tries = _FIRST_PAUSE, 0
    while True:
        tries += 1
        failure: AssertionError | None = None
        seen: object = None
        try:
            seen = probe()
            if inspect.isawaitable(seen):
                seen = await seen
        except AssertionError as error:
            failure = error
        if failure is None and seen:
            return seen
        if time.monotonic() >= give_up:
            last = f"assertion: {failure}" if failure is not None else f"value: {seen!r}"
            name = getattr(probe, "__qualname__", repr(probe))
            message = f"{name} did not hold within {within} s ({tries} tries); last {last}"
            raise AssertionError(message) from failure
        await asyncio.sleep(pause)
        pause = min(pause * 2, _LONGEST_PAUSE)
