"""`leadpact dead-letters`: records that no service could read: listed, looked at, handed back, dropped."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, TypeVar

import asyncpg
import typer

from leadpact.contracts.topics import AGREEMENTS, RAW, RETURNS
from leadpact.intake.main import SERVICE as INTAKE
from leadpact.kit.pg import letters as kept
from leadpact.kit.pg.letters import Letter
from leadpact.kit.service import Service
from leadpact.local.errors import LocalError, Misused
from leadpact.local.redacting import described
from leadpact.local.show import as_json, say
from leadpact.local.verbs.asking import AsJson, outline, show
from leadpact.local.verbs.tables import ServiceName, everywhere, named, tables

app = typer.Typer(no_args_is_help=True, help="Records that no service could read: look at them, hand them back.")

Ids = Annotated[list[int], typer.Argument(metavar="ID…", help="As `dead-letters list` shows them.")]
T = TypeVar("T")
_NOT_HANDED_BACK = {
    RAW.name: "have the source deliver again what was meant",
    AGREEMENTS.name: "bring what it says about again, as a new version of the agreement",
    RETURNS.name: "close the engagement of its lead by hand, with the command `dispose`",
}
"""What is to be done about a record that the normaliser could not read: its place in the one order has passed."""


@app.command("list")
def list_(*, json: AsJson = False) -> None:
    """Where each stood in the log and why nobody could read it; exit code 1 when there is one."""

    async def read(service: Service[Any], pool: asyncpg.Pool) -> list[dict[str, Any]]:
        return [{"service": service.name, **_row(letter)} for letter in await kept.letters(pool)]

    rows = asyncio.run(everywhere(read))
    show(rows, ("service", "id", "consumer", "topic", "partition", "offset", "at", "reason"), json=json)
    if rows:
        raise typer.Exit(1)


@app.command("show")
def show_(service: ServiceName, id_: Annotated[int, typer.Argument(metavar="ID")], *, json: AsJson = False) -> None:
    """Place, size, times, ids, names and shapes of fields; values are withheld."""

    async def read(pool: asyncpg.Pool) -> Letter:
        return await _one(pool, service, id_)

    letter = _in(service, read)
    told = {
        "service": service,
        **_row(letter),
        **described(letter.record),
        "redrive": refusal(service, letter) or "can be",
    }
    if json:
        as_json(told)
    else:
        outline(told)


@app.command()
def redrive(service: ServiceName, ids: Ids) -> None:
    """Have letters that today's code can read handled, each in a turn of its own slot; exit code 1 when one cannot."""

    async def hand_back(pool: asyncpg.Pool) -> list[str]:
        refused: list[str] = []
        for id_ in ids:
            letter = await _one(pool, service, id_)
            if (why := refusal(service, letter)) is not None:
                refused.append(f"{id_}: {why}")
            else:
                await kept.redrive(pool, letter)
        return refused

    refused = _in(service, hand_back)
    say(f"{service} handles {len(ids) - len(refused)} again")
    if refused:
        raise LocalError("\n".join(refused))


@app.command()
def drop(service: ServiceName, ids: Ids) -> None:
    """Forget letters that somebody has looked at; in the log they stand where they stood."""

    async def forget(pool: asyncpg.Pool) -> list[int]:
        return [id_ for id_ in ids if not await kept.drop(pool, id_)]

    missing = _in(service, forget)
    say(f"{len(ids) - len(missing)} dropped")
    if missing:
        raise Misused(f"{service} has no dead letter {', '.join(map(str, missing))}: `leadpact dead-letters list`")


def _in(service: str, doing: Callable[[asyncpg.Pool], Awaitable[T]]) -> T:
    async def done() -> T:
        async with tables(named(service)) as pool:
            return await doing(pool)

    return asyncio.run(done())


async def _one(pool: asyncpg.Pool, service: str, id_: int) -> Letter:
    found = [letter for letter in await kept.letters(pool) if letter.id == id_]
    if not found:
        raise Misused(f"{service} has no dead letter {id_}: `leadpact dead-letters list`")
    return found[0]


def refusal(service: str, letter: Letter) -> str | None:
    """Why a letter cannot be handed back and what helps instead; None if it can."""
    if service != INTAKE.name:
        return kept.refusal(letter)
    return f"the normaliser hands nothing back: {_NOT_HANDED_BACK[letter.record.topic]}"


def _row(letter: Letter) -> dict[str, Any]:
    record = letter.record
    place = {"topic": record.topic, "partition": record.partition, "offset": record.offset}
    return {
        "id": letter.id,
        "consumer": letter.consumer,
        **place,
        "at": letter.buried_at.isoformat(),
        "reason": letter.reason,
    }
