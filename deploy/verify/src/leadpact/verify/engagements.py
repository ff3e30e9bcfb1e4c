"""Check 5: a lead has one open engagement per product line at most; openings and closings alternate (rule 44)."""

from dataclasses import dataclass

from leadpact.contracts.topics import QUALIFICATION
from leadpact.verify.findings import Check, Findings
from leadpact.verify.stories import Story, Told


@dataclass(slots=True)
class _Run:
    line: str | None
    opened: Told
    qualified: int = 0
    accepted: bool = False
    closed: bool = False


def engaged(story: Story, found: Findings) -> None:
    """Follow one lead's engagements."""
    runs: dict[str, _Run] = {}
    for event in story.told[QUALIFICATION.name]:
        where = f"lead {story.lead}, {event.type} {event.envelope.id}"
        for says in _wrong(runs, event):
            found.violated(Check.ENGAGEMENTS, where, says)
    for id_, run in runs.items():
        if run.qualified != 1:
            says = f"it was opened with {run.qualified} qualifications"
            found.violated(Check.ENGAGEMENTS, f"lead {story.lead}, engagement {id_}", says)
    found.count("engagements", len(runs))
    found.count("open engagements", sum(not run.closed for run in runs.values()))


def _wrong(runs: dict[str, _Run], event: Told) -> list[str]:
    """What is wrong with an event after these runs; they take it in."""
    if event.type == "engagement.opened":
        return _opened(runs, event)
    if event.type not in {"lead.qualified", "lead.accepted", "engagement.closed"}:
        return []
    run = runs.get(event.said["engagement"])
    if run is None:
        return ["its engagement was never opened"]
    wrong = ["its engagement is closed already"] if run.closed else []
    if event.envelope.occurred_at < run.opened.envelope.occurred_at:
        wrong.append("it is from before its engagement opened")
    match event.type:
        case "lead.qualified":
            run.qualified += 1
            if run.opened.envelope.lead_version + 1 != event.envelope.lead_version:
                wrong.append("it does not come with its engagement's opening")
        case "lead.accepted":
            wrong += ["sales accepted it already"] if run.accepted else []
            run.accepted = True
        case _:
            run.closed = True
    return wrong


def _opened(runs: dict[str, _Run], event: Told) -> list[str]:
    id_, line = event.said["engagement"], event.said.get("product_line")
    wrong = []
    if id_ in runs:
        wrong.append(f"engagement {id_} was opened before")
    if any(run.line == line and not run.closed for run in runs.values()):
        wrong.append(f"another engagement of product line {line} is still open")
    if event.said["number"] != len(runs) + 1:
        wrong.append(f"it calls itself number {event.said['number']} of {len(runs) + 1}")
    runs[id_] = _Run(line, event)
    return wrong
