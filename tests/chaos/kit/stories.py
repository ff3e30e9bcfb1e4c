"""Short stories that hit the kit where it could break; as it is, each comes out right."""

import asyncio
from collections.abc import Awaitable, Callable

from leadpact.kit.errors import Stopped
from leadpact.kit.failpoints import Point
from leadpact.kit.pg import append
from leadpact.kit.rebuild.running import States
from leadpact.kit.relay import Relay
from leadpact.kit.rows import Message, Slot, Stream
from leadpact.testkit.eventually import eventually
from tests.chaos.kit.judge import Check, difference, sequences
from tests.chaos.kit.scene import BATCH, Scene
from tests.chaos.kit.source import ANSWERS, at, standing

Story = Callable[[Scene], Awaitable[dict[Check, str]]]
"""Plays on a scene; returns what is wrong afterwards."""

_OUT = Stream(ANSWERS.name, 0)
_LOCKED = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"


async def a_stalled_owner_wakes_up_late(scene: Scene) -> dict[Check, str]:
    """Ann stalls before the fence with a batch in hand; Bob takes over and handles it and more; Ann goes on."""
    await scene.source.tell("a", *["count"] * 3 * BATCH)
    ann = await scene.owning("ann")
    await ann.read()
    await ann.turn()
    await ann.read()
    bob = await scene.owning("bob")
    await bob.settle()
    committed = await ann.turn()
    await ann.publish()
    return await scene.judge.findings() | _owned(ann_committed=committed)


async def a_stalled_owner_wakes_up_early(scene: Scene) -> dict[Check, str]:
    """The same, but Ann goes on when Bob has the slot and has not committed anything yet."""
    await scene.source.tell("a", *["count"] * 3 * BATCH)
    ann = await scene.owning("ann")
    await ann.read()
    await ann.turn()
    await ann.read()
    bob = await scene.owning("bob")
    await bob.read()
    committed = await ann.turn()
    await bob.turn()
    lost = bob.lease is None
    for owner in (bob, ann):
        await owner.settle()
    return await scene.judge.findings() | _owned(ann_committed=committed, bob_lost=lost)


async def an_owner_dies_before_its_commit(scene: Scene) -> dict[Check, str]:
    """Ann dies with her second batch handled and not committed; Bob takes over."""
    await scene.source.tell("a", *["count"] * 3 * BATCH)
    ann = await scene.owning("ann")
    await ann.read()
    await ann.turn()
    await ann.publish()
    await ann.read()
    await ann.turn(crash=Point.BEFORE_COMMIT)
    bob = await scene.owning("bob")
    await bob.settle()
    return await scene.judge.findings()


async def evidence_is_on_its_way_while_time_is_up(scene: Scene) -> dict[Check, str]:
    """A timer is due by our own clock; a fact from before it is on its way, and time has passed for those only who have
    read that."""
    await scene.source.tell("a", "in 5")
    ann = await scene.owning("ann")
    await ann.settle()
    scene.source.write("a", "count", when=at(2), mark=at(3))
    ann.board.put(scene.source.announce(at(60)))
    scene.clock.advance(1)
    await ann.settle()
    await scene.source.send()
    await ann.settle()
    return await scene.judge.findings()


async def history_is_loaded(scene: Scene) -> dict[Check, str]:
    """A lane with facts and a timer that is due in it, then live facts of the same lead and of another."""
    scene.source.write_history("a", "count", "in 5", when=at(-1_000), until=at(-900))
    scene.source.write("a", "count", when=at(1))
    scene.source.write("b", "count", when=at(2))
    await scene.source.send()
    ann = await scene.owning("ann")
    await ann.settle()
    return await scene.judge.findings()


async def state_is_rebuilt(scene: Scene) -> dict[Check, str]:
    """History and live facts are handled; the state is rebuilt under its owner; another owner goes on with it."""
    scene.source.write_history("a", "count", "in 5", when=at(-1_000), until=at(-900))
    scene.source.write("a", "count", when=at(1))
    await scene.source.send()
    ann = await scene.owning("ann")
    await ann.settle()
    await scene.pool.execute("update cell set data = 'spoilt' where key = 'a'")
    await States(scene.decider).rebuild(scene.dsn, scene.log, check=False, tell=lambda *_: None)
    await scene.source.tell("a", "count", when=at(2))
    bob = await scene.owning("bob")
    await bob.settle()
    return await scene.judge.findings()


async def two_writers_append_at_once(scene: Scene) -> dict[Check, str]:
    """Two processes put something into one stream outside any turn: the slow one first, which commits last; a third
    takes its own back."""
    relay = Relay(Slot("answers", 0), [_OUT], scene.plumbing)
    trouble = ""
    async with scene.pool.acquire() as first:
        slow = first.transaction()
        await slow.start()
        await append(first, _OUT, [Message(b"", b"slow")])
        quick = asyncio.create_task(scene.store.append(_OUT, [Message(b"", b"quick")]))

        async def went_as_far_as_it_could() -> bool:
            return quick.done() or bool(await scene.pool.fetchval(_LOCKED))

        await eventually(went_as_far_as_it_could, within=20)
        try:
            await relay.drain()
        except Stopped as error:
            trouble = str(error)
        await slow.commit()
        await quick
        taken_back = first.transaction()
        await taken_back.start()
        await append(first, _OUT, [Message(b"", b"taken back")])
        await taken_back.rollback()
    await scene.store.append(_OUT, [Message(b"", b"last")])
    try:
        await relay.drain()
    except Stopped as error:
        trouble = trouble or str(error)
    records = await standing(scene.log, _OUT)
    looked = {
        Check.SEQUENCES: sequences(records),
        Check.ORDER: difference([b"slow", b"quick", b"last"], [record.value for record in records]),
        Check.STANDSTILL: trouble,
    }
    return {check: says for check, says in looked.items() if says}


STORIES: list[Story] = [
    a_stalled_owner_wakes_up_late,
    a_stalled_owner_wakes_up_early,
    an_owner_dies_before_its_commit,
    evidence_is_on_its_way_while_time_is_up,
    history_is_loaded,
    state_is_rebuilt,
    two_writers_append_at_once,
]


def _owned(*, ann_committed: bool, bob_lost: bool = False) -> dict[Check, str]:
    """Who lost a slot commits nothing in it any more, and who took it over is not thrown out by the former owner."""
    if ann_committed:
        return {Check.OWNERSHIP: "Ann committed in a slot that was Bob's" + " and threw him out" * bob_lost}
    return {Check.OWNERSHIP: "Bob lost the slot that was his"} if bob_lost else {}
