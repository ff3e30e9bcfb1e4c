"""One database, one schema and one login role per service: none can read or change what another owns.

A role is named after the database and the service, because roles belong to the whole server. Its password follows from
the master key, so nobody has to store or hand on any.
"""

from collections.abc import Iterable
from urllib.parse import quote, unquote, urlsplit

import asyncpg

from leadpact.kit.keys import derive_key

SCHEMAS = ("intake", "qualifier", "sla_monitor", "reporting", "vault", "access")
_LIMITS = {  # a stalled owner must not hold locks
    "idle_in_transaction_session_timeout": "5s",
    "transaction_timeout": "20s",
    "statement_timeout": "20s",
    "lock_timeout": "5s",
    "tcp_keepalives_idle": "10",
}


def dsn(address: str, schema: str, master: bytes) -> str:
    """The address under which the role of `schema` reaches the database of `address`, whoever that one was for."""
    parts = urlsplit(address)
    role = _role(unquote(parts.path.removeprefix("/")), schema)
    place = parts.netloc.rpartition("@")[2]
    return parts._replace(netloc=f"{quote(role, safe='')}:{_password(role, master)}@{place}").geturl()


async def provision(admin_dsn: str, master: bytes, schemas: Iterable[str] = SCHEMAS) -> None:
    """Make role and schema of each service in the database of `admin_dsn`; doing it again changes nothing.

    The administrator must be allowed to create roles and, in this database, schemas.
    """
    connection = await asyncpg.connect(admin_dsn)
    try:
        database = await connection.fetchval("select current_database()")
        async with connection.transaction():
            await connection.execute("select pg_advisory_xact_lock(hashtext('leadpact.provision'))")
            for schema in schemas:
                await _provision(connection, schema, _role(database, schema), master)
    finally:
        await connection.close()


async def remove(admin_dsn: str, schemas: Iterable[str] = SCHEMAS) -> None:
    """Drop each service's role with its schema and everything in it."""
    connection = await asyncpg.connect(admin_dsn)
    try:
        database = await connection.fetchval("select current_database()")
        for schema in schemas:
            role = _role(database, schema)
            if await _exists(connection, role):
                await connection.execute(f'drop owned by "{role}" cascade')
                await connection.execute(f'drop role "{role}"')
    finally:
        await connection.close()


async def _provision(connection: asyncpg.Connection, schema: str, role: str, master: bytes) -> None:
    verb = "alter" if await _exists(connection, role) else "create"
    await connection.execute(f"{verb} role \"{role}\" login password '{_password(role, master)}'")
    await connection.execute(f'grant "{role}" to current_user with set true')
    await connection.execute(f'create schema if not exists {schema} authorization "{role}"')
    await connection.execute(f'alter role "{role}" set search_path = {schema}')
    for name, value in _LIMITS.items():
        await connection.execute(f"alter role \"{role}\" set {name} = '{value}'")


async def _exists(connection: asyncpg.Connection, role: str) -> bool:
    return bool(await connection.fetchval("select exists (select from pg_roles where rolname = $1)", role))


def _role(database: str, schema: str) -> str:
    return f"{database}_{schema}"


def _password(role: str, master: bytes) -> str:
    return derive_key(master, f"role/{role}").hex()
