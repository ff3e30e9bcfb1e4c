"""A process that relays a spool and dies at its failpoint: bootstrap, prefix, address, failpoint."""

import asyncio
import sys

from leadpact.chaos.failing import parse
from leadpact.intake.spool.pg import PgSpool
from leadpact.intake.spool.relay import SpoolRelay
from leadpact.kit.clock import SystemClock
from leadpact.kit.kafka import KafkaLog
from leadpact.kit.pg import connect


async def main(bootstrap: str, prefix: str, dsn: str, failpoint: str) -> None:
    spool, log = PgSpool(await connect(dsn)), KafkaLog(bootstrap, prefix)
    await SpoolRelay(spool, log, SystemClock(), parse(failpoint), lambda _: None).run(asyncio.Event())


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
