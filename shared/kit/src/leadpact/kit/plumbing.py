"""The parts that consumers and relays share within a process, put together in `main`."""

from dataclasses import dataclass

from leadpact.kit.clock import Clock
from leadpact.kit.failpoints import Failpoints
from leadpact.kit.ports import Log, Meter, Store


@dataclass(frozen=True, slots=True)
class Plumbing:
    """Log, store and what watches them."""

    log: Log
    store: Store
    clock: Clock
    meter: Meter
    failpoints: Failpoints
