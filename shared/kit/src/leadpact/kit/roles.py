"""One database, one schema and one login role per service: none can read or change what another owns.

A role is named after the database and the service, because roles belong to the whole server. Its password follows from
the master key; a process is given only those of the roles it works as (`kit.entrusted`). A password that was set is
never set again: a role that does not let us in belongs to another installation.
"""

from collections.abc import Iterable, Mapping
from urllib.parse import quote, unquote, urlsplit

import asyncpg

from leadpact.kit.errors import RoleTaken
from leadpact.kit.keys import derive_key

SCHEMAS = ("intake", "qualifier", "sla_monitor", "reporting", "vault", "access")
REBUILT = ("intake", "qualifier", "sla_monitor", "reporting")
"""Schemas with a role beside their own that rebuilds what they keep (`kit.rebuild`). The schema's `rebuild_rights`
gives it what it may, whichever is made first, role or tables: it can make no effect and no event."""
_RIGHTS = """
select exists (select from pg_proc p join pg_namespace n on n.oid = p.pronamespace
where n.nspname = $1 and p.proname = 'rebuild_rights')
"""
_LIMITS = {  # a stalled owner must not hold locks
    "idle_in_transaction_session_timeout": "5s",
    "transaction_timeout": "20s",
    "statement_timeout": "20s",
    "lock_timeout": "5s",
    "tcp_keepalives_idle": "10",
}
_LONG = {"transaction_timeout": "10min", "statement_timeout": "10min"}
"""A rebuild replaces a whole slot in one transaction; if it stalls there, its idleness ends it all the same."""


def dsn(address: str, schema: str, password: str) -> str:
    """The address under which the role of `schema` reaches the database of `address`, whoever that one was for."""
    parts = urlsplit(address)
    place = parts.netloc.rpartition("@")[2]
    return parts._replace(netloc=f"{quote(_role_at(address, schema), safe='')}:{password}@{place}").geturl()


def password(address: str, schema: str, master: bytes) -> str:
    """The password of the role of `schema` in the database of `address`."""
    return _password(_role_at(address, schema), master)


def rebuilder(schema: str) -> str:
    """What the role that rebuilds a schema's state is called in `dsn` and `password`."""
    return f"{schema}_rebuild"


async def provision(admin_dsn: str, master: bytes, schemas: Iterable[str] = SCHEMAS) -> None:
    """Make role and schema of each service in the database of `admin_dsn`; doing it again changes nothing.

    The administrator must be allowed to create roles and, in this database, schemas. Raises `RoleTaken`, with nothing
    changed, where a role stands that was made under another master key.
    """
    connection = await asyncpg.connect(admin_dsn)
    try:
        database = await connection.fetchval("select current_database()")
        async with connection.transaction():
            await connection.execute("select pg_advisory_xact_lock(hashtext('leadpact.provision'))")
            for schema in schemas:
                role = await _made(connection, admin_dsn, _role(database, schema), master)
                await connection.execute(f'create schema if not exists {schema} authorization "{role}"')
                await _limit(connection, schema, role, _LIMITS)
                if schema in REBUILT:
                    role = await _made(connection, admin_dsn, _role(database, rebuilder(schema)), master)
                    await connection.execute(f'grant usage on schema {schema} to "{role}"')
                    await _limit(connection, schema, role, _LIMITS | _LONG)
                    if await connection.fetchval(_RIGHTS, schema):
                        await connection.execute(f'set local role "{_role(database, schema)}"')
                        await connection.execute(f"select {schema}.rebuild_rights()")
                        await connection.execute("reset role")
    finally:
        await connection.close()


async def remove(admin_dsn: str, schemas: Iterable[str] = SCHEMAS) -> None:
    """Drop each service's role with its schema and everything in it."""
    connection = await asyncpg.connect(admin_dsn)
    try:
        database = await connection.fetchval("select current_database()")
        wanted = [*map(rebuilder, set(REBUILT).intersection(schemas)), *schemas]
        for role in [_role(database, schema) for schema in wanted]:
            if await _exists(connection, role):
                await connection.execute(f'drop owned by "{role}" cascade')
                await connection.execute(f'drop role "{role}"')
    finally:
        await connection.close()


async def _let_in(address: str, role: str, master: bytes) -> None:
    """Log in as a role; raises `RoleTaken`."""
    try:
        connection = await asyncpg.connect(address, user=role, password=_password(role, master))
    except asyncpg.InvalidAuthorizationSpecificationError as error:
        raise RoleTaken(
            f"PostgreSQL has a role {role} already, made under another master key: "
            "start with the state directory that holds that key, or with another database"
        ) from error
    await connection.close()


async def _made(connection: asyncpg.Connection, address: str, role: str, master: bytes) -> str:
    """A login role, made now or ours already."""
    if await _exists(connection, role):
        await _let_in(address, role, master)
    else:
        await connection.execute(f"create role \"{role}\" login password '{_password(role, master)}'")
    await connection.execute(f'grant "{role}" to current_user with set true')
    return role


async def _limit(connection: asyncpg.Connection, schema: str, role: str, limits: Mapping[str, str]) -> None:
    await connection.execute(f'alter role "{role}" set search_path = {schema}')
    for name, value in limits.items():
        await connection.execute(f"alter role \"{role}\" set {name} = '{value}'")


async def _exists(connection: asyncpg.Connection, role: str) -> bool:
    return bool(await connection.fetchval("select exists (select from pg_roles where rolname = $1)", role))


def _role(database: str, schema: str) -> str:
    return f"{database}_{schema}"


def _role_at(address: str, schema: str) -> str:
    return _role(unquote(urlsplit(address).path.removeprefix("/")), schema)


def _password(role: str, master: bytes) -> str:
    return derive_key(master, f"role/{role}").hex()
