"""Waiting for a program to answer, watching that it still lives."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, TypeVar

from leadpact.embedded.errors import StartError

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from leadpact.embedded.process import Guarded

_T = TypeVar("_T")
_TICK = 0.05


def until_answers(program: Guarded, answers: Callable[[], bool], within: float) -> None:
    """Return when `answers()` is true; raises `StartError` when the program ends or `within` seconds pass.

    On any failure, an interrupt included, the program is stopped.
    """
    give_up = time.monotonic() + within
    with ExitStack() as on_failure:
        on_failure.callback(program.stop)
        while not answers():
            if (code := program.ended()) is not None:
                raise _failed(program, f"ended with exit code {code} while starting")
            if time.monotonic() > give_up:
                raise _failed(program, f"did not answer within {within:.0f} s")
            time.sleep(_TICK)
        on_failure.pop_all()


def run(work: Coroutine[Any, Any, _T]) -> _T:
    """Run a coroutine to its end from plain code, even where this thread already has a running event loop."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()


def _failed(program: Guarded, what: str) -> StartError:
    return StartError(f"{program.name} {what}; the end of {program.log}:\n{program.tail()}")
