"""Rules 7 and 8: what was accepted ended somewhere, and was taken up once, however often it was sent."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from leadpact.chaos.compare import differences
from leadpact.chaos.ledger import Ledger, Posted
from leadpact.chaos.letters import End, Letter

N, Q, R, U = End.NORMALISED, End.QUARANTINED, End.REJECTED, End.UNKEPT
LOST = "nothing"


LETTER = Letter("d1", "/v1/leads", b"{}")


def posted(end: End, *given: str, refused: int = 0, silent: int = 0, wrong: int = 0) -> Posted:
    return Posted("d1", end, list(given), refused, silent, [wrong] if wrong else [], copies=1)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with closing(Ledger(tmp_path / "ledger")) as ledger:
        yield ledger


def found(ledger: Ledger, sent: Posted, became: dict[str, str]) -> list[str]:
    ledger.settle(LETTER.key, sent)
    ledger.logged((LETTER.key, id_) for id_ in became)
    ledger.ended((id_, outcome) for id_, outcome in became.items() if outcome != LOST)
    return differences(ledger)


@pytest.mark.parametrize(
    ("sent", "became"),
    [
        (posted(N, "a"), {"a": "normalised"}),
        (posted(Q, "a"), {"a": "quarantined"}),
        (posted(N, "a", "b"), {"a": "duplicate", "b": "normalised"}),
        (posted(N, "a", silent=1), {"a": "duplicate", "c": "normalised"}),
        (posted(N, "a", silent=1), {"a": "normalised"}),
        (posted(R, refused=2), {"a": "rejected", "b": "rejected"}),
        (posted(R, refused=1, silent=1), {"a": "rejected", "b": "rejected"}),
        (posted(U, refused=1), {}),
    ],
)
def test_r7_what_was_taken_up_once_is_right(ledger: Ledger, sent: Posted, became: dict[str, str]) -> None:
    assert found(ledger, sent, became) == []


@pytest.mark.parametrize(
    ("sent", "became"),
    [
        pytest.param(posted(N, "a"), {}, id="not in the log"),
        pytest.param(posted(N, "a"), {"a": LOST}, id="without an end"),
        pytest.param(posted(N, "a"), {"a": "duplicate"}, id="taken up never"),
        pytest.param(posted(N, "a", "b"), {"a": "normalised", "b": "normalised"}, id="taken up twice"),
        pytest.param(posted(N, "a", "b"), {"a": "normalised"}, id="one of two acks is not in the log"),
        pytest.param(posted(N, "a"), {"a": "normalised", "b": "duplicate"}, id="more often than it was sent"),
        pytest.param(posted(N, "a"), {"a": "quarantined"}, id="of use and quarantined"),
        pytest.param(posted(Q, "a"), {"a": "normalised"}, id="of no use and a fact"),
        pytest.param(posted(N, "a", wrong=422), {"a": "normalised"}, id="answered wrongly"),
        pytest.param(posted(R, refused=1), {}, id="refused and forgotten"),
        pytest.param(posted(R, refused=1), {"a": "rejected", "b": "rejected"}, id="kept twice, refused once"),
        pytest.param(posted(R, refused=1), {"a": "normalised"}, id="refused and a fact"),
        pytest.param(posted(U, refused=1), {"a": "rejected"}, id="kept without proof"),
        pytest.param(posted(U), {}, id="never refused"),
    ],
)
def test_r8_what_was_lost_or_doubled_is_named(ledger: Ledger, sent: Posted, became: dict[str, str]) -> None:
    (told,) = found(ledger, sent, became)
    assert told.startswith(f"d1, to be {sent.end}: ")


def test_r8_what_nobody_sent_is_named(ledger: Ledger) -> None:
    ledger.logged([("key", "a")])
    ledger.ended([("a", "normalised")])
    assert differences(ledger) == ["the log holds 1 deliveries that nobody sent"]


def test_a_record_that_stands_in_the_log_twice_is_one(ledger: Ledger) -> None:
    ledger.logged([(LETTER.key, "a")])
    assert found(ledger, posted(N, "a"), {"a": "normalised"}) == []


def test_at_most_twenty_places_are_told_and_what_agrees_is_not(ledger: Ledger) -> None:
    for number in range(3_000):  # more than is written at once
        ledger.logged([(f"key {number}", f"id {number}")])
        ledger.ended([(f"id {number}", "quarantined" if number % 100 == 0 else "normalised")])
        ledger.settle(f"key {number}", posted(N, f"id {number}"))
    assert len(differences(ledger)) == 20
    assert ledger.accepted == 3_000


def test_a_letter_is_written_down_once_with_the_answers_of_all_its_copies(ledger: Ledger) -> None:
    sent = ledger.post(LETTER, copies=2)
    sent.given.append("a")
    ledger.settle(LETTER.key, sent)
    assert (ledger.letters, ledger.unanswered, ledger.accepted) == (1, 1, 0)
    sent.given.append("b")
    ledger.settle(LETTER.key, sent)
    assert (ledger.letters, ledger.unanswered, ledger.accepted) == (1, 0, 2)
    (told,) = ledger.found()
    assert told.posted is not None and told.posted.given == ["a", "b"]
