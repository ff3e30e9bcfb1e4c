"""A worker process over the toy decider, for tests that kill it: bootstrap, prefix, address, `one` slot or `all`,
failpoint."""

import asyncio
import sys

from leadpact.chaos.failing import parse
from leadpact.kit.clock import SystemClock
from leadpact.kit.ids import fresh
from leadpact.kit.kafka import KafkaLog
from leadpact.kit.meter import CATALOGUE, KitMeter
from leadpact.kit.metrics import Metrics
from leadpact.kit.pg import PgStore, connect
from leadpact.kit.plumbing import Plumbing
from leadpact.kit.worker import Worker
from leadpact.testkit.conformance.worker import counting, counting_alone


async def main(bootstrap: str, prefix: str, dsn: str, slots: str, failpoint: str) -> None:
    log, pool = KafkaLog(bootstrap, prefix), await connect(dsn)
    meter = KitMeter(Metrics(*CATALOGUE))
    plumbing = Plumbing(log, PgStore(pool), SystemClock(), meter, parse(failpoint))
    duty = counting_alone() if slots == "one" else counting()
    await Worker(fresh(), [duty], plumbing).run(asyncio.Event())


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
