"""From written to resolved: holidays become dates, zones transitions, words seconds (rule 3)."""

import hashlib
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

import holidays
import msgspec
from pydantic import ValidationError

from leadpact import calendar
from leadpact.contracts import agreement as contract
from leadpact.contracts.features import KNOWN
from leadpact.qualifier.agreement import document as written
from leadpact.qualifier.agreement.checking import stranger
from leadpact.qualifier.agreement.source import Source, escaped
from leadpact.qualifier.errors import Finding, Unsound
from leadpact.web.wording import wording

_YEARS_BEFORE, _YEARS_AFTER = 1, 3


def read(source: Source, *, version: int, today: date) -> contract.Agreement:
    """The agreement that a text says, as a version made today; raises `Unsound` with every mistake found.

    The calendar reaches from `calendar_from`, or the beginning of last year, to the end of the third year from now.
    """
    try:
        document = written.Document.model_validate(source.data)
    except ValidationError as error:
        wrong = [_finding(source, each) for each in error.errors()]
        raise Unsound([*wrong, *_strangers(source, source.data, "")]) from error
    agreement = contract.Agreement(
        id=document.id,
        version=version,
        name=document.name,
        purpose=document.purpose,
        zone=document.zone,
        calendar=dict(calendar.to_dict(_calendar(source, document, today))),
        criteria=_group(source, document.mql),
        product_line=document.product_line,
        priority=document.priority,
        scope=_conditions(document.scope),
        suppressed=_conditions(document.suppressed),
        cool_down_seconds=document.cool_down or 0,
        lost_may_return=document.lost_may_return,
        routing=_routing(document.sales.routing),
        first_response=_response(document.sales.first_response),
        cadence=_cadence(document.sales.cadence),
        reasons=tuple(_reason(each) for each in document.sales.reasons),
        target_per_month=document.marketing.mqls_per_month,
        pledges=tuple(contract.Pledge(each.channel, each.at_least_percent) for each in document.marketing.channels),
        currency=document.currency,
        freshness_seconds=document.sales.freshness,
        feeds=document.sales.feeds,
    )
    # as everybody will read it: 50 becomes 50.0, tuples become lists; else its hash would change on the way
    return msgspec.json.decode(contract.canonical(agreement), type=contract.Agreement)


def content_hash(agreement: contract.Agreement) -> str:
    """What both teams sign: SHA-256 of the resolved agreement's canonical bytes, in hexadecimal digits."""
    return hashlib.sha256(contract.canonical(agreement)).hexdigest()


def _calendar(source: Source, document: written.Document, today: date) -> calendar.Calendar:
    first, last = date(today.year - _YEARS_BEFORE, 1, 1), date(today.year + _YEARS_AFTER, 12, 31)
    if document.calendar_from is not None:
        first = min(first, document.calendar_from)
    if not any(document.hours.values()):
        raise Unsound([source.finding("/hours", "a team that never opens keeps no promise")])
    closed = {*_public(source, document.holidays, range(first.year, last.year + 1)), *document.holidays.closed}
    try:
        return calendar.resolve(
            document.zone, document.hours, first=first, last=last, closed=closed - set(document.holidays.open)
        )
    except calendar.UnknownZone as error:
        raise Unsound([source.finding("/zone", str(error))]) from error
    except calendar.InvalidCalendar as error:
        raise Unsound([source.finding("/hours", str(error))]) from error


def _public(source: Source, named: written.Holidays, years: range) -> set[date]:
    if named.country is None:
        return set()
    try:
        return set(holidays.country_holidays(named.country, subdiv=named.subdivision, years=years))
    except NotImplementedError as error:
        raise Unsound([source.finding("/holidays", str(error))]) from error


def _group(source: Source, mql: written.Criterion) -> contract.Group:
    seen: dict[str, str] = {}
    clashes: list[Finding] = []

    def named(criterion: written.Criterion, pointer: str, otherwise: str) -> str:
        # without an id of its own a criterion is named after what it reads, and numbered where that is not enough
        id_, number = criterion.id or otherwise, 2
        while criterion.id is None and id_ in seen:
            id_, number = f"{otherwise}-{number}", number + 1
        if id_ in seen:
            clashes.append(source.finding(pointer, f"the id {id_!r} stands at {seen[id_]} already"))
        seen[id_] = pointer
        return id_

    def group(criterion: written.Criterion, pointer: str) -> contract.Group:
        mode, of = next(_modes(criterion))
        id_ = named(criterion, pointer, mode.value)
        return contract.Group(id_, mode, tuple(one(each, f"{pointer}/{mode}/{at}") for at, each in enumerate(of)))

    def one(criterion: written.Criterion, pointer: str) -> contract.Criterion:
        if criterion.attribute is not None:
            return contract.AttributeCriterion(
                id=named(criterion, pointer, criterion.attribute),
                attribute=criterion.attribute,
                one_of=tuple(criterion.one_of),
                at_least=criterion.at_least,
                at_most=criterion.at_most,
                unknown=criterion.unknown,
            )
        if criterion.signal is not None:
            return contract.SignalCriterion(
                id=named(criterion, pointer, criterion.signal),
                signal=criterion.signal,
                subjects=tuple(criterion.subjects),
                count=criterion.times,
                window_seconds=criterion.within,
            )
        return group(criterion, pointer)

    found = group(mql, "/mql")
    if clashes:
        raise Unsound(clashes)
    return found


def _modes(criterion: written.Criterion) -> Iterator[tuple[contract.Mode, list[written.Criterion]]]:
    for mode, of in (
        (contract.Mode.ALL, criterion.all),
        (contract.Mode.ANY, criterion.any),
        (contract.Mode.NONE, criterion.none),
    ):
        if of is not None:
            yield mode, of


def _conditions(tests: list[written.Condition]) -> tuple[contract.Condition, ...]:
    return tuple(contract.Condition(each.attribute, tuple(each.one_of)) for each in tests)


def _routing(promise: written.Routing) -> contract.Routing:
    return contract.Routing(
        team=promise.team,
        budget_seconds=promise.within.seconds,
        unit=promise.counts,
        fallback=promise.fallback,
        warn_percent=tuple(sorted(promise.warn_at)),
    )


def _response(promise: written.FirstResponse) -> contract.Response:
    return contract.Response(
        budget_seconds=promise.within.seconds,
        unit=promise.counts,
        warn_percent=tuple(sorted(promise.warn_at)),
        unknown_actor_counts=promise.unknown_actor_counts,
        reallocate=promise.reallocate,
        escalate_to=tuple(promise.escalate_to),
    )


def _cadence(promise: written.Cadence) -> contract.Cadence:
    return contract.Cadence(
        calls=promise.calls,
        emails=promise.emails,
        socials=promise.socials,
        window_seconds=promise.within.seconds,
        unit=promise.counts,
        warn_percent=tuple(sorted(promise.warn_at)),
        exhausted=promise.exhausted,
    )


def _reason(reason: written.Reason) -> contract.Reason:
    return contract.Reason(reason.id, reason.says, tuple(reason.requires), reason.may_return)


def _finding(source: Source, error: Mapping[str, Any]) -> Finding:
    pointer = "".join(f"/{escaped(str(step))}" for step in error["loc"])
    while pointer and not source.has(pointer) and error["type"] != "missing":
        pointer = pointer.rpartition("/")[0]  # pydantic names the branch of a union where our text has no step
    return source.finding(pointer, wording(error))


def _strangers(source: Source, value: object, pointer: str) -> Iterator[Finding]:
    """Attributes that nobody derives, which may be slips like the others: said with them, not after them."""
    match value:
        case dict():
            if isinstance(name := value.get("attribute"), str) and name not in KNOWN:
                yield source.finding(f"{pointer}/attribute", stranger(name))
            for key, each in value.items():
                yield from _strangers(source, each, f"{pointer}/{escaped(key)}")
        case list():
            for index, each in enumerate(value):
                yield from _strangers(source, each, f"{pointer}/{index}")
        case _:
            return
