"""What came of the story, as the read models tell it, beside what its writers said would come of it."""

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
    """Everything the script says of a lead; `told` is what `/v1/reports/leads/{id}` gives of each lead that has this
    person's campaign."""
    if len(told) != 1:
        return [Comparison(lead.id, "leads", "1", str(len(told)))]
    (one,) = told
    found = dict(_found(story, one["engagements"]))
    return [Comparison(lead.id, what, said, found.get(what, NOTHING)) for what, said in _said(lead.expect)]


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
    for what in ("mql_at", "routing", "first_response", "reply", "cadence"):
        if (said := getattr(expect, what)) is not None:
            yield what, said
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
    for clock in run["clocks"]:
        if clock["renews"] is None:
            yield "reply" if clock["replies_to"] else clock["kind"], clock["standing"]
