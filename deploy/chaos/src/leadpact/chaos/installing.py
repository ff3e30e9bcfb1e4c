"""An installation whose broker and database are parts that break."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from leadpact.chaos import failing
from leadpact.chaos.faults import arms, clocks
from leadpact.chaos.parts import Parts
from leadpact.embedded import find, process
from leadpact.local.state import VARIABLE, State

_ENDS_WITHIN = 15.0


@contextmanager
def installation(state: State, parts: Parts, workers: int) -> Iterator[process.Guarded]:
    """An installation on these parts, ended on leaving; its workers can be stalled and its clocks be made wrong."""
    arms(state).mkdir()
    clocks(state).mkdir()
    runner = process.start(
        "leadpact",
        [sys.executable, "-m", "leadpact.chaos.up", str(workers)],
        log=state.logs / "runner.log",
        environment={
            find.KAFKA_VARIABLE: parts.bootstrap,
            find.POSTGRES_VARIABLE: parts.database.address,
            VARIABLE: str(state.path),
            "LEADPACT_WRONG_CLOCKS": str(clocks(state)),
            failing.VARIABLE: f"stop @{arms(state)}/%p",
        },
        grace=_ENDS_WITHIN,
    )
    try:
        yield runner
    finally:
        runner.stop()
