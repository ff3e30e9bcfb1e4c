"""Who an entry is about: keys are looked up strongest first, unknown ones are bound, links are noticed (rules 10, 11).

Grouping does not depend on the order of arrival as far as this version goes: leads joined by recorded conflicts are the
same groups in any order. Until merging exists, a conflict is only recorded.
"""

from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass

from leadpact.contracts.envelope import Bound
from leadpact.intake.domain.entry import Entry, HashedKey
from leadpact.intake.domain.keys import KeyKind
from leadpact.intake.normaliser.state import SHARED
from leadpact.kit.ids import derive


@dataclass(frozen=True, slots=True)
class Found:
    """The lead an entry is about.

    `links` are other leads that it names too, with the kind of key; `visitors` the anonymous keys that it identified;
    `bound` what its keys mean from now on and did not before.
    """

    lead: str
    links: tuple[tuple[str, KeyKind], ...] = ()
    visitors: tuple[str, ...] = ()
    bound: tuple[Bound, ...] = ()


@dataclass(frozen=True, slots=True)
class Visitor:
    """Nobody identified: only an anonymous key, or one that several people share."""

    key: str


class Identities:
    """Bindings of keys to leads as of now in this turn; what is new is also noted in `bound`."""

    def __init__(self, known: Mapping[str, str], bound: MutableMapping[str, tuple[KeyKind, str]]) -> None:
        self._known = dict(known)
        self._bound = bound

    def resolve(self, entry: Entry) -> Found | Visitor:
        """Find or make the lead of an entry that has a lead or at least one key; binds its keys."""
        identified = [key for key in entry.keys if key.kind is not KeyKind.ANONYMOUS]
        anonymous = [key for key in entry.keys if key.kind is KeyKind.ANONYMOUS]
        lead = entry.lead or self._first(identified)
        if lead is None and not identified:
            bound = self._first(anonymous)
            return Found(bound) if bound else Visitor(anonymous[0].hash)
        lead = lead or derive("lead", entry.id)
        before = {key: self._known.get(key.hash) for key in entry.keys}
        links = [link for key in identified if (link := self._bind(key, lead)) is not None]
        visitors = [key.hash for key in anonymous if self._meet(key, lead)]
        now = {key: self._known.get(key.hash) for key in entry.keys}
        new = (Bound(key.kind, key.hash, shared=now[key] == SHARED) for key in now if now[key] != before[key])
        return Found(lead, tuple(dict.fromkeys(links)), tuple(visitors), tuple(new))

    def _first(self, keys: list[HashedKey]) -> str | None:
        return next((lead for key in keys if (lead := self._known.get(key.hash))), None)

    def _bind(self, key: HashedKey, lead: str) -> tuple[str, KeyKind] | None:
        """Bind a key nobody has; whom it belongs to already, if that is somebody else."""
        owner = self._known.get(key.hash)
        if owner is None:
            self._put(key, lead)
            return None
        return (owner, key.kind) if owner != lead else None

    def _meet(self, key: HashedKey, lead: str) -> bool:
        """Whether this is the first identified person behind an anonymous key; a second one makes it say nothing."""
        owner = self._known.get(key.hash)
        if owner is None:
            self._put(key, lead)
            return True
        if owner not in (lead, SHARED):
            self._put(key, SHARED)
        return False

    def _put(self, key: HashedKey, lead: str) -> None:
        self._known[key.hash] = lead
        self._bound[key.hash] = (key.kind, lead)
