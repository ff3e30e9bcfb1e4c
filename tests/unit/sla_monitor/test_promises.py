"""What an agreement asks of marketing each month, and the verdict when the month is over (rules 34 and 53)."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from fractions import Fraction
from math import ceil

import msgspec
import pytest

from leadpact.calendar import prorate, resolve, to_dict
from leadpact.contracts.agreement import Agreement
from leadpact.contracts.events.control import BackfillOpened, InForce, Retired
from leadpact.contracts.events.promises import PromiseJudged, Seen, Share
from leadpact.contracts.events.sla import Standing
from leadpact.sla_monitor.domain.control import Control, evolve_control
from leadpact.sla_monitor.domain.promises import Month, judged, months
from leadpact.testkit.facts import Facts
from tests.unit.sla_monitor.world import AGREEMENT, CALENDAR, WEEK, ny

WHOLE = (Share(1, 400, 22, 22),)
SAID = BackfillOpened | InForce | Retired


def version(number: int, target: int = 400) -> Agreement:
    return msgspec.structs.replace(AGREEMENT, version=number, target_per_month=target)


def ruled(*told: tuple[datetime, Agreement | SAID]) -> Control:
    """The control state behind these records."""
    control, facts = Control(), Facts()
    for number, (at, what) in enumerate(told, 1):
        event = InForce(control=number, agreement=what, hash="h") if isinstance(what, Agreement) else what
        control = evolve_control(control, facts(msgspec.structs.replace(event, control=number), at=at))
    return control


def asked(control: Control, until: datetime, history: datetime | None = None) -> dict[str, tuple[int, ...]]:
    """By month the target, and the business days of each version."""
    found = months(control, history, until)
    return {month.period: (month.target, *(share.business_days for share in month.shares)) for month in found}


def test_r34_a_month_from_its_first_to_its_last_local_instant() -> None:
    (first, april) = months(ruled((ny(3, 1, 0), version(1))), None, ny(4, 1, 0))
    assert (first.begins, first.ends) == (ny(3, 1, 0), ny(4, 1, 0)), "one hour short: the clocks go forward"
    assert (first.promise, first.period, first.target, first.shares) == ("pact/mql_volume", "2026-03", 400, WHOLE)
    assert (april.begins, april.ends) == (first.ends, ny(5, 1, 0))


def test_r53_a_month_in_which_it_came_into_force_is_prorated_by_business_days() -> None:
    found = asked(ruled((ny(3, 16, 15), version(1))), ny(4, 1, 0))
    share = prorate(CALENDAR, date(2026, 3, 16), date(2026, 4, 1))
    assert found["2026-03"] == (ceil(400 * share), 12)
    assert found["2026-04"] == (400, 22)


def test_r53_each_day_asks_by_the_version_in_force_at_its_end() -> None:
    (first, _) = months(ruled((ny(3, 1, 0), version(1)), (ny(3, 16, 15), version(2, 220))), None, ny(4, 1, 0))
    assert first.shares == (Share(1, 400, 10, 22), Share(2, 220, 12, 22))
    assert (first.target, first.version) == (ceil(Fraction(400 * 10 + 220 * 12, 22)), 2)


def test_r43_a_first_version_asks_of_the_history_loaded_behind_it() -> None:
    told = (ny(6, 10, 9), version(1))
    history = ny(4, 20, 13)
    assert list(asked(ruled(told), ny(6, 30, 0), history)) == ["2026-06"], "history of before is nobody's"
    control = ruled(told, (ny(6, 10, 10), BackfillOpened(control=0, lane="l")))
    assert asked(control, ny(6, 30, 0), history) == {"2026-04": (164, 9), "2026-05": (400, 20), "2026-06": (400, 22)}
    later = ruled(told, (ny(6, 11, 9), version(2)), (ny(6, 12, 9), BackfillOpened(control=0, lane="l")))
    assert asked(later, ny(6, 30, 0), history)["2026-05"] == (400, 20), "a second version reaches back to nothing"


def test_r03_history_older_than_the_calendar_is_asked_from_the_calendars_first_month_on() -> None:
    control = ruled((ny(3, 1, 0), version(1)), (ny(3, 2, 10), BackfillOpened(control=0, lane="l")))
    found = asked(control, ny(3, 31, 0), datetime(2017, 7, 6, 3, tzinfo=UTC))
    assert list(found) == ["2026-01", "2026-02", "2026-03"], "the calendar begins with 2026"


def test_r34_what_is_retired_asks_no_more() -> None:
    control = ruled((ny(3, 1, 0), version(1)), (ny(4, 9, 12), Retired(control=0, agreement="pact", version=1)))
    assert asked(control, ny(9, 1, 0)) == {"2026-03": (400, 22), "2026-04": (ceil(Fraction(400 * 6, 22)), 6)}


def test_r34_an_agreement_asks_nothing_behind_its_calendar() -> None:
    ends = resolve("America/New_York", WEEK, first=date(2026, 1, 1), last=date(2026, 4, 30))
    control = ruled((ny(3, 1, 0), msgspec.structs.replace(version(1), calendar=dict(to_dict(ends)))))
    assert list(asked(control, ny(9, 1, 0))) == ["2026-03", "2026-04"]


def test_r53_days_without_business_ask_nothing() -> None:
    assert asked(ruled((ny(2, 28, 12), version(1))), ny(3, 2, 0)) == {"2026-03": (400, 22)}


def march(target: int = 400) -> Month:
    (found, _) = months(ruled((ny(3, 1, 0), version(1, target))), None, ny(4, 1, 0))
    return found


def after(*counts: int, of: Sequence[Month] = ()) -> list[PromiseJudged]:
    """The verdicts when one partition has counted so many, time after time."""
    found: list[PromiseJudged] = []
    for number, counted in enumerate(counts):
        month = of[number] if of else march()
        event = judged(month, [Seen(0, counted, counted)], found[-1] if found else None)
        found += [event] if event is not None else []
    return found


@pytest.mark.parametrize(("counted", "verdict"), [(399, Standing.MISSED), (400, Standing.MET), (412, Standing.MET)])
def test_r34_so_many_or_more_are_met(counted: int, verdict: Standing) -> None:
    (event,) = after(counted)
    assert (event.verdict, event.previous, event.revision) == (verdict, Standing.PENDING, 1)
    assert event.says == f"March 2026: {counted} MQLs of 400 promised: {verdict.value}."


def test_r34_a_share_of_a_lead_cannot_be_delivered() -> None:
    (first, *_) = months(ruled((ny(3, 16, 15), version(1))), None, ny(4, 1, 0))
    assert first.target == 219, "218.18 of them"
    (event,) = after(218, of=[first])
    assert event.says == "March 2026: 218 MQLs of 219 promised for 12 of its 22 business days: missed."


def test_r34_later_changes_are_revisions_and_no_change_is_none() -> None:
    events = after(10, 10, 11, 400, 401)
    assert [(e.revision, e.count, e.verdict.value) for e in events] == [
        (1, 10, "missed"),
        (2, 11, "missed"),
        (3, 400, "withdrawn"),
        (4, 401, "withdrawn"),
    ]
    assert [event.previous.value for event in events] == ["pending", "missed", "missed", "withdrawn"]
    assert events[2].says == "March 2026: 400 MQLs of 400 promised: the miss is withdrawn."


def test_r34_another_target_is_a_revision_too() -> None:
    events = after(300, 300, of=[march(300), march(301)])
    assert [(event.verdict.value, event.target) for event in events] == [("met", 300), ("missed", 301)]
