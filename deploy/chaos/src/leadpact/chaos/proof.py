"""What a run must have seen, or its being clean proves nothing: fences, closings gone round, each kind of fault."""

import asyncio
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from leadpact.chaos.faults import Kind

_LOOK = 2.0  # seconds
_WRONG = ("lacks", "ledger", "unhandled", "set_aside")


def fenced(logs: Path) -> int:
    """How many batches were fenced, by what processes logged."""
    return sum(_error(line) == "Fenced" for log in logs.glob("*.log") for line in _left(log))


def seen(kinds: Mapping[Kind, int], fences: int) -> dict[str, int]:
    """How often came what must come while it breaks; `kinds` counts the faults of each kind possible here."""
    return {"batch was fenced": fences, **{f"fault was one of {kind}": number for kind, number in kinds.items()}}


def lacking(counts: Mapping[str, int]) -> list[str]:
    """What of it there was none of."""
    return [f"no {what}" for what, number in counts.items() if not number]


def aside(figures: Mapping[str, int]) -> list[str]:
    """What a service set aside because our code failed on it: no letter of a run is meant to bring that about."""
    kinds = ("parked keys", "waiting records", "dead letters")
    return [f"{figures[kind]} {kind}" for kind in kinds if figures[kind]]


def clean(answer: Mapping[str, Any]) -> bool:
    """Whether a run's answer says that all is right, and that it proves something."""
    return answer["verify"]["clean"] and not any(answer[what] for what in _WRONG)


async def lasts(seconds: float, lacks: Callable[[], Sequence[str]], tell: Callable[[str], None]) -> None:
    """Wait so long, and as long again at most while something lacks."""
    await asyncio.sleep(seconds)
    told: Sequence[str] = ()
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while missing := lacks():
                if missing != told:
                    tell(f"it goes on: {', '.join(missing)} yet")
                told = missing
                await asyncio.sleep(_LOOK)


def _left(log: Path) -> Iterator[bytes]:
    with log.open("rb") as lines:  # a night's do not fit into memory
        yield from (line for line in lines if b'"left the slot"' in line)


def _error(line: bytes) -> str:
    try:
        return str(json.loads(line).get("error", "")).rpartition(".")[2]
    except ValueError:  # a line that a killed process did not end
        return ""
