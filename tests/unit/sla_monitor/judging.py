"""What the judge does over a store; subclass it with a fixture `store`."""

from collections.abc import Mapping
from datetime import datetime, timedelta

import msgspec
import pytest

from leadpact.contracts import envelope as wire
from leadpact.contracts.envelope import Envelope, Lane
from leadpact.contracts.events.control import BackfillOpened, InForce
from leadpact.contracts.events.promises import PromiseJudged
from leadpact.contracts.registry import read
from leadpact.contracts.topics import CONTROL_KEY, QUALIFICATION
from leadpact.kit.errors import Fenced
from leadpact.kit.handling import Batch, Progress
from leadpact.kit.ids import derive
from leadpact.kit.ports import Store
from leadpact.kit.rows import BEGINNING, Lease, Position, Slot, StoredCell, Stream, Tally
from leadpact.sla_monitor.domain.control import Control, evolve_control
from leadpact.sla_monitor.domain.decider import SlaMonitor
from leadpact.sla_monitor.judge import CONSUMER, STREAM, Judge, book
from leadpact.testkit.examples import unread
from leadpact.testkit.facts import Facts
from tests.unit.sla_monitor.world import AGREEMENT, ny

PROMISE = "pact/mql_volume"
MARCH, APRIL = f"{PROMISE}/2026-03", f"{PROMISE}/2026-04"
BEGAN, OVER = ny(3, 1, 0), ny(4, 1, 0)
"""March."""
INSTANT = timedelta(microseconds=1)


def ruled(target: int = 10, since: datetime = BEGAN) -> Control:
    """An agreement in force from the beginning of March, or from another instant."""
    agreement = msgspec.structs.replace(AGREEMENT, target_per_month=target)
    return evolve_control(Control(), Facts()(InForce(control=1, agreement=agreement, hash="h"), at=since))


class Scene:
    """The slots of the sla-monitor as tests want them, and the judge's; what it says is published nowhere."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.judge = Judge()
        self._decider = SlaMonitor()
        self.leases: dict[Slot, Lease] = {}

    async def begins(self, mark: datetime, control: Control | None = None, controls: int = 1) -> "Scene":
        """Every slot stands at a mark behind the same control record."""
        for consumer, slots in ((self._decider.consumer, QUALIFICATION.partitions), (CONSUMER, 1)):
            await self.store.ensure(consumer, slots)
            for lease in await self.store.claim(consumer, "one", (), slots):
                self.leases[lease.slot] = lease
        for number in range(QUALIFICATION.partitions):
            await self.slot(number, mark, control=control or ruled(), controls=controls)
        return self

    async def slot(
        self,
        number: int,
        mark: datetime,
        counted: Mapping[str, Tally] | None = None,
        *,
        control: Control | None = None,
        controls: int = 1,
        in_lane: bool = False,
    ) -> None:
        """A turn of one slot."""
        slot = Slot(self._decider.consumer, number)
        async with self.store.turn(self.leases[slot]) as turn:
            for name, tally in (counted or {}).items():
                turn.tally(name, tally)
            if control is not None:
                data = self._decider.dump_control(control)
                turn.save(StoredCell(CONTROL_KEY, controls, Lane.LIVE, data))
            seq = max((tally.seq for tally in (counted or {}).values()), default=0)
            moved = {Stream(QUALIFICATION.name, number): Position(seq + 1, seq)} if seq else {}
            turn.move(moved, mark, BEGINNING if in_lane else None)
        self.leases[slot] = turn.lease

    async def all(self, mark: datetime) -> None:
        """Time passes in every slot."""
        for number in range(QUALIFICATION.partitions):
            await self.slot(number, mark)

    async def look(self, now: datetime | None = None) -> Progress:
        """A turn of the judge."""
        slot = Slot(CONSUMER, 0)
        async with self.store.turn(self.leases[slot]) as turn:
            progress = await self.judge.handle(turn, Batch([], {}, None, now or OVER))
            turn.move(progress.seen, progress.mark)
        self.leases[slot] = turn.lease
        return progress

    async def said(self) -> list[tuple[Envelope, PromiseJudged]]:
        """Every verdict so far."""
        messages = (await self.store.outbox({STREAM: 0}, 100)).get(STREAM, [])
        assert [message.seq for message in messages] == list(range(1, len(messages) + 1))
        assert [lost for message in messages for lost in unread(message.value)] == []
        told = [wire.decode(message.value) for message in messages]
        return [(each, event) for each in told if isinstance(event := read(each), PromiseJudged)]

    async def verdicts(self) -> list[tuple[str, int, str]]:
        """Their months, counts and words."""
        return [(event.period, event.count, event.verdict.value) for _, event in await self.said()]


class Judging:
    """Rule 34: by one owner, at the time the whole log has passed."""

    async def test_r34_one_slot_that_lags_holds_the_verdict_back(self, store: Store) -> None:
        scene = await Scene(store).begins(OVER - INSTANT)
        for number in range(1, QUALIFICATION.partitions):
            await scene.slot(number, OVER + timedelta(days=3), {MARCH: Tally(2, 9 + number, ny(3, 2, 9))})
        progress = await scene.look()
        assert (await scene.verdicts(), progress.mark) == ([], OVER - INSTANT)
        await scene.slot(0, OVER)
        progress = await scene.look(OVER + timedelta(hours=1))
        ((told, event),) = await scene.said()
        assert (event.count, event.verdict.value, event.begins, event.ends) == (14, "met", ny(3, 1, 0), OVER)
        assert [(seen.partition, seen.count, seen.seq) for seen in event.seen] == [
            (0, 0, 0),
            *((n, 2, 9 + n) for n in range(1, 8)),
        ]
        assert (told.lead, told.lead_version, told.mark, told.recorded_at) == (
            PROMISE,
            1,
            OVER,
            OVER + timedelta(hours=1),
        )
        assert progress.seen == {Stream("qualification", n): Position(10 + n, 9 + n) for n in range(1, 8)}

    async def test_r34_the_id_follows_from_promise_period_and_sequences(self, store: Store) -> None:
        scene = await Scene(store).begins(OVER)
        await scene.slot(2, OVER, {MARCH: Tally(1, 41, ny(3, 2, 9))})
        await scene.look()
        ((told, _),) = await scene.said()
        rests_on = [f"{n}:{41 if n == 2 else 0}" for n in range(8)]
        assert told.id == derive(CONSUMER, PROMISE, "2026-03", 1, *rests_on)

    async def test_r34_what_did_not_change_is_not_said_again_by_this_owner_or_the_next(self, store: Store) -> None:
        scene = await Scene(store).begins(OVER)
        for hours in range(3):
            await scene.all(OVER + timedelta(hours=hours))
            await scene.slot(1, OVER + timedelta(hours=hours), {APRIL: Tally(1, 50 + hours, OVER)})
            await scene.look()
            scene.judge = Judge() if hours else scene.judge  # the last look is another owner's
        assert await scene.verdicts() == [("2026-03", 0, "missed")]

    async def test_r34_what_a_past_month_counts_later_is_a_revision(self, store: Store) -> None:
        scene = await Scene(store).begins(OVER)
        await scene.slot(1, OVER, {MARCH: Tally(9, 30, ny(3, 2, 9))})
        await scene.look()
        await scene.slot(1, OVER, {MARCH: Tally(1, 90, ny(3, 2, 9))})
        await scene.look()
        assert await scene.verdicts() == [("2026-03", 9, "missed"), ("2026-03", 10, "withdrawn")]
        (first, _), (second, event) = await scene.said()
        assert (event.revision, second.lead_version, second.correlation) == (2, 2, first.correlation)
        assert first.id != second.id
        async with store.turn(scene.leases[Slot(CONSUMER, 0)]) as turn:
            (cell,) = (await turn.cells([PROMISE])).values()
        assert book(cell.data)["2026-03"] == event

    async def test_r34_the_next_month_is_judged_when_it_is_over(self, store: Store) -> None:
        scene = await Scene(store).begins(OVER)
        await scene.look()
        await scene.all(ny(5, 1, 0) - INSTANT)
        await scene.look()
        assert [period for period, *_ in await scene.verdicts()] == ["2026-03"]
        await scene.all(ny(5, 1, 0))
        await scene.look()
        assert [period for period, *_ in await scene.verdicts()] == ["2026-03", "2026-04"]

    async def test_r34_a_month_without_a_single_mql_is_judged_though_the_one_before_asked_nothing(
        self, store: Store
    ) -> None:
        saturday = ny(2, 28, 12)
        scene = await Scene(store).begins(saturday, ruled(since=saturday))
        await scene.look()
        for mark in (saturday + timedelta(days=2), OVER):
            await scene.all(mark)
            await scene.look()
        assert await scene.verdicts() == [("2026-03", 0, "missed")]

    async def test_r43_while_a_lane_is_open_in_some_slot_nothing_is_judged(self, store: Store) -> None:
        scene = await Scene(store).begins(OVER)
        await scene.slot(5, OVER, in_lane=True)
        progress = await scene.look()
        assert (await scene.verdicts(), progress.seen) == ([], {})
        await scene.slot(5, OVER)
        await scene.look()
        assert len(await scene.verdicts()) == 1

    async def test_r51_nor_while_slots_stand_behind_different_control_records(self, store: Store) -> None:
        scene = await Scene(store).begins(OVER)
        opened = Facts()(BackfillOpened(control=2, lane="l"), at=OVER)
        control = evolve_control(ruled(), opened)
        await scene.slot(0, OVER, control=control, controls=2)
        await scene.look()
        assert await scene.verdicts() == []
        for number in range(1, QUALIFICATION.partitions):
            await scene.slot(number, OVER, control=control, controls=2)
        await scene.look()
        assert len(await scene.verdicts()) == 1

    async def test_point1_a_judge_that_was_taken_over_says_nothing(self, store: Store) -> None:
        scene = await Scene(store).begins(OVER)
        old = scene.leases[Slot(CONSUMER, 0)]
        await scene.look()
        scene.leases[Slot(CONSUMER, 0)] = old
        scene.judge = Judge()
        with pytest.raises(Fenced):
            await scene.look()
        assert len(await scene.verdicts()) == 1
