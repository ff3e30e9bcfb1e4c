"""A file whose import broke off: sent again it continues, and no row of its history is left behind (rules 7 and 43)."""

from collections.abc import Sequence
from io import BytesIO

import asyncpg
import pytest

from leadpact.contracts.events.lead import Captured
from leadpact.intake.domain.entry import Source
from leadpact.intake.domain.sources.table import ROWS_A_CHUNK
from leadpact.intake.door.accept import Acceptor
from leadpact.intake.door.files import File, Importer
from leadpact.intake.door.keeper import Keeper
from leadpact.intake.door.publisher import Publisher
from leadpact.intake.main import SERVICE
from leadpact.kit.errors import Unavailable
from leadpact.kit.migrate import migrate
from leadpact.kit.rows import Message, Stream
from leadpact.testkit.clock import ManualClock
from leadpact.testkit.installation import Installation
from leadpact.testkit.memory import MemoryLog
from tests.unit.intake.desk import KEY, NOON
from tests.unit.intake.door import Front

MAPPING = "kind: lead\nfields:\n  contact_id: id\n  occurred_at: day\n"
ROWS = 3 * ROWS_A_CHUNK


class AwayAtTheThird(MemoryLog):
    """The log of a broker that goes away once, when it is given the third chunk."""

    calls = 0

    async def publish(self, stream: Stream, messages: Sequence[Message]) -> None:
        self.calls += 1
        if self.calls == 3:
            raise Unavailable("the broker went away")
        await super().publish(stream, messages)


async def test_r43_a_backfill_that_broke_off_continues_in_its_lane_and_loses_nothing(
    installation: Installation,
) -> None:
    await migrate(installation.dsn("intake"), "leadpact.kit.migrations", *SERVICE.migrations)
    front = Front()
    front.log = AwayAtTheThird()
    content = b"id,day\n" + b"".join(b"c%d,2026-01-05\n" % number for number in range(ROWS))
    file = File("crm", "leads.csv", BytesIO(content), MAPPING, backfill=True)
    async with asyncpg.create_pool(installation.dsn("intake"), min_size=1, max_size=1) as pool:
        importer = Importer(pool, Acceptor(Keeper(Publisher(front.log), front.spool), front.safe, ManualClock(NOON)))
        with pytest.raises(Unavailable):
            await importer.publish(file, KEY)
        imported, rows = await importer.publish(file, KEY)
        again, _ = await importer.publish(file, KEY)
    assert rows == ROWS and again != imported, "what is finished is another import when it comes again"
    desk = await front.normalised(Source("crm"))
    assert len(desk.facts(Captured)) == ROWS
    assert list(desk.books.lanes) == [imported] and desk.books.lanes[imported].state == "closed"
