"""A worker process with the simplest of handlers: count the events of a key, say the count. Ended by SIGTERM.

Arguments: bootstrap servers, prefix of topic names, address of the database, `on` or `off` for its metrics.
"""

import asyncio
import gc
import signal
import sys
from datetime import datetime, timedelta
from struct import Struct

import msgspec
import uvloop

from leadpact.contracts.envelope import Lane
from leadpact.contracts.topics import LEADS, QUALIFICATION
from leadpact.kit.clock import SystemClock
from leadpact.kit.failpoints import NoFailpoints
from leadpact.kit.handling import Batch, Duty, Progress
from leadpact.kit.ids import fresh
from leadpact.kit.kafka import KafkaLog
from leadpact.kit.meter import CATALOGUE, KitMeter
from leadpact.kit.metrics import Metrics
from leadpact.kit.pg import PgStore, connect
from leadpact.kit.plumbing import Plumbing
from leadpact.kit.ports import Meter, Turn
from leadpact.kit.rows import Message, Slot, StoredCell, Stream
from leadpact.kit.worker import Worker

BATCH = 4_000
CONSUMER = "counting"


class Event(msgspec.Struct, frozen=True, gc=False):
    """What comes in; `text` makes it as large as wanted, `sent` is when, in seconds since 1970."""

    key: str
    sent: float
    text: str


class Counted(msgspec.Struct, frozen=True, gc=False):
    """What goes out for each event: `sent` is that of the event."""

    key: str
    count: int
    sent: float


_decode = msgspec.json.Decoder(Event).decode
_encode = msgspec.json.Encoder().encode
_STATE = Struct(">q")


class Counting:
    """The handler of a slot."""

    def __init__(self, slot: Slot) -> None:
        self._output = Stream(QUALIFICATION.name, slot.number)

    async def handle(self, turn: Turn, batch: Batch) -> Progress:
        """Count, save, say."""
        events = [_decode(record.value) for record in batch.records]
        stored = await turn.cells({event.key for event in events}) if events else {}
        counts = {key: _STATE.unpack(cell.data)[0] for key, cell in stored.items()}
        out: list[Message] = []
        for event in events:
            count = counts.get(event.key, 0) + 1
            counts[event.key] = count
            out.append(Message(event.key.encode(), _encode(Counted(event.key, count, event.sent))))
        for key, count in counts.items():
            turn.save(StoredCell(key, count, Lane.LIVE, _STATE.pack(count)))
        turn.emit(self._output, out)
        return Progress(len(events), batch.now)


def duty() -> Duty:
    """Slot p reads partition p of the input and writes partition p of the output."""
    partitions = range(LEADS.partitions)
    return Duty(
        consumer=CONSUMER,
        inputs=[[Stream(LEADS.name, number)] for number in partitions],
        outputs=[[Stream(QUALIFICATION.name, number)] for number in partitions],
        handler=Counting,
        batch=BATCH,
    )


async def main(bootstrap: str, prefix: str, dsn: str, metrics: str) -> None:
    """Work until asked to stop."""
    log, pool, clock = KafkaLog(bootstrap, prefix), await connect(dsn), SystemClock()
    stopping = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopping.set)
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)
    meter: Meter = KitMeter(Metrics(*CATALOGUE)) if metrics == "on" else _Quiet()
    await Worker(fresh(), [duty()], Plumbing(log, PgStore(pool), clock, meter, NoFailpoints())).run(stopping)
    await log.close()
    await pool.close()


class _Quiet:
    """A meter that counts nothing, to see what counting costs."""

    def handled(self, slot: Slot, records: int, emitted: int, seconds: float) -> None:
        """Nothing."""

    def stands(self, slot: Slot, mark: datetime, lag: timedelta) -> None:
        """Nothing."""

    def relayed(self, stream: Stream, messages: int, seconds: float) -> None:
        """Nothing."""

    def happened(self, slot: Slot, what: str, times: int = 1) -> None:
        """Nothing."""


if __name__ == "__main__":
    uvloop.run(main(*sys.argv[1:]))
