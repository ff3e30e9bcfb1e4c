"""Rules 1 and 43: times as claimed, clamped and kept; marks; history in a lane of its own."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from leadpact.contracts.envelope import Actor, ActorKind, Lane
from leadpact.contracts.events.agreement import Activated, Withdrawn
from leadpact.contracts.events.control import BackfillClosed, BackfillOpened, InForce, Retired, RosterChanged
from leadpact.contracts.events.lead import Behaved, Captured
from leadpact.contracts.registry import read
from leadpact.intake.domain.draft import Outcome
from leadpact.intake.domain.entry import Source
from leadpact.testkit.facts import Facts
from tests.unit.intake.agreement import AGREEMENT
from tests.unit.intake.desk import NOON, Desk

LEAD = {"email": "a@x.example"}
CLOSE = {"command": "backfill.close", "lane": "h"}


@pytest.mark.parametrize(
    ("claim", "instant"),
    [
        ("2026-03-01T10:00:00Z", "2026-03-01T10:00:00+00:00"),
        ("2026-03-01T10:00:00+0100", "2026-03-01T09:00:00+00:00"),
        ("2026-03-01 10:00:00", "2026-03-01T13:00:00+00:00"),
        ("2026-03-01", "2026-03-01T03:00:00+00:00"),
        (1772359200, "2026-03-01T10:00:00+00:00"),
        (1772359200123, "2026-03-01T10:00:00.123000+00:00"),
        ("1772359200.5", "2026-03-01T10:00:00.500000+00:00"),
    ],
)
async def test_r1_times_are_read_as_senders_write_them(claim: Any, instant: str) -> None:  # noqa: ANN401 - JSON
    desk = Desk(Source("crm", zone="America/Sao_Paulo"))
    await desk.deliver("leads", LEAD | {"occurred_at": claim}, source="crm")
    assert desk.envelopes(Captured)[0].occurred_at == datetime.fromisoformat(instant)


async def test_r1_a_claim_from_the_future_is_clamped_and_kept() -> None:
    desk = Desk()
    await desk.deliver("leads", LEAD | {"occurred_at": "2026-04-01T00:00:00Z"})
    (envelope,) = desk.envelopes(Captured)
    assert envelope.occurred_at == envelope.received_at == NOON
    assert envelope.claimed_at == datetime(2026, 4, 1, tzinfo=UTC)


@pytest.mark.parametrize("claim", ["0001-01-01T00:00:00Z", "yesterday", 0, -1e30, 1e300, "99999-01-01"])
async def test_r1_a_time_that_cannot_be_waits_in_quarantine(claim: Any) -> None:  # noqa: ANN401 - JSON
    desk = Desk()
    assert desk.outcomes(await desk.deliver("leads", LEAD | {"occurred_at": claim})) == [Outcome.QUARANTINED]
    assert next(iter(desk.books.quarantine.values())).pointer == "/occurred_at"


async def test_the_mark_is_the_probe_when_drained_and_never_passes_a_record_that_follows() -> None:
    desk = Desk()
    await desk.run()
    assert desk.mark == NOON
    late = await desk.put("leads", LEAD, received=NOON + timedelta(seconds=3))
    await desk.put("leads", {"email": "b@x.example"}, received=NOON + timedelta(seconds=1))
    desk.later(seconds=60)
    await desk.run()
    assert desk.mark == NOON + timedelta(seconds=60)
    first, second = desk.envelopes(Captured)
    assert first.received_at < second.received_at == late.received_at
    for envelope in (first, second):
        assert NOON <= envelope.mark <= envelope.received_at <= envelope.recorded_at


async def test_under_load_the_mark_follows_what_was_read_of_every_partition() -> None:
    desk = Desk()
    await desk.run()
    for number in range(200):
        await desk.put("leads", {"email": f"p{number}@x.example"}, received=NOON + timedelta(seconds=number))
    desk.later(seconds=300)
    await desk.run(batch=50, drained=False)
    assert NOON + timedelta(seconds=150) < desk.mark < NOON + timedelta(seconds=200)
    told = desk.envelopes(Captured)
    assert len(told) == 200 and all(envelope.mark <= envelope.received_at for envelope in told)
    assert max(envelope.mark for envelope in told) > NOON + timedelta(seconds=100)


async def _history(desk: Desk) -> None:
    day = datetime(2026, 1, 5, 9, tzinfo=UTC)
    roster = {"command": "roster", "team": "us", "reps": [{"id": "bo", "name": "Bo"}], "reason": "hired"}
    page = {"type": "behaviour", "kind": "page", "subject": "/pricing", "anonymous_id": "v"}
    lead = LEAD | {"anonymous_id": "v", "form": "demo", "occurred_at": (day + timedelta(days=2)).isoformat()}
    await desk.put("leads", [lead, {"email": "b@x.example", "occurred_at": day.isoformat()}], lane="h")
    await desk.put("activities", page | {"occurred_at": (day + timedelta(days=1)).isoformat()}, lane="h")
    await desk.put("commands", roster | {"occurred_at": (day - timedelta(days=1)).isoformat()}, lane="h")
    await desk.run()


async def test_r43_history_is_staged_then_released_in_order_of_time() -> None:
    desk = Desk()
    await _history(desk)
    assert desk.out == [] and desk.books.lanes["h"].staged == 4
    await desk.put("commands", CLOSE)
    live = await desk.put("leads", {"email": "live@x.example"})
    await desk.run()
    for told in desk.partitions.values():
        kinds = [envelope.type for envelope in told]
        assert kinds[:2] == ["backfill.opened", "roster.changed"]
        lane = told[1 : kinds.index("backfill.closed")]
        assert all(envelope.lane is Lane.BACKFILL for envelope in lane)
        assert [e.recorded_at for e in lane] == sorted(e.recorded_at for e in lane)
        assert all(e.recorded_at == e.mark and e.received_at == e.occurred_at for e in lane)
    (behaved,) = desk.envelopes(Behaved)
    assert behaved.recorded_at == behaved.occurred_at + timedelta(days=1)
    assert desk.outcomes(live) == [Outcome.NORMALISED]
    assert [envelope.lane for envelope in desk.envelopes(Captured)].count(Lane.LIVE) == 1
    (closed,) = desk.facts(BackfillClosed)
    assert (closed.lane, closed.facts) == ("h", 4)


async def _visited(desk: Desk) -> None:
    """Visitors seen live today; by its forms of January, history then says who they are."""
    page = {"type": "behaviour", "kind": "page"}
    await desk.deliver("activities", [page | {"subject": f"/{v}", "anonymous_id": v} for v in ("v", "w", "w")])
    lead = LEAD | {"anonymous_id": "v", "occurred_at": "2026-01-05"}
    other = {"email": "b@x.example", "anonymous_id": "w", "occurred_at": "2026-01-06"}
    await desk.put("leads", [lead, other], lane="h")
    seen = page | {"subject": "/then", "anonymous_id": "v", "occurred_at": "2026-01-04"}
    await desk.put("activities", seen, lane="h")
    await desk.put("commands", CLOSE)


async def test_r43_what_a_visitor_did_live_waits_behind_the_lane_that_says_who_they_are() -> None:
    desk = Desk()
    await _visited(desk)
    await desk.put("activities", {"type": "behaviour", "kind": "page", "subject": "/new", "anonymous_id": "w"})
    desk.later(seconds=9)
    await desk.run()
    told = {event.subject: envelope for envelope in desk.once() if isinstance(event := read(envelope), Behaved)}
    assert told["/then"].lane is Lane.BACKFILL and told["/then"].recorded_at.month == 1
    for page in ("/v", "/w", "/new"):
        assert told[page].lane is Lane.LIVE
        assert told[page].recorded_at >= told[page].received_at == told[page].occurred_at == NOON
    assert len(desk.facts(Behaved)) == 5 and not desk.books.waiting and not desk.books.following
    for told_there in desk.partitions.values():
        kinds = [envelope.type for envelope in told_there]
        lanes = [envelope.lane for envelope in told_there[kinds.index("backfill.closed") :]]
        assert lanes == [Lane.LIVE] * len(lanes)
        versions = [(envelope.lead, envelope.lead_version) for envelope in told_there if envelope.lead]
        assert sorted(versions) == sorted(set(versions))
    assert desk.books.lanes["h"].state == "closed"


async def test_r43_what_waits_behind_a_lane_follows_in_turns_of_its_own_before_anything_live() -> None:
    desk = Desk()
    page = {"type": "behaviour", "kind": "page", "subject": "/then"}
    await desk.deliver("activities", [page | {"anonymous_id": f"v{n}"} for n in range(250)])
    people = [{"email": f"{n}@x.example", "anonymous_id": f"v{n}", "occurred_at": "2026-01-05"} for n in range(250)]
    await desk.put("leads", people, lane="h")
    await desk.put("commands", CLOSE)
    await desk.run(drained=False)
    before = desk.turns
    live = await desk.deliver("activities", page | {"anonymous_id": "v9", "subject": "/live"})
    assert desk.outcomes(live) == [Outcome.NORMALISED] and desk.turns == before + 1
    assert [event.subject for event in desk.facts(Behaved)] == ["/then"] * 250 + ["/live"]
    assert {envelope.lane for envelope in desk.envelopes(Behaved)} == {Lane.LIVE}


async def test_r43_the_same_backfill_twice_adds_nothing() -> None:
    desk = Desk()
    for _ in range(2):
        await _history(desk)
        await desk.deliver("commands", CLOSE | {"id": str(_)})
    assert len(desk.facts(BackfillOpened)) == 1 and len(desk.facts(Captured)) == 2
    assert len(desk.facts(RosterChanged)) == len(desk.facts(Behaved)) == 1


async def test_r43_a_lane_may_be_filled_and_closed_again_and_a_close_without_rows_changes_nothing() -> None:
    desk = Desk()
    for day in (5, 6):
        await desk.put("leads", {"email": f"{day}@x.example", "occurred_at": f"2026-01-0{day}"}, lane="h")
        await desk.put("commands", CLOSE)
        await desk.put("commands", CLOSE)
        await desk.run()
    assert len(desk.facts(Captured)) == len(desk.facts(BackfillClosed)) == 2
    assert desk.books.lanes["h"].state == "closed" and not desk.books.rows


async def test_r43_a_long_history_goes_out_in_turns_of_its_own() -> None:
    desk = Desk()
    start = datetime(2025, 12, 1, tzinfo=UTC)
    for first in range(0, 5_000, 1_000):
        items = [
            {"email": f"p{n % 7}@x.example", "type": "behaviour", "kind": "page", "subject": f"/{n}"}
            | {"occurred_at": (start + timedelta(minutes=(n * 37) % 5_000)).isoformat()}
            for n in range(first, first + 1_000)
        ]
        await desk.put("activities", items, lane="h")
    await desk.put("commands", CLOSE)
    before = desk.turns
    await desk.run()
    assert len(desk.facts(Behaved)) == 5_000
    for envelopes in desk.partitions.values():
        told = [envelope.occurred_at for envelope in envelopes if envelope.lead]
        assert told == sorted(told)
    assert desk.turns - before > 6


async def test_r43_history_without_a_time_waits_in_quarantine() -> None:
    desk = Desk()
    assert desk.outcomes(await desk.deliver("leads", LEAD, lane="h")) == [Outcome.QUARANTINED]


async def test_r51_an_agreement_in_force_is_said_in_every_partition() -> None:
    desk, facts = Desk(), Facts()
    signer = Actor("rep-ann", ActorKind.HUMAN)
    signed = facts(Activated(agreement=AGREEMENT, hash="h"), at=NOON, actor=signer).envelope
    desk.put_agreement(msgspec.structs.replace(signed, correlation="what began it"))
    desk.put_agreement(facts(Withdrawn(agreement="demo", version=1), at=NOON).envelope)
    await desk.run()
    assert len(desk.out) == 16 and desk.out[0].actor == signer
    (in_force,), (retired,) = desk.facts(InForce), desk.facts(Retired)
    assert (in_force.control, retired.control) == (1, 2) and in_force.agreement == AGREEMENT
    (told,) = desk.envelopes(InForce)
    assert (told.correlation, told.causation) == ("what began it", signed.id)
