"""A file is read beside the event loop, which goes on serving every door meanwhile."""

import threading
from io import BytesIO
from typing import TYPE_CHECKING, cast

from leadpact.contracts.envelope import Actor, ActorKind
from leadpact.intake import delivery as raw
from leadpact.intake.door import files
from leadpact.intake.door.accept import Acceptor
from leadpact.intake.door.files import File, Importer
from leadpact.intake.door.keeper import Keeper
from leadpact.intake.door.publisher import Publisher
from leadpact.intake.spool.memory import MemorySpool
from leadpact.testkit.clock import ManualClock
from leadpact.testkit.memory import MemoryLog, MemorySafe
from tests.unit.intake.desk import NOON

if TYPE_CHECKING:
    import asyncpg

ROWS = 1_200
MAPPING = "kind: lead\nfields: {email: mail}"


class _Watched(BytesIO):
    """Remembers which threads read it, and how much at most at once."""

    def __init__(self, content: bytes) -> None:
        super().__init__(content)
        self.readers: set[int] = set()
        self.most = 0

    def read(self, size: int | None = -1) -> bytes:
        return self._told(super().read(size))

    def readline(self, size: int | None = -1) -> bytes:
        return self._told(super().readline(size))

    def _told(self, part: bytes) -> bytes:
        self.readers.add(threading.get_ident())
        self.most = max(self.most, len(part))
        return part


class _Pool:
    """Knows of no import yet and forgets what it is told."""

    async def fetchval(self, *_: object) -> int:
        return 0

    async def execute(self, *_: object) -> None:
        return None


async def test_a_file_is_hashed_and_split_in_other_threads_than_the_loops_and_in_pieces() -> None:
    log, safe = MemoryLog(), MemorySafe()
    acceptor = Acceptor(Keeper(Publisher(log), MemorySpool()), safe, ManualClock(NOON))
    lines = [b"mail,note", *(b"p%d@x.example,%s" % (number, b"n" * 20_000) for number in range(ROWS))]
    content = _Watched(b"\n".join(lines))
    importer = Importer(cast("asyncpg.Pool", _Pool()), acceptor)
    file = File("api", "big.csv", content, MAPPING, backfill=False)
    _, rows = await importer.publish(file, Actor("ann", ActorKind.HUMAN))
    assert rows == ROWS
    assert content.readers and threading.get_ident() not in content.readers
    assert content.most <= files.READ < len(content.getvalue())
    told = [raw.decode(record.value) for records in log.records.values() for record in records]
    assert sorted(each.chunk.first for each in told if each.chunk)[:2] == [1, 14]
