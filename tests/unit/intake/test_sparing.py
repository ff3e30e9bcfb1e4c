"""Design, point 6: what cannot be read is set aside, and one item that our code fails on stops no other."""

import msgspec
import pytest

from leadpact.contracts.envelope import Lane
from leadpact.contracts.events.agreement import Withdrawn
from leadpact.contracts.events.control import Retired
from leadpact.contracts.events.lead import Captured
from leadpact.intake.domain.draft import Outcome
from leadpact.intake.domain.entry import Told
from leadpact.intake.normaliser import fold
from leadpact.kit.errors import Systemic
from leadpact.testkit.facts import Facts
from tests.unit.intake.desk import NOON, Desk

NORMALISED, QUARANTINED = Outcome.NORMALISED, Outcome.QUARANTINED
WITHDRAWN = Facts()(Withdrawn(agreement="demo", version=1), at=NOON).envelope
LEAD = {"email": "a@x.example"}


@pytest.mark.parametrize(
    "changed",
    [{"data": msgspec.Raw(b'{"agreement": 7}')}, {"data": msgspec.Raw(b"[]")}, {"type": "agreement.of_nobody"}],
)
async def test_r8_a_malformed_record_of_agreements_is_a_dead_letter_and_intake_goes_on(changed: dict[str, str]) -> None:
    desk = Desk()
    desk.put_agreement(msgspec.structs.replace(WITHDRAWN, **changed))
    desk.put_agreement(WITHDRAWN)
    delivery = await desk.deliver("leads", LEAD)
    assert len(desk.buried) == 1 and len(desk.facts(Retired)) == 1
    assert desk.outcomes(delivery) == [NORMALISED]


async def test_a_record_of_agreements_newer_than_this_code_stops_the_slot() -> None:
    desk = Desk()
    desk.put_agreement(msgspec.structs.replace(WITHDRAWN, version=99))
    with pytest.raises(Systemic, match="version 99"):
        await desk.run()


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """A program with a bug: it fails on whoever is called Null, after it has told half of it."""
    told = fold.Fold._told

    def broken(self: fold.Fold, said: Told, lead: str, cause: fold._Cause) -> None:
        told(self, said, lead, cause)
        if said.contact.get("last_name") == "Null":
            raise KeyError("secret@x.example")

    monkeypatch.setattr(fold.Fold, "_told", broken)
    return monkeypatch


def null(number: int = 0) -> dict[str, str]:
    return {"email": f"null{number}@x.example", "last_name": "Null"}


def people(desk: Desk) -> set[str]:
    return {envelope.lead for envelope in desk.envelopes(Captured)}


async def test_r8_an_item_our_code_fails_on_waits_as_our_mistake_and_is_re_driven_once_it_is_mended(
    failing: pytest.MonkeyPatch,
) -> None:
    desk = Desk()
    batch = [LEAD, null(), {"email": "b@x.example"}]
    before, sent, after = [await desk.put("leads", body) for body in ({"email": "c@x.example"}, batch, LEAD)]
    await desk.run()
    assert desk.outcomes(sent) == [NORMALISED, QUARANTINED, NORMALISED]
    assert desk.outcomes(before) == desk.outcomes(after) == [NORMALISED]
    ((held, why),) = desk.books.quarantine.items()
    assert why.reason.startswith("our mistake: KeyError at ") and "secret" not in why.reason
    assert len(people(desk)) == 3, "nothing of what the bad item did by halves remains"
    versions = [(envelope.lead, envelope.lead_version) for envelope in desk.out]
    assert len(set(versions)) == len(versions) and max(version for _, version in versions) == 2
    assert desk.outcomes(await desk.redrive(held)) == [QUARANTINED], "not mended yet"
    failing.undo()
    assert desk.outcomes(await desk.redrive(held)) == [NORMALISED]
    assert desk.outcomes(await desk.redrive(held)) == [Outcome.DUPLICATE]
    assert len(people(desk)) == 4


async def test_r43_history_our_code_fails_on_waits_beside_its_lane_until_it_is_mended(
    failing: pytest.MonkeyPatch,
) -> None:
    desk = Desk()
    history = [{**each, "occurred_at": "2026-01-05"} for each in (LEAD, null(), {"email": "b@x.example"})]
    await desk.put("leads", history, lane="h")
    await desk.put("commands", {"command": "backfill.close", "lane": "h"})
    live = await desk.deliver("leads", {"email": "c@x.example"})
    assert desk.outcomes(live) == [NORMALISED] and len(people(desk)) == 3
    assert desk.books.lanes["h"].state == "closed"
    beside = desk.books.lanes["h-aside"]
    assert (beside.state, beside.staged, beside.released) == ("staging", 1, 0)
    failing.undo()
    await desk.deliver("commands", {"command": "backfill.close", "lane": "h-aside"})
    assert len(people(desk)) == 4 and desk.books.lanes["h-aside"].state == "closed"
    last = desk.envelopes(Captured)[-1]
    assert (last.lane, last.received_at) == (Lane.BACKFILL, last.occurred_at)


@pytest.mark.usefixtures("failing")
async def test_r43_many_entries_that_fail_at_once_stop_the_slot() -> None:
    desk = Desk()
    await desk.put("leads", [null(n) | {"occurred_at": "2026-01-05"} for n in range(6)], lane="h")
    await desk.put("commands", {"command": "backfill.close", "lane": "h"})
    with pytest.raises(Systemic, match="fails on more than 5 items"):
        await desk.run()


@pytest.mark.usefixtures("failing")
async def test_many_items_that_fail_at_once_are_no_fault_of_theirs_and_stop_the_slot() -> None:
    desk = Desk()
    with pytest.raises(Systemic, match="fails on more than 5 items"):
        await desk.deliver("leads", [null(number) for number in range(6)])
    assert desk.out == [] and not desk.books.quarantine
