"""Point 12 for the read models, on a real PostgreSQL: while consumers go on, as a role that can do nothing else."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from functools import cache

import asyncpg
import pytest

from leadpact.contracts import envelope as wire
from leadpact.contracts import registry
from leadpact.contracts.events import lead
from leadpact.contracts.topics import LEADS, partition
from leadpact.kit import roles
from leadpact.kit.errors import KitError, Unbuildable
from leadpact.kit.pg.anew import PgAnew
from leadpact.kit.pg.letters import letters, redrive
from leadpact.kit.rebuild.ports import TableDifference
from leadpact.kit.rebuild.told import TableRebuilt
from leadpact.kit.rows import Stream
from leadpact.reporting.domain.tables import TABLES
from leadpact.reporting.handlers import MODELS
from leadpact.testkit.eventually import eventually
from leadpact.testkit.history import History, quarter
from tests.integration.reporting.consuming import Consuming
from tests.integration.reporting.seeding import MASTER, NOW

NOON = datetime(2026, 11, 18, 12, tzinfo=UTC)
SPOILT = {
    "lead": "update lead set source = 'a secret' where lead = (select min(lead) from lead)",
    "told_sla": "delete from told_sla where (lead, seq) = (select lead, seq from told_sla order by 1, 2 limit 1)",
    "test_lead": "insert into test_lead values ('nobody')",
    "attribute": """update attribute set value = '"a secret"'
    where (lead, name) = (select lead, name from attribute order by 1, 2 limit 1)""",
    "cell": "update cell set version = version + 1 where (consumer, slot) = ('reporting.leads', 3)",
}


_TERMINATED = """
select pg_terminate_backend(pid, 5000) from pg_locks join pg_database d on d.oid = database
where locktype = 'advisory' and datname = current_database()
"""


@cache
def week() -> History:
    """A few leads, with a little of everything."""
    return quarter(NOW, days=7, leads=30)


class Place(Consuming):
    """With a database whose role for rebuilds has the address `dsn`."""

    def __init__(self, connections: asyncpg.Pool, dsn: str) -> None:
        super().__init__(connections)
        self.dsn = dsn

    async def rebuilt(self, *, check: bool = False) -> list[TableRebuilt]:
        """Rebuild, or check."""
        return await MODELS.rebuild(self.dsn, self.log, check=check, tell=lambda *_: None)

    async def rows(self) -> dict[str, list[asyncpg.Record]]:
        """All that is rebuilt."""
        names = ["cell", *(table.name for table in TABLES)]
        return {name: await self.connections.fetch(f"select t from {name} t order by 1") for name in names}  # noqa: S608 - names of ours

    async def spoil(self) -> None:
        """Change, take away and add rows."""
        for statement in SPOILT.values():
            assert await self.connections.execute(statement) in {"UPDATE 1", "DELETE 1", "INSERT 0 1"}, statement

    async def captured(self, number: int, key: str = "count") -> None:
        """One more fact, of one of nine leads."""
        who = f"lead-{number % 9}"
        event = lead.Captured(source="site", channel="direct", features={key: number})
        await self.put(self.make(event, lead=who, at=NOON), who)


@pytest.fixture
async def place(empty: str) -> AsyncIterator[Place]:
    rebuilder = roles.rebuilder("reporting")
    dsn = roles.dsn(empty, rebuilder, roles.password(empty, rebuilder, MASTER))
    async with asyncpg.create_pool(empty, min_size=1, max_size=16) as connections:
        place = Place(connections, dsn)
        await place.tell(week())
        yield place


def admin(postgres: str, dsn: str) -> str:
    """The address of the database of `dsn` for who may do anything."""
    return f"{postgres.rpartition('/')[0]}/{dsn.rpartition('/')[2]}"


def differing(found: Sequence[TableRebuilt]) -> dict[str, int]:
    return {each.table: each.differing for each in found if each.differs}


async def test_point12_read_models_made_again_are_those_that_live(place: Place) -> None:
    async with place.working():
        await place.handled()
        found = await place.rebuilt(check=True)
        assert differing(found) == {}, found
        rows = {name: len(rows) for name, rows in (await place.rows()).items()}
        assert {each.table: each.rows for each in found} == rows
        assert rows["told_sla"] > 0 and rows["cell"] == LEADS.partitions


async def test_point12_what_differs_is_found_and_mended_while_facts_come(place: Place) -> None:
    async with place.working():
        await place.handled()
        right = await place.rows()
        await place.spoil()
        spoilt = await place.rows()
        found = await place.rebuilt(check=True)
        assert differing(found) == dict.fromkeys(SPOILT, 1)
        said = [line for each in found for line in each.first]
        assert "test_lead nobody: the log knows nothing of it" in said
        assert {line.partition(": ")[2].split()[1] for line in said} == {"log", "is", "says"}
        assert "secret" not in str(said), "nothing is shown of what is in a row"
        assert await place.rows() == spoilt, "a check changes nothing"
        assert differing(await place.rebuilt()) == dict.fromkeys(SPOILT, 1)
        assert await place.rows() == right

        await place.spoil()
        enough = asyncio.Event()
        facts = asyncio.create_task(_on_and_on(place, enough))
        assert differing(await place.rebuilt()) == dict.fromkeys(SPOILT, 1)
        enough.set()
        assert await facts > 100
        await place.handled()
        assert differing(await place.rebuilt(check=True)) == {}


async def _on_and_on(place: Place, enough: asyncio.Event) -> int:
    number = 0
    while not enough.is_set():
        number += 1
        await place.captured(number)
        await asyncio.sleep(0.001)
    return number


async def test_point12_a_letter_handed_back_is_written_where_it_was_and_one_that_was_not_is_passed_over(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, bad = partition("lead-1"), Stream(LEADS.name, partition("lead-1"))
    flown = place.make(lead.Captured(source="bad", channel="direct"), lead="lead-1", at=NOON)
    async with place.working():
        for _ in range(2):
            await place.captured(1)
            await place.append(bad, wire.encode(flown.envelope).replace(b"lead.captured", b"lead.flew"))
        await place.handled()
        monkeypatch.setitem(registry.BY_NAME, "lead.flew", registry.BY_NAME["lead.captured"])
        monkeypatch.setitem(registry._DECODERS, "lead.flew", registry._DECODERS["lead.captured"])
        assert differing(await place.rebuilt(check=True)) == {}, "newer code can read them, and does not"
        first, _ = await letters(place.connections)
        assert first.record.partition == here and await redrive(place.connections, first)

        async def written() -> bool:
            return bool(await place.connections.fetchval("select count(*) = 1 from intake where source = 'bad'"))

        await eventually(written, within=10)
        assert differing(await place.rebuilt(check=True)) == {}


async def test_point12_killed_in_the_midst_of_the_switch_nothing_that_lives_has_changed(
    place: Place, postgres: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace = PgAnew.replace

    async def killed(self: PgAnew) -> list[TableDifference]:
        found = await replace(self)
        administrator = await asyncpg.connect(admin(postgres, place.dsn))
        await administrator.execute(_TERMINATED)
        await administrator.close()
        return found

    async with place.working():
        await place.handled()
        right = await place.rows()
        await place.spoil()
        spoilt = await place.rows()
        with monkeypatch.context() as once:
            once.setattr(PgAnew, "replace", killed)
            with pytest.raises(KitError):
                await place.rebuilt()
        assert await place.rows() == spoilt
        await place.rebuilt()
        assert await place.rows() == right, "starting again is harmless"


async def test_point12_two_rebuilds_at_once_are_refused(place: Place) -> None:
    connection = await asyncpg.connect(place.dsn)
    assert await connection.fetchval("select pg_try_advisory_lock(hashtext('leadpact.rebuild.reporting'))")
    with pytest.raises(Unbuildable, match="another rebuild"):
        await place.rebuilt()
    await connection.close()


async def test_point12_without_a_worker_ever_there_is_nothing_to_rebuild(place: Place) -> None:
    with pytest.raises(Unbuildable, match="never run here"):
        await place.rebuilt(check=True)


async def test_a_role_that_is_made_behind_the_tables_has_its_rights_and_no_others(
    place: Place, empty: str, postgres: str
) -> None:
    address = admin(postgres, empty)
    connection = await asyncpg.connect(address)
    database: str = await connection.fetchval("select current_database()")
    await connection.execute(f'drop owned by "{database}_reporting_rebuild"; drop role "{database}_reporting_rebuild"')
    await connection.close()
    await roles.provision(address, MASTER, ["reporting"])
    connection = await asyncpg.connect(place.dsn)
    rows = await connection.fetch(
        "select table_name, string_agg(privilege_type, ' ' order by privilege_type) as may"
        " from information_schema.table_privileges where grantee = current_user group by table_name"
    )
    await connection.close()
    may = {row["table_name"]: row["may"] for row in rows}
    all_ = {"cell", "timer", "cell_next", "timer_next", *(table.name for table in TABLES)}
    read = dict.fromkeys(("fence", "stream", "outbox", "parked", "waiting", "buried"), "SELECT")
    assert may == dict.fromkeys(all_, "DELETE INSERT SELECT UPDATE") | read
