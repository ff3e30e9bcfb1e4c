"""Three would-be owners of one slot in any order of steps that hypothesis thinks of, on a real PostgreSQL.

After each step the tables and the log must be what the facts handled so far come to, counted by hand; at the end a last
owner handles what is left, and the judge finds nothing.
"""

import asyncio
from collections import Counter
from collections.abc import Coroutine, Iterable
from contextlib import suppress
from typing import Any, NamedTuple, TypeVar

import asyncpg
import msgspec
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from leadpact.kit.errors import Unavailable
from leadpact.kit.failpoints import Point
from tests.chaos.kit.books import Books, lines
from tests.chaos.kit.flaky import Answer, FlakyLog
from tests.chaos.kit.judge import difference, sequences, told
from tests.chaos.kit.owner import Owner
from tests.chaos.kit.scene import Scene
from tests.chaos.kit.source import at

T = TypeVar("T")
NAMES = ["ann", "bob", "cleo"]
OWNERS = st.sampled_from(NAMES)
SUBJECTS = st.sampled_from(["count", "pass", "in 1", "in 5"])
PAUSES, LATE = st.integers(1, 4), st.sampled_from([0, 2.5])
CRASHES = [None] * 4 + [Point.BEFORE_FENCE, Point.AFTER_FENCE, Point.BEFORE_COMMIT, Point.AFTER_COMMIT]
_FENCE = "select owner, epoch, turn, positions::text as positions from fence"
_EMPTY = "".join(
    f"delete from {table};"  # noqa: S608 - names of ours
    for table in ("fence", "worker", "cell", "timer", "stream", "relayed", "outbox", "effect")
)


class Row(NamedTuple):
    """The slot's fence: who owns it, in which epoch and turn, and how many facts were handled."""

    owner: str | None
    epoch: int
    turn: int
    facts: int

    def belongs_to(self, owner: Owner) -> bool:
        """Whether it is this owner's, in the epoch that it believes in."""
        return owner.lease is not None and (owner.name, owner.lease.epoch) == (self.owner, self.epoch)

    def is_held_by(self, owner: Owner) -> bool:
        """Whether its next turn may be committed."""
        return owner.lease is not None and (owner.lease.epoch, owner.lease.turn) == (self.epoch, self.turn)


class Owners(RuleBasedStateMachine):
    """`pool` is a database with the kit's tables, `runner` the loop it lives in; `seen` counts what has happened."""

    def __init__(self, pool: asyncpg.Pool, runner: asyncio.Runner, seen: Counter[str]) -> None:
        super().__init__()
        self._seen = seen
        self._pool = pool
        self._runner = runner
        self._log = FlakyLog()
        self._scene = Scene(pool, self._log)
        self._owners = {name: self._scene.owner(name) for name in NAMES}
        self._books = Books()
        self._clock = 0
        self._row = Row(None, 0, 0, 0)

    # ── what happens ─────────────────────────────────────────────────────────────────────────────────────────────────
    @initialize(subjects=st.lists(SUBJECTS, min_size=20, max_size=30))
    def begins(self, subjects: list[str]) -> None:
        self._run(self._begin())
        self.facts_arrive("a", subjects, 1, 0)

    @rule(lead=st.sampled_from("abc"), subjects=st.lists(SUBJECTS, min_size=3, max_size=9), pause=PAUSES, late=LATE)
    def facts_arrive(self, lead: str, subjects: list[str], pause: int, late: float) -> None:
        for subject in subjects:
            self._clock += pause  # no two of a lead at once: a timer may not be set anew for when it has rung
            self._run(self._scene.source.tell(lead, subject, when=at(self._clock - late), mark=at(self._clock)))

    @rule(last=st.integers(1, 5))
    def facts_arrive_once_more(self, last: int) -> None:
        self._run(self._scene.source.repeat(last))

    @rule(name=OWNERS, leases_ran_out=st.booleans())
    def claims(self, name: str, *, leases_ran_out: bool) -> None:
        owner, row = self._owners[name], self._row
        if leases_ran_out:
            self._run(self._scene.expire())
        if self._run(owner.claim()):
            self._seen["taken over"] += row.owner not in {None, name}
            row = row._replace(owner=name, epoch=row.epoch + 1)
            self._run(owner.read())
        self._stands(row)

    @rule(names=st.sets(OWNERS, min_size=1, max_size=2), crash=st.sampled_from(CRASHES))
    def take_a_turn(self, names: set[str], crash: Point | None) -> None:
        """And take the next batch in hand; who holds nothing claims first."""
        for name in sorted(names):
            if self._owners[name].lease is None:
                self.claims(name, leases_ran_out=True)
        self._turn([self._owners[name] for name in sorted(names)], crash)

    @rule(name=OWNERS, ends=st.sampled_from([*Answer, Point.BEFORE_SEND, Point.AFTER_SEND]))
    def takes_a_turn_and_publishes(self, name: str, ends: Answer | Point) -> None:
        """As far as it can: a zombie's turn comes to nothing, but it may publish what others have committed."""
        self.take_a_turn({name}, None)
        owner, before = self._owners[name], self._log.given
        crash = ends if isinstance(ends, Point) else None
        self._log.next = ends if isinstance(ends, Answer) else Answer.ACKNOWLEDGED
        with suppress(Unavailable):
            self._run(owner.publish(crash))
        self._log.next = Answer.ACKNOWLEDGED
        self._seen[ends] += self._log.given > before or (crash is not None and owner.relay is None)
        self._stands(self._row)

    @rule(number=st.integers(0, 2), how=st.sampled_from(["hands over", "dies", "says that it lives"]))
    def leaves_or_stays(self, number: int, how: str) -> None:
        believing = [owner for owner in self._owners.values() if owner.lease]
        if not believing:
            return
        owner, row, store = believing[number % len(believing)], self._row, self._scene.store
        assert owner.lease is not None
        mine, slot = row.belongs_to(owner), owner.lease.slot
        if how == "hands over":
            self._run(owner.publish())
            self._run(store.release(owner.lease))
            self._run(owner.let_go())
            self._stands(row._replace(owner=None) if mine else row)
        elif how == "dies":
            self._run(owner.die())
        else:
            kept, *_ = self._run(store.attend(slot.consumer, owner.name, {slot.number: owner.lease.epoch}))
            assert kept == ({slot.number} if mine else set())
        self._seen[how] += 1

    def teardown(self) -> None:
        """A last owner comes to the end of it; then nothing is wrong."""
        last = self._run(self._scene.owning("last"))
        self._run(last.settle())
        found = self._run(self._scene.judge.findings())
        assert not found, found
        records = self._log.records[self._scene.judge.output]
        self._seen["published twice"] += len(records) > len(lines(records))

    # ── what must hold ───────────────────────────────────────────────────────────────────────────────────────────────
    def _turn(self, owners: list[Owner], crash: Point | None) -> None:
        """Owners that believe they hold the slot take a turn, at the same time; only one that does can commit it."""
        row, believing = self._row, [owner for owner in owners if owner.lease]
        rightful = [owner for owner in believing if row.is_held_by(owner)]
        works = any(owner.in_hand for owner in rightful) and crash in {None, Point.AFTER_COMMIT}
        zombies = [owner for owner in believing if owner.in_hand and owner not in rightful]
        self._run(_all(owner.turn(crash) for owner in believing))
        now = self._run(self._fence())
        assert (now.turn == row.turn + 1) if works else (row.turn <= now.turn <= row.turn + len(rightful)), (row, now)
        self._stands(row._replace(turn=now.turn, facts=now.facts))
        assert not any(zombie.lease for zombie in zombies)
        self._seen["fenced"] += len(zombies) if crash is not Point.BEFORE_FENCE else 0
        self._seen["fenced while another worked"] += works and bool(zombies)
        self._seen[crash or "lived"] += bool(rightful)
        for owner in believing:
            if owner.lease:
                self._run(owner.read())

    def _stands(self, row: Row) -> None:
        """The fence is as it must be, and everything else follows from the facts that were handled so far."""
        before, self._row = self._row, self._run(self._fence())
        assert self._row == row
        assert self._row.facts >= before.facts
        for fact in self._scene.source.told[before.facts : row.facts]:
            self._books.take(fact)
        self._run(self._is_as_counted())

    async def _is_as_counted(self) -> None:
        books, judge = self._books, self._scene.judge
        assert not difference(told(books), await judge.state())
        assert not difference(sorted(books.effects.elements()), await judge.effects())
        records = self._log.records[judge.output]
        assert not sequences(records)
        read = lines(records)
        assert not difference(books.lines[: len(read)], read)
        numbers = range(len(read) + 1, len(books.lines) + 1)
        waiting = await self._scene.store.outbox({judge.output: len(read)}, len(books.lines) + 1)
        assert [message.seq for message in waiting.get(judge.output, [])] == [*numbers]

    async def _fence(self) -> Row:
        row = await self._pool.fetchrow(_FENCE)
        assert row is not None
        facts = sum(seq for *_, seq in msgspec.json.decode(row["positions"]))
        return Row(row["owner"], row["epoch"], row["turn"], facts)

    async def _begin(self) -> None:
        await self._pool.execute(_EMPTY)
        await self._scene.begin()

    def _run(self, doing: Coroutine[Any, Any, T]) -> T:
        return self._runner.run(doing)


async def _all(doings: Iterable[Coroutine[Any, Any, bool]]) -> None:
    await asyncio.gather(*doings)
