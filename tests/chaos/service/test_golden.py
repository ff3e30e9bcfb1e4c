"""Nobody changes what is decided without raising the revision: `leadpact verify` judges by it what it judges again."""

import dataclasses
from typing import Any

import msgspec
import pytest

from leadpact.kit.decider import Decision
from leadpact.qualifier.domain.decider import Qualifier
from leadpact.sla_monitor.domain.decider import SlaMonitor
from tests.chaos.service.golden import Golden, complaint, found, noted, with_today

BEFORE = Golden("sla-monitor", 1, "input", "decisions")


async def test_the_same_input_is_decided_as_it_was() -> None:
    assert [says for now in await found() if (says := complaint(now, noted())) is not None] == []


async def test_a_decision_that_is_another_is_seen_until_the_revision_is_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    ring = SlaMonitor.ring

    def mute(self: SlaMonitor, *given: Any) -> Decision:  # noqa: ANN401 - as they are
        decision = ring(self, *given)
        return dataclasses.replace(decision, events=decision.events[:1])

    monkeypatch.setattr(SlaMonitor, "ring", mute)
    says = [said for now in await found() if (said := complaint(now, noted())) is not None]
    assert says == [
        "sla-monitor: the same input is decided differently: raise the revision, then run golden.py --write"
    ]
    with pytest.raises(ValueError, match="raise the revision"):
        with_today(noted(), await found())

    monkeypatch.setattr(SlaMonitor, "revision", 2)
    notes = with_today(noted(), await found())
    assert [complaint(now, notes) for now in await found()] == [None, None]
    assert set(noted()) < set(notes), "what revision 1 decided stays noted"


async def test_raising_the_revision_alone_is_no_other_decision(monkeypatch: pytest.MonkeyPatch) -> None:
    before, _ = await found()
    monkeypatch.setattr(Qualifier, "revision", 2)
    after, _ = await found()
    assert after == msgspec.structs.replace(before, revision=2)


def test_another_input_is_not_another_decision() -> None:
    now = Golden("sla-monitor", 1, "another input", "other decisions")
    assert complaint(now, [BEFORE]) == "sla-monitor: revision 1 is not noted for this input: run golden.py --write"
    assert with_today([BEFORE], [now]) == [now]
