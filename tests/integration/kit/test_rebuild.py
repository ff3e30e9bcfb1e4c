"""Point 12 on a real Kafka and a real PostgreSQL: beside workers that go on, as a role that can do nothing else."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta

import asyncpg
import msgspec
import pytest

from leadpact.contracts import envelope as wire
from leadpact.contracts import registry
from leadpact.contracts.events.lead import Behaved
from leadpact.kit.clock import SystemClock
from leadpact.kit.errors import KitError, Unavailable, Unbuildable
from leadpact.kit.failpoints import NoFailpoints
from leadpact.kit.kafka import KafkaLog
from leadpact.kit.meter import CATALOGUE, KitMeter
from leadpact.kit.metrics import Metrics
from leadpact.kit.migrate import migrate
from leadpact.kit.pg import PgStore, connect
from leadpact.kit.pg.beside import PgBeside
from leadpact.kit.pg.letters import letters, redrive
from leadpact.kit.plumbing import Plumbing
from leadpact.kit.rebuild.running import States
from leadpact.kit.rebuild.told import SlotRebuilt
from leadpact.kit.roles import rebuilder
from leadpact.kit.rows import Message, Stream
from leadpact.testkit.conformance.worker import COUNTED, SOURCE, START, Bench, counting, said, working
from leadpact.testkit.counting import Counting, Tally
from leadpact.testkit.eventually import eventually
from leadpact.testkit.facts import Facts
from leadpact.testkit.installation import Installation

SCHEMA = "qualifier"
SUBJECTS = ["count", "pass", "in 3600", "share", "bug", "count", "in 7200"]


def page(subject: str) -> Behaved:
    return Behaved(source="test", kind="page", subject=subject)


class Log(KafkaLog):
    """While `held` nothing that was counted is published: it stands in the outbox."""

    held = False

    async def publish(self, stream: Stream, messages: Sequence[Message]) -> None:
        """Append messages in order."""
        if self.held and stream.topic == COUNTED.name:
            raise Unavailable("held")
        await super().publish(stream, messages)


class NewLayout(Counting):
    """The same decisions; a state in JSON, and a control state too."""

    shape = 2

    def dump(self, state: Tally) -> bytes:
        return msgspec.json.encode(state)

    def load(self, raw: bytes) -> Tally:
        return msgspec.json.decode(raw, type=Tally)


class Place:
    """One schema of an installation, and the topics of the bench."""

    def __init__(self, installation: Installation, log: Log, pool: asyncpg.Pool) -> None:
        self.admin = installation.admin_dsn
        self.dsn = installation.dsn(rebuilder(SCHEMA))
        self.log = log
        self.pool = pool
        self.bench = Bench(self.plumbing())

    def plumbing(self) -> Plumbing:
        """As a process of its own has it."""
        return Plumbing(self.log, PgStore(self.pool), SystemClock(), KitMeter(Metrics(*CATALOGUE)), NoFailpoints())

    async def rebuilt(self, decider: Counting | None = None, *, check: bool = False) -> list[SlotRebuilt]:
        """Rebuild, or check."""
        states = States(decider or Counting(SOURCE, COUNTED))
        return await states.rebuild(self.dsn, self.log, check=check, tell=lambda *_: None)

    async def rows(self, table: str) -> list[asyncpg.Record]:
        """All of a table."""
        return await self.pool.fetch(f"select * from {table} order by 1, 2, 3")  # noqa: S608 - names of ours

    async def handled(self, partition: int, many: int) -> None:
        """So many facts of the source are handled."""

        async def probe() -> bool:
            raw = await self.pool.fetchval("select positions::text from fence where slot = $1", partition)
            stands = msgspec.json.decode(raw or "[]", type=list[tuple[str, int, int, int]])
            return sum(seq for *_, seq in stands) >= many

        await eventually(probe, within=30)


@pytest.fixture
async def place(kafka: str, topic_prefix: str, installation: Installation) -> AsyncIterator[Place]:
    await migrate(installation.dsn(SCHEMA), "leadpact.kit.migrations")
    log, pool = Log(kafka, topic_prefix), await connect(installation.dsn(SCHEMA))
    place = Place(installation, log, pool)
    await place.bench.ensure()
    yield place
    await log.close()
    await pool.close()


@asynccontextmanager
async def with_a_past(place: Place) -> AsyncIterator[None]:
    """A worker with facts of several leads behind it, one of them set aside."""
    async with working(place.plumbing()):
        for number in range(40):
            lead, subject = f"lead {number % 9}", "count" if number % 9 else SUBJECTS[number % len(SUBJECTS)]
            await place.bench.tell(number % 2, subject, lead=lead, at=START + timedelta(seconds=number))
        await place.handled(0, 20)
        await place.handled(1, 20)
        yield


def differing(found: Sequence[SlotRebuilt]) -> list[tuple[int, int]]:
    return [(slot.differing_cells, slot.differing_timers) for slot in found]


async def test_point12_what_is_rebuilt_beside_a_worker_is_what_lives(place: Place) -> None:
    async with with_a_past(place):
        assert await place.rows("parked"), "one of them was set aside"
        found = await place.rebuilt(check=True)
    assert differing(found) == [(0, 0), (0, 0)], found
    events = [*await place.bench.counted(0), *await place.bench.counted(1)]
    assert sum(slot.folded for slot in found) == 40 + len(events)
    assert await place.rows("cell_next") == [], "nothing is left behind"


async def test_point12_a_check_says_what_differs_and_a_rebuild_mends_it_under_a_worker_that_goes_on(
    place: Place,
) -> None:
    async with with_a_past(place):
        right, effects = await place.rows("cell"), await place.rows("effect")
        await place.pool.execute("update cell set data = 'spoiled secret' where key = 'lead 1'")
        await place.pool.execute("delete from timer")
        found = await place.rebuilt(check=True)
        told = [line for slot in found for line in slot.first]
        assert sum(slot.differing_cells for slot in found) == 2  # it has facts in both partitions
        assert any(line.startswith("cell lead 1: lives version") for line in told), told
        assert "secret" not in str(told), "no state is shown"
        epochs = [row["epoch"] for row in await place.rows("fence")]

        switched = await place.rebuilt()
        assert differing(switched) == differing(found) and all(slot.switched for slot in switched)
        assert await place.rows("cell") == right
        assert await place.rows("effect") == effects, "a rebuild makes none"
        assert all(row["epoch"] > epoch for row, epoch in zip(await place.rows("fence"), epochs, strict=True))

        await place.bench.tell(1, "count", lead="lead 1")
        await place.handled(1, 21)
        last = [event for event in said(await place.bench.counted(1)) if event.lead == "lead 1"]
        assert [event.lead_version for event in last] == list(range(1, len(last) + 1))
        assert differing(await place.rebuilt(check=True)) == [(0, 0), (0, 0)]


async def test_point12_what_is_not_published_yet_is_read_from_the_outbox(place: Place) -> None:
    async with with_a_past(place):
        place.log.held = True
        await place.bench.tell(0, "count", "pass", lead="lead 2")
        await place.handled(0, 22)
        assert await place.pool.fetchval("select count(*) from outbox") > 0
        assert differing(await place.rebuilt(check=True)) == [(0, 0), (0, 0)]
        place.log.held = False


async def test_point12_a_letter_handed_back_is_taken_where_it_was_and_one_that_was_not_is_passed_over(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    flown = wire.encode(Facts()(page("count"), lead="lead 2", at=START).envelope)
    flown = flown.replace(b"lead.behaved", b"lead.flew")
    async with with_a_past(place):
        bad = [Message(b"lead 2", flown, 21 + number) for number in range(2)]
        await place.log.publish(Stream(SOURCE.name, 0), bad)
        await place.handled(0, 22)
        monkeypatch.setitem(registry.BY_NAME, "lead.flew", registry.BY_NAME["lead.behaved"])
        monkeypatch.setitem(registry._DECODERS, "lead.flew", registry._DECODERS["lead.behaved"])
        assert differing(await place.rebuilt(check=True)) == [(0, 0), (0, 0)], "newer code can read them, and does not"
        first, _ = await letters(place.pool)
        assert await redrive(place.pool, first)

        async def taken() -> bool:
            return not await place.pool.fetch("select from parked where key = 'lead 2'")

        await eventually(taken, within=10)
        assert differing(await place.rebuilt(check=True)) == [(0, 0), (0, 0)]


async def test_point8_the_role_that_rebuilds_can_make_no_effect_and_no_event(place: Place) -> None:
    async with with_a_past(place):
        await place.rebuilt()
    connection = await asyncpg.connect(place.dsn)
    refused = [
        "insert into effect (id, kind, payload) values ('x', 'mail', '{}')",
        "update effect set state = 'held'",
        "insert into outbox values ('counted', 0, 99, 1, '')",
        "update stream set next_seq = 7",
        "update shared set data = 'x'",
        "update fence set positions = '[]'",
        "update fence set mark = now()",
        """insert into dead_letter (consumer, topic, partition, "offset", key, value, reason)
        values ('c', 't', 0, 0, '', '', '')""",
        "delete from parked",
    ]
    for statement in refused:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(statement)
    await connection.close()


async def test_point12_killed_in_the_midst_of_the_switch_nothing_that_lives_has_changed(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    switch = PgBeside.switch

    async def killed(self: PgBeside, shape: int) -> tuple[int, int]:
        if self._slot.number == 1:
            await switch(self, shape)
            administrator = await asyncpg.connect(place.admin)
            await administrator.execute(
                "select pg_terminate_backend(pid, 5000) from pg_locks join pg_database d on d.oid = database "
                "where locktype = 'advisory' and datname = current_database()"  # others migrate theirs beside us
            )
            await administrator.close()
        return await switch(self, shape)

    async with with_a_past(place):
        right = await place.rows("cell")
        await place.pool.execute("update cell set data = 'x' where key = 'lead 1'")
        before = await place.rows("cell")
        monkeypatch.setattr(PgBeside, "switch", killed)
        with pytest.raises(KitError):
            await place.rebuilt()
        after = await place.rows("cell")
        assert [row for row in after if row["slot"] == 1] == [row for row in before if row["slot"] == 1]
        assert [row for row in after if row["slot"] == 0] == [row for row in right if row["slot"] == 0]
        monkeypatch.setattr(PgBeside, "switch", switch)
        await place.rebuilt()
        assert await place.rows("cell") == right, "starting again is harmless"


async def test_point12_two_rebuilds_at_once_are_refused(place: Place) -> None:
    async with with_a_past(place):
        connection = await asyncpg.connect(place.dsn)
        assert await connection.fetchval("select pg_try_advisory_lock(hashtext('leadpact.rebuild.qualifier'))")
        with pytest.raises(Unbuildable, match="another rebuild"):
            await place.rebuilt()
        await connection.close()


async def test_point12_old_and_new_layout_side_by_side_the_new_takes_over_at_the_switch(place: Place) -> None:
    new = NewLayout(SOURCE, COUNTED)
    async with with_a_past(place), working(place.plumbing(), counting(new), owner="two") as waiting:

        async def waits() -> bool:
            told = "2 slots hold state of another shape, which other code works on: `leadpact rebuild counting`"
            return waiting.troubles().get("counting", "").startswith(told)

        await eventually(waits, within=10)
        await place.bench.tell(0, "count", lead="lead 2")
        await place.handled(0, 21)  # the old one works all the while, and is not asked to share
        assert waiting.held() == set()
        with pytest.raises(Unbuildable, match="shape 1, this code makes shape 2"):
            await place.rebuilt(new, check=True)

        await place.rebuilt(new)

        async def taken() -> bool:
            return len(waiting.held()) == 2 and "counting" not in waiting.troubles()

        await eventually(taken, within=10)
        await place.bench.tell(0, "count", lead="lead 2")
        await place.handled(0, 22)
        assert differing(await place.rebuilt(new, check=True)) == [(0, 0), (0, 0)]
        events = [event for event in said(await place.bench.counted(0)) if event.lead == "lead 2"]
        assert [event.lead_version for event in events] == list(range(1, len(events) + 1)), "none lost, none twice"
        cells = await place.pool.fetch("select data from cell where key <> ''")
        assert all(msgspec.json.decode(row["data"]) for row in cells)
