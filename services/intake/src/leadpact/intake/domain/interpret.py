"""From shapes to entries: whom an item is about, when it occurred, who did it, and the event it is."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import assert_never
from uuid import UUID
from zoneinfo import ZoneInfo

from leadpact.contracts import envelope as wire
from leadpact.contracts.envelope import Actor, ActorKind
from leadpact.contracts.events import control as controls
from leadpact.contracts.events import lead as events
from leadpact.contracts.events.lead import Direction, Outcome
from leadpact.contracts.registry import BY_KIND, Event
from leadpact.intake.delivery import Delivery
from leadpact.intake.domain import channel, features, keys, names, shapes, times
from leadpact.intake.domain.entry import Entry, Fact, HashedKey, Source, Told
from leadpact.intake.domain.features import text
from leadpact.intake.domain.keys import Email, KeyKind, Phone
from leadpact.intake.errors import Unmappable
from leadpact.kit.ids import derive

_LONGEST = 500
_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_NOBODY = "an anonymous_id alone is enough for behaviour only: give lead, contact_id, email or phone"
_MOST_MONEY = 2**53
_MOST_LEADS = 1_000_000
UNNUMBERED = 0
"""A control record's number until the turn gives it the next one."""


@dataclass(frozen=True, slots=True)
class _Person:
    """Who an item names."""

    mail: Email | None
    tel: Phone | None
    keys: tuple[HashedKey, ...]
    lead: str | None


@dataclass(frozen=True, slots=True)
class Interpreter:
    """Understands the items of one delivery; `hasher` gives the keyed hash of a value of one kind."""

    delivery: Delivery
    source: Source
    hasher: Callable[[str, str], str]

    def entry(self, index: int, said: shapes.Shape) -> Entry:
        """The entry that an item is; raises `Unmappable`."""
        claim = self._claim(said)
        identity = derive("intake", self.delivery.redrives or self.delivery.id, index)
        person = self._person(said) if isinstance(said, shapes.About) else None
        told = self._told(said, person) if isinstance(said, shapes.Lead) and person else None
        closes = _name(said.lane, "/lane") if isinstance(said, shapes.BackfillClose) else None
        return Entry(
            id=identity,
            delivery=self.delivery.id,
            index=index,
            source=self.source.name,
            received_at=self.delivery.facts_received_at,
            claim=claim,
            actor=self._actor(said),
            lead=person.lead if person else None,
            keys=person.keys if person else (),
            told=told,
            fact=None if told or closes is not None else self._fact(said),
            closes=closes,
        )

    def _claim(self, said: shapes.Item) -> datetime | None:
        claim = said.occurred_at
        if isinstance(claim, str):
            claim = text(claim)
        if claim is None:
            if self.delivery.lane is not None and not isinstance(said, shapes.BackfillClose):
                raise Unmappable("history needs the time at which it occurred", "/occurred_at")
            return None
        return times.read(claim, self._zone())

    def _zone(self) -> ZoneInfo:
        return times.zone(self.source.zone)

    def _person(self, said: shapes.About) -> _Person:
        contact, anonymous = _word(said.contact_id), _word(said.anonymous_id)
        mail = keys.email(told) if (told := text(said.email)) else None
        land = features.country(said.country, None, None) if isinstance(said, shapes.Lead) else None
        tel = _phone(text(said.phone), land, spare=bool(contact or mail))
        found = keys.strongest_first(self.source.name, contact, mail, tel, anonymous)
        lead = _uuid(said.lead)
        only_visitor = lead is None and all(key.kind is KeyKind.ANONYMOUS for key in found)
        if only_visitor and not (found and isinstance(said, shapes.Behaviour)):
            raise Unmappable(_NOBODY if found else "it names nobody: no lead, contact_id, email or phone")
        hashed = tuple(HashedKey(key.kind, self.hasher(key.kind, key.text)) for key in found)
        return _Person(mail, tel, hashed, lead)

    def _told(self, lead: shapes.Lead, person: _Person) -> Told:
        utm = lead.utm or shapes.Utm()
        trail = channel.trail(
            utm_source=utm.source,
            utm_medium=utm.medium,
            referrer=lead.referrer,
            landing_page=lead.landing_page,
            origin=lead.origin,
            form=lead.form,
        )
        clear = self.source.clear
        contact = features.contact(lead, person.mail, person.tel, clear)
        return Told(
            channel=channel.today().classify(trail, self.source.channel),
            form=_short(lead.form, "/form"),
            campaign=_short(lead.campaign or utm.campaign, "/campaign"),
            features=features.derive(lead, person.mail, person.tel, clear, lambda name: self.hasher("account", name)),
            contact=contact,
            test=lead.test,
        )

    def _actor(self, said: shapes.Item) -> Actor:
        """Who did it (rule 45): a person by their own key; an automation's key may name somebody else."""
        name = _short(said.actor.id, "/actor/id", names.LONGEST) if said.actor else None
        named = Actor(name, said.actor.kind) if said.actor and name else None
        match said:
            case shapes.Behaviour():
                return Actor("", ActorKind.HUMAN)
            case shapes.Touch() | shapes.TouchLogged() if said.direction is Direction.IN:
                return Actor("", ActorKind.AUTOMATION if said.outcome is Outcome.AUTO_REPLY else ActorKind.HUMAN)
            case shapes.Touch():
                return named or Actor("unknown", ActorKind.UNKNOWN)
            case _:
                return named if named and self.delivery.speaks_for else self.delivery.actor

    def _fact(self, said: shapes.Shape) -> Fact:
        event = self._event(said)
        return Fact(BY_KIND[type(event)].name, wire.pack(event), _words(said))

    def _event(self, said: shapes.Shape) -> Event:  # noqa: C901, PLR0911 - one line per shape, closed
        source = self.source.name
        match said:
            case shapes.Behaviour():
                return self._behaved(said)
            case shapes.Touch() | shapes.TouchLogged():
                return self._touched(said)
            case shapes.Deal() | shapes.DealLogged():
                return _dealt(source, said)
            case shapes.Owner() | shapes.OwnerSet():
                return events.Owned(source=source, owner=_name(said.owner, "/owner"))
            case shapes.Consent() | shapes.ConsentLogged():
                purpose = _need(said.purpose, "/purpose")
                return events.Consented(
                    source=source, purpose=purpose, granted=said.granted, text=_short(said.text, "/text")
                )
            case shapes.Dispose():
                return _disposed(said)
            case shapes.Reassign():
                return events.ReassignedByHand(owner=_name(said.owner, "/owner"))
            case shapes.Roster():
                return _roster(said)
            case shapes.Leave():
                return self._leave(said)
            case shapes.Closure():
                return _closure(said)
            case shapes.Lead() | shapes.BackfillClose():
                raise AssertionError("told apart before")
            case _:
                assert_never(said)

    def _behaved(self, said: shapes.Behaviour) -> events.Behaved:
        kind = _need(said.kind, "/kind")
        subject = _need(said.subject, "/subject")
        if kind == "page":
            subject = channel.path(subject) or "/"
        elif _is_line(said):
            subject = ""
        found = None
        if said.utm or said.referrer:
            utm = said.utm or shapes.Utm()
            trail = channel.trail(utm_source=utm.source, utm_medium=utm.medium, referrer=said.referrer)
            found = channel.today().classify(trail, self.source.channel)
        return events.Behaved(source=self.source.name, kind=kind, subject=subject, channel=found)

    def _touched(self, said: shapes.Touch | shapes.TouchLogged) -> events.Touched:
        if said.seconds is not None and not 0 <= said.seconds <= 86_400:  # noqa: PLR2004 - a day
            raise Unmappable("a call lasts from 0 seconds to a day", "/seconds")
        target = text(said.target)
        return events.Touched(
            source=self.source.name,
            kind=said.kind,
            direction=said.direction,
            outcome=said.outcome,
            seconds=said.seconds,
            target=self.hasher("target", _same_target(target)) if target else None,
            reference=_short(said.reference, "/reference"),
        )

    def _leave(self, said: shapes.Leave) -> controls.LeaveTaken:
        begins, ends = times.read(said.from_, self._zone(), "/from"), times.read(said.to, self._zone(), "/to")
        if begins >= ends:
            raise Unmappable("a leave ends after it began", "/to")
        return controls.LeaveTaken(
            control=UNNUMBERED,
            rep=_name(said.rep, "/rep"),
            from_at=begins,
            to_at=ends,
            reason=_need(said.reason, "/reason"),
        )


def _dealt(source: str, said: shapes.Deal | shapes.DealLogged) -> events.Dealt:
    amount = None
    if said.amount is not None:
        currency = said.amount.currency
        if len(currency) != 3 or not currency.isascii() or not currency.isupper():  # noqa: PLR2004 - ISO 4217
            raise Unmappable("a currency is three capital letters", "/amount/currency")
        if abs(said.amount.minor) > _MOST_MONEY:
            raise Unmappable("more money than there is", "/amount/minor")
        amount = events.Money(said.amount.minor, currency)
    opportunity, line = _name(said.opportunity, "/opportunity"), _short(said.product_line, "/product_line")
    return events.Dealt(source=source, opportunity=opportunity, status=said.status, amount=amount, product_line=line)


def _disposed(said: shapes.Dispose) -> events.Disposed:
    reason = _short(said.reason, "/reason")
    if reason is not None and not _ID.fullmatch(reason):
        raise Unmappable("a reason is the id of one of the agreement's; words are for the note", "/reason")
    if not all(_ID.fullmatch(name) for name in said.data):
        raise Unmappable("data are named by ids, as the agreement asks for them", "/data")
    engagement = _uuid(said.engagement, "/engagement")
    return events.Disposed(verdict=said.verdict, reason=reason, given=tuple(said.data), engagement=engagement)


def _words(said: shapes.Shape) -> dict[str, str]:
    """What people wrote about a person in their own words: nobody knows what it holds, so it is sealed (rule 13)."""
    match said:
        case shapes.Dispose():
            note = _short(said.note, "/note")
            data = {f"data.{name}": _need(value, f"/data/{name}") for name, value in said.data.items()}
            return data | ({"note": note} if note else {})
        case shapes.Reassign():
            return {"reason": _need(said.reason, "/reason")}
        case shapes.Behaviour() if _is_line(said):
            return {"subject": said.subject.strip()}
        case _:
            return {}


def _is_line(said: shapes.Behaviour) -> bool:
    """Whether the subject is a mail's subject line, and not a name that definitions may ask for."""
    return said.kind.strip() == "email" and not _ID.fullmatch(said.subject.strip())


def _roster(said: shapes.Roster) -> controls.RosterChanged:
    reps = tuple(_rep(rep, f"/reps/{place}") for place, rep in enumerate(said.reps))
    if len({rep.id for rep in reps}) < len(reps):
        raise Unmappable("somebody stands twice in the roster", "/reps")
    team, reason = _name(said.team, "/team"), _need(said.reason, "/reason")
    return controls.RosterChanged(control=UNNUMBERED, team=team, reps=reps, reason=reason)


def _rep(said: shapes.RepSaid, pointer: str) -> controls.Rep:
    if not (1 <= said.weight <= _MOST_LEADS and 0 <= said.capacity <= _MOST_LEADS):
        raise Unmappable(f"a weight is 1 to {_MOST_LEADS:,}, a capacity 0 to {_MOST_LEADS:,}", pointer)
    id_, name = _name(said.id, f"{pointer}/id"), _name(said.name, f"{pointer}/name")
    return controls.Rep(id_, name, said.weight, said.capacity, _short(said.mail, f"{pointer}/mail"))


def _closure(said: shapes.Closure) -> controls.ClosureDeclared:
    try:
        day = date.fromisoformat(said.day.strip())
    except ValueError as error:
        raise Unmappable("a day is YYYY-MM-DD", "/day") from error
    team, reason = _name(said.team, "/team"), _need(said.reason, "/reason")
    return controls.ClosureDeclared(control=UNNUMBERED, team=team, day=day, reason=reason)


def _phone(told: str | None, land: str | None, *, spare: bool) -> Phone | None:
    """A number that is none is only fatal where nothing better says who it is."""
    if told is None:
        return None
    try:
        return keys.phone(told, land)
    except Unmappable:
        if spare:
            return None
        raise


def _same_target(told: str) -> str:
    """The same address or number in the same letters, however it was written."""
    try:
        return keys.email(told).text if "@" in told else keys.phone(told).text
    except Unmappable:
        return told.casefold()


def _word(told: str | int | None) -> str | None:
    return text(str(told)) if told is not None else None


def _uuid(told: str | None, pointer: str = "/lead") -> str | None:
    if (word := text(told)) is None:
        return None
    try:
        return str(UUID(word))
    except ValueError as error:
        raise Unmappable("this is no id of ours", pointer) from error


def _short(told: str | None, pointer: str, most: int = _LONGEST) -> str | None:
    word = text(told)
    if word is not None and len(word) > most:
        raise Unmappable(f"longer than {most} characters", pointer)
    return word


def _need(told: str, pointer: str, most: int = _LONGEST) -> str:
    word = _short(told, pointer, most)
    if word is None:
        raise Unmappable("it may not be blank", pointer)
    return word


def _name(told: str, pointer: str) -> str:
    """What becomes a key downstream."""
    return _need(told, pointer, names.LONGEST)
