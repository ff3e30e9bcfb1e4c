"""Rule 13 under fire: an address in the wrong place is repeated by no answer, reason, event, count or log line."""

import io
import json

import pytest

from leadpact.contracts import envelope as wire
from leadpact.intake.delivery import Chunk
from leadpact.kit.logging import configure
from leadpact.testkit.clock import ManualClock
from tests.unit.intake.canary import CALLS, CANARY, COLUMNS, DELIVERIES, FORMS, MAPPING, ROWS
from tests.unit.intake.desk import NOON, Desk
from tests.unit.intake.door import Front

pytestmark = pytest.mark.usefixtures("logging_of_its_own")


@pytest.fixture
def said() -> io.StringIO:
    """What is logged."""
    stream = io.StringIO()
    configure(ManualClock(NOON), "debug", stream)
    return stream


async def test_r13_what_is_sent_in_the_wrong_place_is_quoted_nowhere(said: io.StringIO) -> None:
    front = Front()
    answers = [await front.post(path, body) for path, body in DELIVERIES]
    answers += [await front.typeform(json.dumps(form).encode()) for form in FORMS]
    answers += [await front.segment(method, call) for method, call in CALLS]
    told = [answer.json() for answer in answers]
    for answer in told:
        answer.pop("ignored", None)  # names the sender's own fields to the sender, and is kept nowhere
    assert {answer.status_code for answer in answers} == {200, 202, 400, 422}
    assert CANARY not in json.dumps(told)

    desk = await front.normalised()
    await _is_clean(desk)
    assert len(desk.books.quarantine) >= 20 and len(desk.out) >= 15, "there was something to tell"
    assert CANARY not in said.getvalue()


async def test_r13_a_row_of_a_file_is_not_quoted_either() -> None:
    desk = Desk()
    await desk.deliver("csv", ROWS, chunk=Chunk("i1", "hash", COLUMNS, 1, MAPPING))
    assert len(desk.books.quarantine) == 3
    await _is_clean(desk)


async def test_r13_a_record_that_is_no_delivery_is_not_quoted_in_its_dead_letter() -> None:
    desk = Desk()
    desk.put_raw(json.dumps({"actor": {"kind": CANARY}}).encode())
    desk.put_raw(b"\x82\xa5actor\x82\xa2id\xa1x\xa4kind\xbd" + CANARY.encode() + b"\xa2id\xa1x")
    await desk.run()
    assert len(desk.buried) == 2 and CANARY not in str(desk.buried)


async def _is_clean(desk: Desk) -> None:
    books = desk.books
    kept = [books.outcomes, books.tallies, books.bindings, books.people, books.waiting, books.settled, desk.buried]
    kept += [(held.reason, held.pointer, held.place) for held in books.quarantine.values()]
    out = b"".join(wire.encode(envelope) for envelope in desk.out)
    assert CANARY not in repr(kept) and CANARY.encode() not in out
