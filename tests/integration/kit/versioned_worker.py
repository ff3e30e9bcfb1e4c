"""A worker process over the toy decider, of old code or of new: bootstrap, prefix, address, `old` or `new`."""

import asyncio
import signal
import sys

from leadpact.kit.clock import SystemClock
from leadpact.kit.failpoints import NoFailpoints
from leadpact.kit.kafka import KafkaLog
from leadpact.kit.meter import CATALOGUE, KitMeter
from leadpact.kit.metrics import Metrics
from leadpact.kit.pg import PgStore, connect
from leadpact.kit.plumbing import Plumbing
from leadpact.kit.worker import Worker
from leadpact.testkit.conformance.worker import COUNTED, SOURCE, counting
from tests.integration.kit.newer import CountingDevices, learn


async def main(bootstrap: str, prefix: str, dsn: str, age: str) -> None:
    decider = None
    if age == "new":
        learn()
        decider = CountingDevices(SOURCE, COUNTED)
    log, pool = KafkaLog(bootstrap, prefix), await connect(dsn)
    plumbing = Plumbing(log, PgStore(pool), SystemClock(), KitMeter(Metrics(*CATALOGUE)), NoFailpoints())
    stopping = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopping.set)
    await Worker(age, [counting(decider)], plumbing).run(stopping)
    await log.close()
    await pool.close()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
