"""Two weeks of a sales team, played once undisturbed; what came in is kept, so that it can come in again elsewhere."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from leadpact.contracts.topics import AGREEMENTS, RAW
from leadpact.kit.rows import Message, Stream
from tests.tour.people import ANN, BOB, OPERATIONS, Person
from tests.tour.world import World, when

ENDS = "+Sun 23:00"
LANE = "last week"
WHO = [
    Person(f"Lead {letter}", f"{letter}@{letter}-company.example", "Director of Marketing", 200)
    for letter in "abcdefgh"
]
Act = Callable[[World, str], Awaitable[object]]


def demo(number: int) -> Act:
    """Somebody looks at the prices and asks for a demo."""
    return lambda world, at: world.asks_for_a_demo(at, WHO[number])


def touch(number: int, rep: str, kind: str, outcome: str, *, told: str | None = None) -> Act:
    """A rep reaches out; the CRM says so at once, or later."""
    return lambda world, at: world.touches(at, rep, WHO[number], told=told, kind=kind, outcome=outcome)


def reject(number: int, rep: str) -> Act:
    """A rep sends a lead back."""
    told = {"email": WHO[number].email, "verdict": "rejected", "reason": "not_a_fit", "data": {"note": "a student"}}
    return lambda world, at: world.commands(at, rep, command="dispose", **told)


def remember(number: int, occurred: str) -> Act:
    """History is staged: somebody asked for a demo last week."""
    told = {"email": WHO[number].email, "occurred_at": when(occurred).isoformat()}
    form = {**told, "job_title": "VP Sales", "employees": 120, "form": "demo"}
    visit = {**told, "type": "behaviour", "kind": "page", "subject": "/pricing"}

    async def staged(world: World, at: str) -> None:
        await world.until(at)
        await world.remembers(LANE, "/v1/leads", form)
        await world.remembers(LANE, "/v1/activities", {**visit, "id": "first"}, {**visit, "id": "second"})

    return staged


def close(world: World, at: str) -> Awaitable[object]:
    """History is released."""
    return world.commands(at, OPERATIONS, command="backfill.close", lane=LANE)


PLAN: list[tuple[str, Act]] = [
    ("Mon 09:30", remember(7, "-Tue 09:20")),
    ("Mon 09:40", close),
    ("Mon 10:05", demo(0)),
    ("Mon 10:25", touch(0, ANN, "call", "connected")),
    ("Tue 09:10", demo(1)),  # and nobody ever calls
    ("Tue 15:35", demo(2)),
    ("Wed 09:50", touch(2, BOB, "call", "connected")),  # too late
    ("Wed 11:20", demo(3)),
    ("Wed 11:50", touch(3, ANN, "email", "sent", told="Wed 14:00")),  # in time, and told when it was missed
    ("Wed 20:40", demo(4)),  # at night
    ("Thu 09:20", touch(4, BOB, "call", "voicemail")),
    ("Thu 13:15", demo(5)),
    ("Thu 13:30", reject(5, ANN)),
    ("Fri 09:45", demo(6)),
    *((f"{day} 10:00", touch(6, ANN, "call", "no_answer")) for day in ("Fri", "+Mon", "+Tue")),
    *((f"{day} 10:04", touch(6, ANN, "email", "sent")) for day in ("Fri", "+Mon", "+Tue")),
]
"""Nothing happens to two leads at one instant: whom a team's next lead goes to depends on which came first."""


class Came(NamedTuple):
    """Something that the door or the agreements' desk put into the log."""

    at: datetime
    stream: Stream
    messages: Sequence[Message]


@dataclass(frozen=True, slots=True)
class Weeks:
    """The world as it stands at the end, and all that came into it, in order."""

    world: World
    came: Sequence[Came]


async def weeks() -> Weeks:
    """Play them."""
    world, came = World(), list[Came]()
    log, clock = world.line.log, world.clock
    publish = log.publish

    async def noting(stream: Stream, messages: Sequence[Message]) -> None:
        if stream.topic in {RAW.name, AGREEMENTS.name}:
            came.append(Came(clock.business(), stream, messages))
        await publish(stream, messages)

    log.publish = noting  # type: ignore[method-assign]  # to listen, not to change
    await world.begins()
    for at, act in sorted(PLAN, key=lambda planned: when(planned[0])):
        await act(world, at)
    await world.until(ENDS)
    assert world.troubles() == []
    return Weeks(world, came)
