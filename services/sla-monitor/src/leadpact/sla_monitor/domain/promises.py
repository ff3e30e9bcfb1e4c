"""Promises over many leads: what an agreement asks of marketing each month, and the verdict once the month is over.

A month's target is spread evenly over its business days; each day asks its share by the version that is in force at its
end (rule 53), as the wall has it (ADR 30). A first version is in force also over the history that is loaded behind it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction
from math import ceil

from leadpact.calendar import Calendar, business_days
from leadpact.calendar.zone import midnight
from leadpact.contracts.events.promises import PromiseJudged, PromiseKind, Seen, Share
from leadpact.contracts.events.sla import Standing
from leadpact.sla_monitor.domain.control import Control, Reign
from leadpact.sla_monitor.domain.volume import period, promise

REVISION = 1
"""Changes whenever the same counts would be judged differently."""
_DAY = timedelta(days=1)
_MOST_DAYS = 31


@dataclass(frozen=True, slots=True)
class Month:
    """What a promise asks of one month `[begins, ends)`; `version` is the last one that asks."""

    promise: str
    agreement: str
    version: int
    first: date
    begins: datetime
    ends: datetime
    shares: tuple[Share, ...]

    @property
    def period(self) -> str:
        """Its name."""
        return period(self.first)

    @property
    def target(self) -> int:
        """So many leads at least."""
        return ceil(
            sum(Fraction(share.per_month * share.business_days, share.of_business_days) for share in self.shares)
        )


def months(control: Control, history: datetime | None, until: datetime) -> Iterator[Month]:
    """Every month, begun by an instant, of which some version asks something; `history` is how far back it reaches."""
    for agreement in sorted({reign.agreement for reign in control.reigns}):
        spans = [
            (reign.version, *_span(control, reign, history)) for reign in control.reigns if reign.agreement == agreement
        ]
        first = min(since for _, since, _ in spans).replace(day=1)
        while any(first < end for _, _, end in spans):
            after = (first + _MOST_DAYS * _DAY).replace(day=1)
            shares = tuple(_shares(control, agreement, spans, first, after))
            if shares:
                version = shares[-1].agreement_version
                zone = control.calendar(agreement, version).zone
                begins, ends = zone.first_instant(midnight(first)), zone.first_instant(midnight(after))
                if begins > until:
                    break
                yield Month(promise(agreement), agreement, version, first, begins, ends, shares)
            first = after


def judged(month: Month, seen: Sequence[Seen], before: PromiseJudged | None) -> PromiseJudged | None:
    """The verdict on a month that is over, or its revision; nothing where nothing has changed since the one before."""
    told = (month.version, month.begins, month.ends, month.shares, tuple(seen))
    if before is not None and told == (
        before.agreement_version,
        before.begins,
        before.ends,
        before.shares,
        before.seen,
    ):
        return None
    count = sum(each.count for each in seen)
    previous = Standing.PENDING if before is None else before.verdict
    verdict = _verdict(previous, reached=count >= month.target)
    return PromiseJudged(
        promise=month.promise,
        kind=PromiseKind.MQL_VOLUME,
        agreement=month.agreement,
        agreement_version=month.version,
        period=month.period,
        begins=month.begins,
        ends=month.ends,
        verdict=verdict,
        previous=previous,
        revision=1 if before is None else before.revision + 1,
        count=count,
        target=month.target,
        shares=month.shares,
        seen=tuple(seen),
        says=_says(month, count, verdict),
    )


def _verdict(previous: Standing, *, reached: bool) -> Standing:
    """A miss that later counts make good is taken back, and stays one that was."""
    if not reached:
        return Standing.MISSED
    return Standing.WITHDRAWN if previous in (Standing.MISSED, Standing.WITHDRAWN) else Standing.MET


def _says(month: Month, count: int, verdict: Standing) -> str:
    days, whole = sum(share.business_days for share in month.shares), month.shares[-1].of_business_days
    part = "" if days == whole else f" for {days} of its {whole} business days"
    ends = "the miss is withdrawn" if verdict is Standing.WITHDRAWN else verdict.value
    mqls = "1 MQL" if count == 1 else f"{count} MQLs"
    return f"{month.first:%B %Y}: {mqls} of {month.target} promised{part}: {ends}."


def _span(control: Control, reign: Reign, history: datetime | None) -> tuple[date, date]:
    """The local dates `[first, end)` at whose ends a version is in force."""
    calendar = control.calendar(reign.agreement, reign.version)
    since = reign.from_at
    if history is not None and _reaches_back(control, reign):
        since = min(since, history)
    end = calendar.last + _DAY
    if reign.until is not None:
        end = min(end, _date(calendar, reign.until))
    return max(_date(calendar, since), calendar.first), end


def _reaches_back(control: Control, reign: Reign) -> bool:
    """Whether it is the first version, and history was loaded behind it (rule 43, ADR 10)."""
    first = next(each for each in control.reigns if each.agreement == reign.agreement)
    return reign is first and control.history > reign.control


def _shares(
    control: Control, agreement: str, spans: Sequence[tuple[int, date, date]], first: date, after: date
) -> Iterator[Share]:
    for version, since, end in spans:
        calendar = control.calendar(agreement, version)
        known = max(first, calendar.first), min(after, calendar.last + _DAY)
        days = business_days(calendar, max(known[0], since), min(known[1], end))
        if days:
            per_month = control.agreements[f"{agreement}@{version}"].target_per_month
            yield Share(version, per_month, days, business_days(calendar, *known))


def _date(calendar: Calendar, at: datetime) -> date:
    return calendar.zone.wall_time(at).date()
