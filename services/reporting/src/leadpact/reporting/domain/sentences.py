"""One sentence per fact, as the time line tells it; no contact data, no times (they stand beside it).

People stand in it by their id between marks, and get their names when it is read: rosters change.
"""

import re
from collections.abc import Mapping

from leadpact.contracts.events import health, lead, qualification, sla
from leadpact.contracts.registry import Event
from leadpact.reporting.domain.money import money

_TOUCHES = {
    (lead.TouchKind.CALL, lead.Direction.OUT): "called the lead",
    (lead.TouchKind.CALL, lead.Direction.IN): "The lead called",
    (lead.TouchKind.EMAIL, lead.Direction.OUT): "wrote to the lead",
    (lead.TouchKind.EMAIL, lead.Direction.IN): "The lead wrote",
    (lead.TouchKind.SOCIAL, lead.Direction.OUT): "wrote to the lead on a social network",
    (lead.TouchKind.SOCIAL, lead.Direction.IN): "The lead wrote on a social network",
    (lead.TouchKind.MEETING, lead.Direction.OUT): "met the lead",
    (lead.TouchKind.MEETING, lead.Direction.IN): "The lead asked for a meeting",
}
_OUTCOMES = {
    lead.Outcome.CONNECTED: "connected",
    lead.Outcome.NO_ANSWER: "no answer",
    lead.Outcome.VOICEMAIL: "left a voicemail",
    lead.Outcome.SENT: "sent",
    lead.Outcome.BOUNCED: "bounced",
    lead.Outcome.REPLIED: "a reply",
    lead.Outcome.AUTO_REPLY: "an automatic reply",
    lead.Outcome.BOOKED: "booked",
    lead.Outcome.HELD: "held",
}
_KINDS = {
    sla.ClockKind.ROUTING: "routing",
    sla.ClockKind.FIRST_RESPONSE: "first response",
    sla.ClockKind.CADENCE: "cadence",
}


_WHO = re.compile("\ue000([^\ue001]*)\ue001")


def who(id_: str) -> str:
    """A person within a sentence."""
    return f"\ue000{id_}\ue001"


def named(says: str, names: Mapping[str, str]) -> str:
    """A sentence with the names of those in it; who has none stays an id."""
    return _WHO.sub(lambda found: names.get(found[1], found[1]), says)


def sentence(event: Event, actor: str) -> str | None:  # noqa: C901, PLR0911, PLR0912 - a list of what can happen
    """Tell an event in one sentence; nothing for one that no lead's time line shows."""
    match event:
        case lead.Captured(source=source, channel=channel, form=form, test=test):
            by = f" by the form “{form}”" if form else ""
            return f"Captured from {source} via {words(channel)}{by}{', a test lead' if test else ''}."
        case lead.Profiled(source=source, features=features):
            named = ", ".join(f"{words(name)}: {_told(name, value)}" for name, value in sorted(features.items()))
            return f"{source} told us more ({named or 'contact data'})."
        case lead.Behaved(kind=kind, subject=subject, visitor=visitor):
            what = f"{words(kind)} {subject or '(its subject is sealed)'}"
            return f"Showed interest: {what}{', as a visitor not yet known' if visitor else ''}."
        case lead.Touched():
            return _touch(event, actor)
        case lead.Disposed(verdict=verdict, cadence=str()):
            return f"The cadence is exhausted: by the agreement the lead is to be {verdict}."
        case lead.Disposed(verdict=verdict, reason=reason, sealed=sealed):
            return f"{who(actor)} wants the lead {verdict}{because(reason)}.{_written(sealed)}"
        case lead.Owned(source=source, owner=owner):
            return f"{source} says that {who(owner)} owns the lead."
        case lead.Dealt(opportunity=opportunity, status=status, amount=amount, source=source):
            worth = f" ({money(amount.minor, amount.currency)})" if amount else ""
            return f"{source} says opportunity {opportunity} is {status}{worth}."
        case lead.Consented(purpose=purpose, granted=granted):
            return f"{'Opted in to' if granted else 'Opted out of'} {words(purpose)}."
        case lead.ReassignedByHand(owner=owner, sealed=sealed):
            return f"{who(actor)} asked for {who(owner)} as owner.{_written(sealed)}"
        case lead.Conflicted(key=key, source=source, other=other):
            return f"{source} linked this lead by {words(key)} with another one ({other}); the link is only recorded."
        case health.Parked(consumer=consumer, reason=reason):
            return f"Set aside: {consumer} could not handle a record of this lead ({reason})."
        case health.Unparked(consumer=consumer, records=records):
            return f"{consumer} handled what had waited: {plural(records, 'record')}."
        case _:
            return _qualification(event) or _sla(event)


def plain(value: object) -> str:
    """An attribute's value as people write it."""
    match value:
        case True:
            return "yes"
        case False:
            return "no"
        case _:
            return str(value)


def _told(name: str, value: object) -> str:
    return str(value)[:8] if name == "account" else plain(value)


def words(name: str) -> str:
    """A wire name as people write it."""
    return name.replace("_", " ")


def plural(number: int, noun: str) -> str:
    """A number with its noun."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def because(reason: str | None) -> str:
    """The reason after a colon, if there is one."""
    return f": {words(reason)}" if reason else ""


def _written(sealed: str) -> str:
    return " What they wrote is sealed." if sealed else ""


def _touch(event: lead.Touched, actor: str) -> str:
    phrase = _TOUCHES[event.kind, event.direction]
    said = f"{who(actor)} {phrase}" if event.direction is lead.Direction.OUT else phrase
    length = f", {event.seconds} s" if event.seconds is not None else ""
    return f"{said}: {_OUTCOMES[event.outcome]}{length}."


def _qualification(event: Event) -> str | None:
    match event:
        case qualification.EngagementOpened(number=number, agreement=agreement, agreement_version=version):
            return f"Engagement {number} opened under {agreement} v{version}."
        case qualification.Qualified(agreement=agreement, agreement_version=version):
            return f"Became MQL by {agreement} v{version}."
        case qualification.Accepted():
            return "Accepted by sales as SQL."
        case qualification.EngagementClosed(outcome=outcome, reason=reason):
            return f"Engagement closed, {words(outcome)}{because(reason)}."
        case qualification.CommandRefused(says=says, cadence=cadence):
            return f"{'A command' if cadence is None else 'The closing for the exhausted cadence'} was refused: {says}"
        case _:
            return None


def _sla(event: Event) -> str | None:  # noqa: PLR0911 - a list of what can happen
    match event:
        case sla.Assigned(owner=owner, team=team, by=by, previous=previous):
            return (
                f"Assigned to {who(owner)} of {team} by {words(by)}{f', before {who(previous)}' if previous else ''}."
            )
        case sla.Queued(team=team, queue=queue):
            return f"Waits for {team} in the queue {queue}." if queue else f"Waits for {team} to open."
        case sla.ClockStarted(kind=kind, owner=owner, team=team, segment=segment):
            again = f", segment {segment}" if segment > 1 else ""
            return f"The {_KINDS[kind]} clock of {who(owner) if owner else team} started{again}."
        case sla.ClockMoved(kind=kind):
            return f"The {_KINDS[kind]} clock is due at another time: the opening hours changed."
        case sla.ClockWarned(kind=kind, percent=percent):
            return f"{percent} % of the {_KINDS[kind]} budget is used up."
        case sla.ClockJudged(says=says):
            return says
        case sla.AttemptCounted(calls=calls, emails=emails, socials=socials):
            return f"Attempts so far: {plural(calls, 'call')}, {plural(emails, 'mail')}, {socials} social."
        case sla.Escalated(step=step, to=to):
            return f"Escalated to {who(to)} (step {step})."
        case _:
            return None
