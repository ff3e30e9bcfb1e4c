"""A database with a role and schema per service, for tests; a pytest plugin beside `infra`."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import asyncpg
import pytest

from leadpact.embedded.waiting import run
from leadpact.kit import roles
from leadpact.testkit.infra import made

MASTER = bytes(range(32))
_ROWS_FROM_THE_START = "intake"  # its migrations write rows: it is made anew instead of emptied
_ALONE = """
select pg_terminate_backend(pid, 5000) from pg_stat_activity
where datname = current_database() and pid <> pg_backend_pid()
"""
_EMPTIED = """
do $$
declare
    place record;
    filled boolean;
    found text[] := '{}';
begin
    for place in select format('%I.%I', schemaname, tablename) as name from pg_tables
        where schemaname not in ('pg_catalog', 'information_schema') and tablename <> 'migration'
    loop
        execute 'select exists (select from ' || place.name || ')' into filled;
        if filled then found := found || place.name; end if;
    end loop;
    if found <> '{}' then execute 'truncate ' || array_to_string(found, ', ') || ' cascade'; end if;
    for place in select format('%I.%I', schemaname, sequencename) as name from pg_sequences where last_value is not null
    loop
        execute 'alter sequence ' || place.name || ' restart';
    end loop;
end $$
"""


@dataclass(frozen=True, slots=True)
class Installation:
    """Where a test's services find their schemas, and the master key they share."""

    admin_dsn: str
    master: bytes = MASTER

    def dsn(self, schema: str) -> str:
        """The address for the role of one schema."""
        return roles.dsn(self.admin_dsn, schema, roles.password(self.admin_dsn, schema, self.master))


@pytest.fixture
def new_installation(database: str) -> Iterator[Installation]:
    """Roles and schemas without a table in a database of this test's own; gone afterwards."""
    with _provisioned(database):
        yield Installation(database)


@pytest.fixture(scope="session")
def kept_installation(postgres: str) -> Iterator[str]:
    """Address of a database with roles and schemas of all services, for one test after the other."""
    with made(postgres) as address, _provisioned(address):
        yield address


@pytest.fixture
def installation(kept_installation: str) -> Iterator[Installation]:
    """Roles and schemas of all services; what earlier tests left is gone: tables are empty, nobody is connected."""
    yield Installation(kept_installation)
    run(_emptied(kept_installation))


@contextmanager
def _provisioned(address: str) -> Iterator[None]:
    run(roles.provision(address, MASTER))
    yield
    run(roles.remove(address))


async def _emptied(address: str) -> None:
    connection = await asyncpg.connect(address)
    try:
        await connection.execute(_ALONE)
        await connection.execute(f"drop schema {_ROWS_FROM_THE_START} cascade")
        await connection.execute(_EMPTIED)
    finally:
        await connection.close()
    await roles.provision(address, MASTER, [_ROWS_FROM_THE_START])
