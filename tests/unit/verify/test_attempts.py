"""Two readings of rules 24 and 25, the sla-monitor's and verify's, agree on whatever feeds may tell."""

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from leadpact.contracts.envelope import ActorKind
from leadpact.contracts.events.lead import Direction, Outcome, TouchKind
from leadpact.sla_monitor.domain import attempts as monitor
from leadpact.sla_monitor.domain import state
from leadpact.verify.judging import attempts as verify
from leadpact.verify.wire import micros

T = datetime(2026, 5, 5, 9, tzinfo=UTC)


@st.composite
def touches(draw: st.DrawFn) -> list[state.Touch]:
    """Reports of a few calls and mails within half an hour."""
    told = st.tuples(
        st.integers(0, 30),
        st.sampled_from([TouchKind.CALL, TouchKind.EMAIL]),
        st.sampled_from([Outcome.SENT, Outcome.SENT, Outcome.CONNECTED, Outcome.BOUNCED]),
        st.sampled_from([None, 60, 600]),
        st.sampled_from([None, "number"]),
        st.sampled_from([None, "m1", "m2"]),
    )
    return [
        state.Touch(
            f"{n:02}", kind, Direction.OUT, outcome, "ann", ActorKind.HUMAN, T + timedelta(minutes=m), length, to, name
        )
        for n, (m, kind, outcome, length, to, name) in enumerate(draw(st.lists(told, max_size=12)))
    ]


def as_verify_reads(touch: state.Touch) -> verify.Touch:
    kind, outcome, actor = touch.kind.value, touch.outcome.value, touch.actor_kind.value
    at, inward = micros(touch.occurred_at), touch.direction is Direction.IN
    named = touch.seconds, touch.target, touch.reference
    return verify.Touch(at, touch.id, kind, inward, outcome, touch.actor, actor, *named)


@settings(max_examples=300, deadline=None)
@given(touches())
def test_r24_r25_what_is_one_attempt_and_which_were_delivered(told: list[state.Touch]) -> None:
    ours = [one.facts for one in monitor.attempts(told, unknown_counts=False)]
    theirs = verify.attempts(map(as_verify_reads, told), unknown_counts=False)
    assert ours == [tuple(each.id for each in one.told) for one in theirs]
