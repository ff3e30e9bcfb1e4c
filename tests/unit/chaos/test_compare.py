"""Rules 7 and 8: what was accepted ended somewhere, and was taken up once, however often it was sent."""

import pytest

from leadpact.chaos.compare import differences
from leadpact.chaos.ledger import Ledger, Posted
from leadpact.chaos.letters import End

N, Q, R, U = End.NORMALISED, End.QUARANTINED, End.REJECTED, End.UNKEPT
LOST = "nothing"


def posted(end: End, *given: str, refused: int = 0, silent: int = 0, wrong: int = 0) -> Posted:
    return Posted("d1", end, list(given), refused, silent, [wrong] if wrong else [])


def found(sent: Posted, became: dict[str, str]) -> list[str]:
    return differences(Ledger({"key": sent}), {"key": set(became)} if became else {}, became)


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
def test_r7_what_was_taken_up_once_is_right(sent: Posted, became: dict[str, str]) -> None:
    assert found(sent, became) == []


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
def test_r8_what_was_lost_or_doubled_is_named(sent: Posted, became: dict[str, str]) -> None:
    (told,) = found(sent, became)
    assert told.startswith(f"d1, to be {sent.end}: ")


def test_r8_what_nobody_sent_is_named() -> None:
    assert differences(Ledger(), {"key": {"a"}}, {"a": "normalised"}) == ["the log holds 1 deliveries that nobody sent"]
