"""Applying entries one by one to what is known: the facts they become, and what changes with them; pure."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import msgspec

from leadpact.contracts import envelope as wire
from leadpact.contracts.envelope import Actor, At, Envelope, Lane
from leadpact.contracts.events.lead import Behaved, Captured, Conflicted, Profiled
from leadpact.contracts.registry import BY_NAME, Event
from leadpact.intake.domain.entry import Entry, Fact, Told
from leadpact.intake.domain.keys import KeyKind
from leadpact.intake.normaliser.emission import Chain, Emission, ToSeal, began, name_of
from leadpact.intake.normaliser.identity import Found, Identities, Visitor
from leadpact.intake.normaliser.moment import Moment, When, when
from leadpact.intake.normaliser.state import Behind, Changes, Known, Person, Waiting
from leadpact.kit.ids import derive


@dataclass(frozen=True, slots=True)
class _Cause:
    """What the events of one entry have in common."""

    entry: Entry
    moment: Moment
    at: At | None


class Fold:
    """A turn's facts so far."""

    def __init__(self, known: Known, changes: Changes) -> None:
        self.out: list[Emission] = []
        self._known = known
        self._changes = changes
        self._identities = Identities(known.bindings, changes.bindings)
        self._people = dict(known.people)
        self._control = known.control

    def apply(self, entry: Entry, moment: Moment, at: At | None) -> None:
        """Make facts of an entry whose lead, if it names one by our id, is known."""
        cause = _Cause(entry, moment, at)
        if entry.fact is not None and BY_NAME[entry.fact.name].control:
            self.declare(entry.fact, entry.id, entry.actor, when(entry, moment), moment, began(entry.delivery), at)
            return
        match self._identities.resolve(entry):
            case Visitor(key):
                self._changes.waits.append(Waiting(key, _wordless(entry), history=moment.lane is Lane.BACKFILL))
            case Found() as found:
                self._about(found, cause)

    def follow(self, behind: Behind, moment: Moment) -> None:
        """What waited behind a lane comes now, live (rule 43)."""
        self._changes.followed.append(behind.visitor)
        self._joined(self._known.waiting.get(behind.visitor, ()), behind.lead, moment, None)

    def knows(self, entry: Entry) -> bool:
        """Whether the lead that an entry names by our id exists."""
        return entry.lead is None or entry.lead in self._people

    def say(self, cause: Envelope, event: Event, told: When, moment: Moment, at: At) -> None:
        """A fact about a known lead that an event of our own causes, in its actor's name."""
        name, person = name_of(type(event)), self._counted(cause.lead)
        id_ = derive(cause.id, name, person.lead)
        chain, data = Chain(cause.correlation, cause.id), wire.pack(event)
        self.out.append(Emission(id_, name, data, person.lead, person.version, told, moment, cause.actor, chain, at))

    def declare(
        self, fact: Fact, cause: str, actor: Actor, told: When, moment: Moment, chain: Chain, at: At | None
    ) -> None:
        """A control record for every partition, with the next number."""
        self._control += 1
        self._changes.control = self._control
        data = msgspec.json.decode(fact.data)
        data["control"] = self._control
        raw = msgspec.Raw(msgspec.json.encode(data))
        self.out.append(Emission(derive(cause, fact.name), fact.name, raw, "", 0, told, moment, actor, chain, at))

    def _about(self, found: Found, cause: _Cause) -> None:
        entry, before = cause.entry, len(self.out)
        if entry.told is not None:
            self._told(entry.told, found.lead, cause)
        if entry.fact is not None:
            self._emit(found.lead, entry.fact.name, _to_seal(entry.fact), cause)
        if found.bound:
            self.out[before] = replace(self.out[before], keys=found.bound)
        for visitor in found.visitors:
            self._join(visitor, found.lead, cause)
        for other, kind in found.links:
            self._conflict(found.lead, other, kind, cause)

    def _told(self, told: Told, lead: str, cause: _Cause) -> None:
        """What the item told, at its time, though it be known already: between the same words twice others may come.

        Downstream the latest by `occurred_at` stands, and the earliest capture says how the person found us (rule 49).
        """
        person = self._person(lead)
        capture = (when(cause.entry, cause.moment).occurred_at, derive(cause.entry.id, name_of(Captured), lead))
        first = person.capture is None or capture < person.capture
        source = cause.entry.source
        if first or (told.test and not person.test):
            self._people[lead] = msgspec.structs.replace(
                person, capture=capture if first else person.capture, test=person.test or told.test
            )
            event = Captured(
                source=source,
                channel=told.channel,
                form=told.form,
                campaign=told.campaign,
                features=told.features,
                test=told.test,
            )
            self._emit(lead, name_of(Captured), ToSeal(event, told.contact), cause)
            return
        self._emit(
            lead, name_of(Profiled), ToSeal(Profiled(source=source, features=told.features), told.contact), cause
        )
        if told.form:
            self._say(lead, Behaved(source=source, kind="form", subject=told.form, channel=told.channel), cause)

    def _join(self, visitor: str, lead: str, cause: _Cause) -> None:
        """A visitor's behaviour joins the story of the lead they turned out to be, in its own order (rule 10).

        What came live waits until the lane that identified them has joined live time (rule 43).
        """
        waits = [*self._known.waiting.get(visitor, ()), *(w for w in self._changes.waits if w.visitor == visitor)]
        if cause.moment.lane is Lane.BACKFILL and not all(wait.history for wait in waits):
            self._changes.behind.append(Behind(visitor, lead))
            waits = [wait for wait in waits if wait.history]
        self._joined(waits, lead, cause.moment, cause.at)

    def _joined(self, waits: Iterable[Waiting], lead: str, moment: Moment, at: At | None) -> None:
        for wait in sorted(waits, key=lambda each: (when(each.entry, moment).occurred_at, each.entry.id)):
            self._changes.joins(wait)
            if wait.entry.fact is not None:
                event = msgspec.json.decode(wait.entry.fact.data, type=Behaved)
                self._say(lead, msgspec.structs.replace(event, visitor=True), _Cause(wait.entry, moment, at))

    def _conflict(self, lead: str, other: str, kind: KeyKind, cause: _Cause) -> None:
        """Two identified people were linked: said once on both, until merging exists (rule 11)."""
        pair = (min(lead, other), max(lead, other))
        if pair in self._known.conflicts or pair in self._changes.conflicts:
            return
        self._changes.conflicts.add(pair)
        source = cause.entry.source
        self._say(lead, Conflicted(other=other, key=kind, source=source), cause, other)
        self._say(other, Conflicted(other=lead, key=kind, source=source), cause, lead)

    def _say(self, lead: str, event: Event, cause: _Cause, *beside: str) -> None:
        self._emit(lead, name_of(type(event)), wire.pack(event), cause, *beside)

    def _emit(self, lead: str, name: str, data: msgspec.Raw | ToSeal, cause: _Cause, *beside: str) -> None:
        """One event; an entry may make several of a name about a lead only if something `beside` tells them apart."""
        entry, person = cause.entry, self._counted(lead)
        id_ = derive(entry.id, name, lead, *beside)
        actor = entry.actor if entry.actor.id else Actor(lead, entry.actor.kind)
        told, chain = when(entry, cause.moment), began(entry.delivery)
        self.out.append(Emission(id_, name, data, lead, person.version, told, cause.moment, actor, chain, cause.at))

    def _counted(self, lead: str) -> Person:
        """The person with one more event."""
        person = self._person(lead)
        person = msgspec.structs.replace(person, version=person.version + 1)
        self._people[lead] = self._changes.people[lead] = person
        return person

    def _person(self, lead: str) -> Person:
        return self._people.get(lead) or Person(lead)


def _to_seal(fact: Fact) -> msgspec.Raw | ToSeal:
    """The data of a fact, with the words that are to be sealed if it has any."""
    return ToSeal(msgspec.json.decode(fact.data, type=BY_NAME[fact.name].kind), fact.words) if fact.words else fact.data


def _wordless(entry: Entry) -> Entry:
    """A visitor has no key to seal their words with, so they are not kept."""
    fact = entry.fact and msgspec.structs.replace(entry.fact, words={})
    return msgspec.structs.replace(entry, fact=fact)
