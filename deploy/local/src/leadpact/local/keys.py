"""Keys of people and programs, made on the machine of the installation and kept in files that only their owner reads.

There is no API for keys: who may make them is who may read the master key.
"""

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from pathlib import Path
from shlex import quote

import asyncpg

from leadpact.contracts.envelope import Actor
from leadpact.kit.access import Keys, Role, Scope
from leadpact.kit.clock import SystemClock
from leadpact.kit.settings import Settings
from leadpact.local.errors import LocalError, Misused
from leadpact.local.state import State, write_secret


def is_name(text: str) -> bool:
    """Whether a key may be kept under this name."""
    return text.replace("-", "").replace("_", "").isalnum()


def key_file(state: State, name: str) -> Path:
    """Where the key of a name is kept."""
    if not is_name(name):
        raise Misused(f"{name!r} is no name for a key: letters, digits, - and _")
    return state.path / "keys" / f"{name}.key"


def key_of(state: State, name: str, role: Role | None = None) -> str:
    """The text of a key made here; raises `Misused`, which says how to make one for somebody of that role."""
    file = key_file(state, name)
    if not file.exists():
        more = f" --role {role}" if role else ""
        raise Misused(f"{name} has no key here: `leadpact key create {name}{more}` makes one")
    return file.read_text().strip()


async def make_key(
    state: State, actor: Actor, roles: Collection[Role], scopes: Collection[Scope], sources: Collection[str] = ()
) -> Path:
    """Make a key and keep it under its actor's id; raises `LocalError` if there is one."""
    file = key_file(state, actor.id)
    if file.exists():
        raise LocalError(
            f"{actor.id} has a key already, in {file}; to replace it: "
            f"`leadpact key revoke {actor.id}; rm {quote(str(file))}`, then create it again"
        )
    async with keys(state) as table:
        now = SystemClock().wall()
        made = await table.create(actor, actor.id, roles=roles, scopes=scopes, now=now, sources=sources)
    file.parent.mkdir(mode=0o700, exist_ok=True)
    write_secret(file, made.text)
    return file


@asynccontextmanager
async def keys(state: State) -> AsyncIterator[Keys]:
    """The table of keys of the installation that runs; raises `NotUp`."""
    settings = Settings.model_validate(state.running().settings)
    pool = await asyncpg.create_pool(settings.dsn("access"), min_size=1, max_size=1)
    try:
        yield Keys(pool)
    finally:
        await pool.close()
