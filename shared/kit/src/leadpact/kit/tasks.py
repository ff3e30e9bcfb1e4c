"""Ending tasks for certain, and saying where one hangs."""

import asyncio
from pathlib import PurePath

_ASK_AGAIN = 1.0  # seconds


async def ended(*tasks: "asyncio.Task[None]") -> None:
    """Cancel tasks until all have ended: a library may swallow a cancellation while it closes a connection."""
    waiting = set(tasks)
    while waiting:
        for task in waiting:
            task.cancel()
        _, waiting = await asyncio.wait(waiting, timeout=_ASK_AGAIN)


def waits_at(task: "asyncio.Task[None]") -> list[str]:
    """File and line of each coroutine that waits for the next one, the innermost last."""
    found: list[str] = []
    coroutine: object = task.get_coro()
    while coroutine is not None:
        frame = getattr(coroutine, "cr_frame", None) or getattr(coroutine, "ag_frame", None)
        if frame is not None:
            found.append(f"{PurePath(frame.f_code.co_filename).name}:{frame.f_lineno}:{frame.f_code.co_name}")
        coroutine = getattr(coroutine, "cr_await", None) or getattr(coroutine, "ag_await", None)
    return found
