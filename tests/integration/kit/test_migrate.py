"""Migrations run once, in order, under the role of their schema, and refuse a past that was rewritten."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import asyncpg
import pytest

from leadpact.kit import roles
from leadpact.kit.errors import MigrationError, RoleTaken
from leadpact.kit.migrate import migrate
from leadpact.testkit.installation import Installation

Write = Callable[[dict[str, str]], str]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Make a package's folder of migrations that holds exactly these files; returns its name as a source."""
    name = tmp_path.name  # another package for each test
    folder = tmp_path / name / "migrations"
    folder.mkdir(parents=True)
    monkeypatch.syspath_prepend(str(tmp_path))

    def write(files: dict[str, str]) -> str:
        for old in folder.iterdir():
            old.unlink()
        for file, sql in files.items():
            (folder / file).write_text(sql)
        return f"{name}.migrations"

    return write


FIRST = {"0001_a.sql": "create table a (n int); insert into a values (1);"}


async def test_what_ran_does_not_run_again_and_what_is_new_does(new_installation: Installation, write: Write) -> None:
    source, dsn = write(FIRST), new_installation.dsn("intake")
    assert await migrate(dsn, source) == [f"{source}/0001_a.sql"]
    assert await migrate(dsn, source) == []
    write({**FIRST, "0002_b.sql": "insert into a values (2)"})
    assert await migrate(dsn, source) == [f"{source}/0002_b.sql"]
    assert await _fetch(dsn, "select n from intake.a order by n") == [(1,), (2,)]


async def test_processes_that_start_together_migrate_once(new_installation: Installation, write: Write) -> None:
    source = write({"0001_a.sql": "select pg_sleep(0.1); create table a (n int)"})
    ran = await asyncio.gather(*(migrate(new_installation.dsn("intake"), source) for _ in range(4)))
    assert sorted(len(names) for names in ran) == [0, 0, 0, 1]


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ({"0001_a.sql": "create table a (n bigint)"}, "was changed since"),
        ({"0001_renamed.sql": FIRST["0001_a.sql"]}, "no longer among the files"),
        ({**FIRST, "0000_before.sql": "select 1"}, "was added before"),
    ],
)
async def test_a_rewritten_past_is_refused(
    new_installation: Installation, write: Write, files: dict[str, str], says: str
) -> None:
    await migrate(new_installation.dsn("intake"), write(FIRST))
    with pytest.raises(MigrationError, match=says):
        await migrate(new_installation.dsn("intake"), write(files))


async def test_a_failing_file_leaves_nothing_of_its_run(new_installation: Installation, write: Write) -> None:
    source, dsn = write({**FIRST, "0002_b.sql": "select 1 / 0"}), new_installation.dsn("intake")
    with pytest.raises(asyncpg.DivisionByZeroError):
        await migrate(dsn, source)
    assert await _fetch(dsn, "select relname from pg_class where relnamespace = 'intake'::regnamespace") == []


async def test_a_role_can_neither_read_nor_change_another_schema(new_installation: Installation, write: Write) -> None:
    await migrate(new_installation.dsn("intake"), write(FIRST))
    for statement in ("select n from intake.a", "insert into intake.a values (3)", "create table intake.b (n int)"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await _fetch(new_installation.dsn("qualifier"), statement)


async def test_provisioning_again_keeps_the_tables(new_installation: Installation, write: Write) -> None:
    await migrate(new_installation.dsn("intake"), write(FIRST))
    await roles.provision(new_installation.admin_dsn, new_installation.master)
    assert await _fetch(new_installation.dsn("intake"), "select n from a") == [(1,)]


async def test_a_role_limits_how_long_it_may_hold_locks(new_installation: Installation) -> None:
    dsn = new_installation.dsn("intake")
    assert await _fetch(dsn, "show idle_in_transaction_session_timeout") == [("5s",)]
    assert await _fetch(dsn, "show transaction_timeout") == [("20s",)]


async def test_another_master_key_opens_no_schema(new_installation: Installation) -> None:
    with pytest.raises(asyncpg.InvalidPasswordError):
        await _fetch(Installation(new_installation.admin_dsn, bytes(32)).dsn("intake"), "select 1")


async def test_provisioning_under_another_master_key_is_refused_and_changes_nothing(
    new_installation: Installation,
) -> None:
    with pytest.raises(RoleTaken, match="_qualifier already, made under another master key"):
        await roles.provision(new_installation.admin_dsn, bytes(32), ["fresh", "qualifier"])
    assert await _fetch(new_installation.dsn("qualifier"), "select 1") == [(1,)]
    made = "select count(*) from pg_roles where rolname = current_database() || '_fresh'"
    assert await _fetch(new_installation.admin_dsn, made) == [(0,)]


async def _fetch(dsn: str, query: str) -> list[tuple[object, ...]]:
    connection = await asyncpg.connect(dsn)
    try:
        return [tuple(row) for row in await connection.fetch(query)]
    finally:
        await connection.close()
