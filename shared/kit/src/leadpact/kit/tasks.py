"""Ending tasks for certain."""

import asyncio

_ASK_AGAIN = 1.0  # seconds


async def ended(*tasks: "asyncio.Task[None]") -> None:
    """Cancel tasks until all have ended: a library may swallow a cancellation while it closes a connection."""
    waiting = set(tasks)
    while waiting:
        for task in waiting:
            task.cancel()
        _, waiting = await asyncio.wait(waiting, timeout=_ASK_AGAIN)
