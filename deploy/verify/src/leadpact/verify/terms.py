"""Check 9 for what control records make: agreements with their terms and calendars, reps, lanes of history."""

from collections.abc import Iterable
from typing import Any

from leadpact.verify.judging.days import days, openings
from leadpact.verify.shelves import Row, row
from leadpact.verify.stories import Told


def projected(controls: Iterable[Told]) -> list[Row]:
    """What the tables must hold of control records in their order; of a rep the last word stands, else the first."""
    kept: dict[tuple[str, str], Row] = {}
    for record in controls:
        for made in _rows(record):
            of = made.shelf, made.key
            kept[of] = made if made.shelf == "rep" else kept.get(of, made)
    return list(kept.values())


def _rows(record: Told) -> list[Row]:
    said, envelope = record.said, record.envelope
    match record.type:
        case "agreement.in_force":
            return _agreement(record)
        case "agreement.retired":
            return [row("retirement", [said["agreement"], said["version"]], [envelope.occurred_at])]
        case "roster.changed":
            return [row("rep", [rep["id"]], [rep["name"], said["team"], said["control"]]) for rep in said["reps"]]
        case "backfill.opened":
            return [row("backfill", [said["lane"], said["control"]], [])]
        case "backfill.closed":
            return [row("backfill_end", [said["lane"], said["control"]], [envelope.mark])]
        case _:
            return []


def _agreement(record: Told) -> list[Row]:
    said: dict[str, Any] = record.said["agreement"]
    version, cadence = (said["id"], said["version"]), said["cadence"]
    told = record.said["control"], said["name"], record.said["hash"]
    target = said["zone"], said["priority"], said["target_per_month"], record.envelope.occurred_at
    counts = (cadence[kind] for kind in ("calls", "emails", "socials"))
    return [
        row("agreement", version, [*told, *target, *counts]),
        *(row("pledge", [*version, each["channel"]], [each["at_least_percent"]]) for each in said.get("pledges", ())),
        *(row("reason", [*version, each["id"]], [each["says"]]) for each in said["reasons"]),
        *(row("agreement_day", [*version, day], told) for day, *told in days(said["calendar"])),
        *(row("opening", [*version, opens], told) for opens, *told in openings(said["calendar"])),
    ]
