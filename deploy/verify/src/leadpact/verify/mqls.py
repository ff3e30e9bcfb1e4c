"""Check 6: what the qualifier said of a lead is what the rules say of its facts."""

from datetime import datetime
from typing import Any

from leadpact.contracts.topics import LEADS, QUALIFICATION
from leadpact.verify.findings import Check, Findings
from leadpact.verify.judging.force import Rules
from leadpact.verify.judging.lead import Judged, judge
from leadpact.verify.stories import Story, Told
from leadpact.verify.wire import NOTICES, OWN, micros

REVISION = 1
"""The revision of the qualifier's decisions that these rules are; events of another one are counted, not judged."""


def qualified(story: Story, rules: Rules, until: datetime, found: Findings) -> Judged | None:
    """Judge a lead again and compare; None where it cannot be compared: it was set aside, or decided by other rules."""
    said = [event for event in story.told[QUALIFICATION.name] if event.type in OWN[QUALIFICATION.name]]
    revisions = [event.envelope.revision for event in said]
    again = not story.troubled and set(revisions) <= {REVISION}
    found.decided("qualifier", revisions, again=again)
    if not again:
        found.count("leads not judged again")
        return None
    facts = [event for event in story.told[LEADS.name] if event.type not in NOTICES]
    made = judge(story.lead, facts, rules, until)
    found.count("leads judged again")
    where = f"lead {story.lead}"
    for number, (type_, wanted) in enumerate(made.says):
        if number >= len(said):
            found.violated(Check.MQLS, where, f"{type_} is missing: {_shown(wanted)}")
            continue
        event = said[number]
        told = _told(event)
        if event.type != type_ or any(told.get(name) != value for name, value in wanted.items()):
            differs = {name: told.get(name) for name in wanted if told.get(name) != wanted[name]}
            says = f"{event.type} says {_shown(differs)}, the rules {type_} {_shown({n: wanted[n] for n in differs})}"
            found.violated(Check.MQLS, f"{where}, {event.envelope.id}", says)
            return made
    for event in said[len(made.says) :]:
        found.violated(Check.MQLS, f"{where}, {event.envelope.id}", f"{event.type} does not follow from the rules")
    return made


def _told(event: Told) -> dict[str, Any]:
    said: dict[str, Any] = {
        "product_line": None,
        "reason": None,
        **event.said,
        "at": micros(event.envelope.occurred_at),
    }
    explanation = said.get("explanation")
    if explanation is not None:
        said["criteria"] = [(each["id"], each["result"]) for each in explanation["criteria"]]
        if micros(datetime.fromisoformat(explanation["as_of"])) != said["at"]:
            said["at"] = f"explained as of {explanation['as_of']}"
        if datetime.fromisoformat(said["recognised_at"]) != event.envelope.recorded_at:
            said["at"] = f"recognised at {said['recognised_at']}, recorded at {event.envelope.recorded_at.isoformat()}"
    return said


def _shown(said: dict[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in said.items())
