"""Check 9 for the time lines: every event of a lead has its row, with all columns as the event has them.

Only the sentence is in reporting's own words, which are no rule and would have to be copied: of it verify knows the
names and numbers that must stand in it, as whole words, `_` as a space. That nothing else stands in it, whether
something was granted or how a call went, and an amount's digits, nobody checks here.
"""

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any

from leadpact.contracts.topics import LEADS
from leadpact.verify.shelves import Row, spoken
from leadpact.verify.stories import Told
from leadpact.verify.wire import NOTICES, OWN, WRITER

KEYS = ("lead", "seq")
COLUMNS = ("fact", "type", "occurred_at", "received_at", "recorded_at", "actor", "actor_kind", "lane", "says")
_SHORT = 8
"""Characters of an account's id that people are shown."""
_Said = dict[str, Any]
_Facts = Callable[[_Said, str], Iterable[object]]


def _all(*names: str) -> _Facts:
    return lambda said, _: (said.get(name) for name in names)


def _by_version(*names: str) -> _Facts:
    return lambda said, _: (*(said[name] for name in names), said["agreement"], f"v{said['agreement_version']}")


def _profiled(said: _Said, _: str) -> Iterable[object]:
    yield said["source"]
    for name, value in said.get("features", {}).items():
        yield name
        if not isinstance(value, bool):
            yield str(value)[:_SHORT] if name == "account" else value


def _touched(said: _Said, actor: str) -> Iterable[object]:
    return actor if said["direction"] == "out" else None, said.get("seconds")


def _disposed(said: _Said, actor: str) -> Iterable[object]:
    return said["verdict"], *(() if said.get("cadence") is not None else (actor, said.get("reason")))


def _dealt(said: _Said, _: str) -> Iterable[object]:
    return said["opportunity"], said["status"], said["source"], (said.get("amount") or {}).get("currency")


def _started(said: _Said, _: str) -> Iterable[object]:
    segment = said.get("segment", 1)
    return said["kind"], said["owner"] or said["team"], segment if segment > 1 else None


FACTS: Mapping[str, _Facts] = MappingProxyType(
    {
        "lead.captured": _all("source", "channel", "form"),
        "lead.profiled": _profiled,
        "lead.behaved": _all("kind", "subject"),
        "lead.touched": _touched,
        "lead.disposed": _disposed,
        "lead.owned": _all("source", "owner"),
        "lead.dealt": _dealt,
        "lead.consented": _all("purpose"),
        "lead.reassigned_by_hand": lambda said, actor: (actor, said["owner"]),
        "identity.conflicted": _all("source", "key", "other"),
        "key.parked": _all("consumer", "reason"),
        "key.unparked": _all("consumer", "records"),
        "engagement.opened": _by_version("number"),
        "lead.qualified": _by_version(),
        "lead.accepted": _all(),
        "engagement.closed": _all("outcome", "reason"),
        "command.refused": _all("says"),
        "lead.assigned": _all("owner", "team", "by", "previous"),
        "lead.queued": _all("team", "queue"),
        "clock.started": _started,
        "clock.moved": _all("kind"),
        "clock.warned": _all("kind", "percent"),
        "clock.judged": _all("says"),
        "attempt.counted": _all("calls", "emails", "socials"),
        "lead.escalated": _all("to", "step"),
    }
)
"""Of each type of event that a lead's time line shows, what its sentence is about."""


def projected(topic: str, event: Told) -> Row | None:
    """The row that an event makes; None where another topic tells it, or its trouble is another consumer's."""
    envelope, said, writer = event.envelope, event.said, WRITER.get(topic)
    notice = event.type in NOTICES
    if topic != LEADS.name and (said["consumer"] != writer if notice else event.type not in OWN[topic]):
        return None
    if event.type not in FACTS:
        return None
    times = envelope.occurred_at, envelope.received_at, envelope.recorded_at
    told = envelope.id, event.type, *times, envelope.actor.id, envelope.actor.kind.value, envelope.lane.value
    facts = [str(fact) for fact in FACTS[event.type](said, envelope.actor.id) if fact not in (None, "")]
    return spoken(f"told_{topic}", (envelope.lead, envelope.lead_version), told, facts)


def held(table: str, columns: Mapping[str, Any]) -> Row:
    """A row as a table has it."""
    *names, says = COLUMNS
    return spoken(table, [columns[name] for name in KEYS], [columns[name] for name in names], columns[says])
