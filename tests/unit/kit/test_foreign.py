"""A record of somebody else has no sequence: what is counted behind it rests on the last one that had (point 6)."""

from dataclasses import replace

from leadpact.kit.decider import Count, Decision, Ring, Scope
from leadpact.kit.rows import Record
from leadpact.testkit.counting import TALLIED, Counting, Tally
from leadpact.testkit.facts import Facts
from tests.unit.kit.test_stage import START, at, behaved, stage


class CountingRings(Counting):
    """Counts timers that ring, too."""

    def ring(self, scope: Scope, control: int, state: Tally, ring: Ring) -> Decision:
        return replace(super().ring(scope, control, state, ring), counts=(Count(TALLIED, ring.due),))


async def test_point6_what_is_counted_behind_a_record_of_somebody_else_rests_on_the_last_of_ours() -> None:
    played, facts = stage(CountingRings()), Facts()
    await played.play([facts(behaved("count"), lead="a", at=START), facts(behaved("in 3"), lead="a", at=START)])
    played.clock.step_to(at(9))
    await played._settle([Record(*played.input, 2, b"", b"not ours")], at(5))
    (counted,) = played.rows.tallies.values()
    assert (counted.count, counted.seq) == (1, 2)
    assert len(played.store.rows.dead) == 1
