"""What a run must have seen, or its being clean proves nothing: fences, wrong clocks, returns, a fault of each kind."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from leadpact.chaos.faults import Kind

FENCED, MISTIMED = "fenced", "mistimed"


def logged(folder: Path) -> Counter[str]:
    """How many batches were fenced, and how many processes began with a wrong clock, by what they logged."""
    told = (line for log in folder.glob("*.log") for line in _lines(log))
    return Counter(what for line in told for what in _seen(line))


def lacking(kinds: Mapping[Kind, int], seen: Mapping[str, int], returns: int) -> list[str]:
    """What of it there was none of; `kinds` counts the faults of each kind that can be brought about here."""
    wanted = {
        "batch was fenced": seen.get(FENCED, 0),
        "closing went round": returns,
        "process had a wrong clock": seen.get(MISTIMED, 0),
        **{f"fault was one of {kind}": number for kind, number in kinds.items()},
    }
    return [f"no {what}" for what, number in wanted.items() if not number]


def _lines(log: Path) -> Iterator[dict[str, Any]]:
    for line in log.read_bytes().splitlines():
        if b'"left the slot"' in line or b'"LEADPACT_WRONG_CLOCKS"' in line:
            try:
                yield json.loads(line)
            except ValueError:  # a line that a killed process did not end
                continue


def _seen(line: Mapping[str, Any]) -> Iterator[str]:
    if str(line.get("error", "")).rpartition(".")[2] == "Fenced":
        yield FENCED
    if line.get("reason") == "LEADPACT_WRONG_CLOCKS":
        yield MISTIMED
