"""Every consumer says of each event of its topics whether it hears it: a new event is silently passed over by nobody.

Python's types cannot close a `match` over what a topic may carry. So what a consumer tells apart is read from its code,
and what it leaves is written here; together they must be what the topic carries.
"""

import ast
import importlib
import inspect
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import pytest

from leadpact.contracts.carried import CARRIED
from leadpact.contracts.registry import BY_KIND, Event
from leadpact.contracts.topics import AGREEMENTS, LEADS, QUALIFICATION, SLA
from leadpact.intake.normaliser import desk, listening
from leadpact.qualifier.domain import control as agreements
from leadpact.qualifier.domain import decider, reading
from leadpact.reporting.domain import leads, qualification, sentences, sla, story
from leadpact.sla_monitor.domain import control, evolve, reacting, volume

ROOT = Path(__file__).parents[3]
AGREEING, FACTS = CARRIED[AGREEMENTS.name], CARRIED[LEADS.name]
SAID, JUDGED = CARRIED[QUALIFICATION.name], CARRIED[SLA.name]
TROUBLES = {"key.parked", "key.unparked"}
"""The kit holds what is behind them; a decider has nothing to say of them."""
UNSIGNED = {"agreement.approved", "agreement.drafted"}
UNREAD = {"identity.conflicted", "lead.consented", "lead.owned", "lead.reassigned_by_hand", "lead.touched"}
STALLS = {"intake.stalled", "source.resumed", "source.silent"}
STAFF = {"closure.declared", "leave.taken", "roster.changed"}
LANES = {"backfill.closed", "backfill.opened"}
AGREED = {"agreement.in_force", "agreement.retired"}


class Reader(NamedTuple):
    """Modules that together hear a topic's events, what may come to them, and what they leave by intention."""

    name: str
    modules: tuple[ModuleType, ...]
    comes: frozenset[str]
    leaves: AbstractSet[str]


READERS = (
    Reader("normaliser", (desk,), AGREEING, UNSIGNED),
    Reader("normaliser-feeds", (listening,), AGREEING, UNSIGNED),
    # what no definition reads moves a lead's latest instant alone
    Reader(
        "qualifier", (decider, reading, agreements), FACTS, UNREAD | TROUBLES | STALLS | STAFF | {"backfill.closed"}
    ),
    Reader("qualifier-own", (decider,), SAID - FACTS, {"command.refused"}),
    # a deal and a disposition count by what the qualifier makes of them
    Reader(
        "sla-monitor",
        (evolve, reacting, volume, control),
        SAID,
        {
            *("identity.conflicted", "lead.dealt", "lead.disposed", "lead.profiled"),
            *("backfill.closed", "command.refused", "engagement.opened", *TROUBLES),
        },
    ),
    Reader("sla-monitor-own", (evolve,), JUDGED - SAID, set()),
    # what the time line alone tells, and what concerns no lead
    Reader(
        "reporting-leads",
        (leads, story),
        FACTS,
        {
            *("lead.behaved", "lead.disposed", "closure.declared", "leave.taken", *UNREAD, *STALLS),
        },
    ),
    Reader("reporting-qualification", (qualification, story), SAID, (FACTS & SAID) - TROUBLES),
    Reader("reporting-sla", (sla, story), JUDGED, {"lead.escalated", "lead.queued", *LANES}),
    Reader("reporting-time-line", (sentences,), FACTS | SAID | JUDGED, {*AGREED, *STALLS, *STAFF, *LANES}),
)


def told_apart(module: ModuleType) -> Iterator[str]:
    """Wire names of the events in whose case a module does something of its own, where any other passes."""
    for match in ast.walk(ast.parse(inspect.getsource(module))):
        if isinstance(match, ast.Match) and ast.unparse(match.cases[-1].pattern) == "_":
            for pattern in (part for case in match.cases for part in ast.walk(case.pattern)):
                if isinstance(pattern, ast.MatchClass) and (kind := named(module, pattern.cls)):
                    yield BY_KIND[kind].name


def named(module: ModuleType, said: ast.expr) -> type[Event] | None:
    """The event that a name in a module stands for, if it is one."""
    found: object = module
    for name in ast.unparse(said).split("."):
        found = getattr(found, name, None)
    return found if isinstance(found, type) and found in BY_KIND else None


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.name)
def test_each_event_of_its_topics_is_heard_or_left_by_intention(reader: Reader) -> None:
    heard = {name for module in reader.modules for name in told_apart(module)}
    assert reader.comes - heard == reader.leaves


def test_every_module_that_tells_events_apart_is_among_them() -> None:
    found: set[ModuleType] = set()
    for path in sorted(ROOT.glob("services/*/src/leadpact/**/*.py")):
        if "match " in (text := path.read_text()) and "contracts.events" in text:
            parts = path.relative_to(next(each for each in path.parents if each.name == "src")).with_suffix("").parts
            module = importlib.import_module(".".join(parts))
            found |= {module} if any(told_apart(module)) else set()
    assert found == {module for reader in READERS for module in reader.modules}
