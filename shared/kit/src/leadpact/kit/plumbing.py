"""The parts that consumers and relays share within a process, put together in `main`."""

import asyncio
from dataclasses import dataclass, field

from leadpact.kit.clock import Clock
from leadpact.kit.failpoints import Failpoints
from leadpact.kit.ports import Log, Meter, Store

_HANDS = 2


@dataclass(frozen=True, slots=True)
class Plumbing:
    """Log, store and what watches them; `hands`, one of which a slot takes to begin and compute a turn.

    A process computes one turn at a time. One more may be reading meanwhile; the others would only keep their
    transactions open, and with them the rows that they share. Writing and committing need no hand: many wait for the
    disk as fast as one.
    """

    log: Log
    store: Store
    clock: Clock
    meter: Meter
    failpoints: Failpoints
    hands: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_HANDS))
