"""What came of the story, as the read models tell it, beside what its writers said would come of it."""

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from leadpact.demo.story import Expectation, Lead, Story

NOTHING = "none"
ALL = "all"


@dataclass(frozen=True, slots=True)
class Comparison:
    """One thing that was said of a lead, and what was found."""

    lead: str
    what: str
    expected: str
    found: str

    @property
    def agrees(self) -> bool:
        """Whether it came as it was said."""
        return self.expected == self.found


def compare(story: Story, lead: Lead, told: Collection[dict[str, Any]]) -> list[Comparison]:
    """Everything the script says of a lead, and every promise it does not name; `told` is what `/v1/reports/leads/{id}`
    gives of each lead that has this person's campaign."""
    if len(told) != 1:
        return [Comparison(lead.id, "leads", "1", str(len(told)))]
    (one,) = told
    found = dict(_found(story, one["engagements"]))
    kept, said = _kept(one["engagements"]), _promised(lead.expect)
    return [
        *(Comparison(lead.id, what, wanted, found.get(what, NOTHING)) for what, wanted in _said(lead.expect)),
        *(Comparison(lead.id, what, said.get(what, NOTHING), kept.get(what, NOTHING)) for what in {**said, **kept}),
    ]


def altogether(story: Story, told: Collection[dict[str, Any]]) -> list[Comparison]:
    """That nobody and nothing came of it but what the script says; `told` is the same of each lead since its begin."""
    mqls = sum(run["recognised_at"] is not None for one in told for run in one["engagements"])
    said = sum(lead.expect.mql for lead in story.leads)
    return [
        Comparison(ALL, "leads", str(len(story.leads)), str(len(told))),
        Comparison(ALL, "mqls", str(said), str(mqls)),
    ]


def _said(expect: Expectation) -> Iterator[tuple[str, str]]:
    yield "mql", "once" if expect.mql else "never"
    if expect.mql_at is not None:
        yield "mql_at", expect.mql_at
    if expect.sql is not None:
        yield "sql", "yes" if expect.sql else "no"
    if expect.mql:
        yield "rejected", expect.rejected or "no"
        yield "recycled", "yes" if expect.recycled else "no"
        yield "away", "none owned it"


def _found(story: Story, engagements: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    recognised = [run for run in engagements if run["recognised_at"] is not None]
    yield "mql", {0: "never", 1: "once"}.get(len(recognised), f"{len(recognised)} times")
    if not recognised:
        return
    run = recognised[-1]
    local = datetime.fromisoformat(run["recognised_at"]).astimezone(ZoneInfo(story.zone))
    yield "mql_at", f"{local:%a %H:%M}"
    yield "sql", "yes" if run["accepted_at"] else "no"
    yield "rejected", (run["reason"] or "for no reason") if run["outcome"] == "rejected" else "no"
    yield "recycled", "yes" if run["outcome"] == "recycled" else "no"
    away = {rep.name for rep in story.reps if rep.id in story.never_owner}
    owned = {run["owner"], *(clock["owner"] for clock in run["clocks"])} & away
    yield "away", f"{', '.join(sorted(owned))} did" if owned else "none owned it"


def _promised(expect: Expectation) -> dict[str, str]:
    """The verdict of each promise that the script says somebody owed."""
    said = ((what, getattr(expect, what)) for what in ("routing", "first_response", "reply", "cadence"))
    return {what: verdict for what, verdict in said if verdict is not None}


def _kept(engagements: list[dict[str, Any]]) -> dict[str, str]:
    """Every verdict of a lead by what was promised, those of one promise in the order of the alphabet."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for run in engagements:
        for clock in run["clocks"]:
            found[_promise(clock)].append(clock["standing"])
    return {what: ", ".join(sorted(standings)) for what, standings in found.items()}


def _promise(clock: dict[str, Any]) -> str:
    kind = "reply" if clock["replies_to"] else clock["kind"]
    return f"{kind}, renewed" if clock["renews"] else str(kind)
