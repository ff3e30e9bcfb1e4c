"""The headline figures as gauges, set from the wall's latest look."""

from leadpact.kit.metrics import Counter, Gauge, Histogram, Metrics
from leadpact.reporting.wall import Wall

BREACHES = Gauge("leadpact_breaches_open", "Missed promises that still wait for somebody, by kind.", ("kind",))
ABOUT = Gauge("leadpact_about_to_breach", "Running promises of which the agreed warning was given.")
SHARE = Gauge("leadpact_first_response_share", "Share of first responses within SLA, by span.", ("span",))
PROMISES = Gauge("leadpact_first_response_promises", "How many promises that share rests on, by span.", ("span",))
MQLS = Gauge("leadpact_mqls_month", "People who became MQL this month, each once.")
PACE = Gauge("leadpact_mqls_pace", "MQLs that the target asks for by now.")
TARGET = Gauge("leadpact_mqls_target", "MQLs that the target asks for by the end of the month.")
BEHIND = Gauge("leadpact_reports_behind_seconds", "Age of the smallest mark of the read models, on the business clock.")
PARKED = Gauge("leadpact_parked_leads", "Leads set aside because our code failed on a record of theirs.")
LOOK = Histogram("leadpact_wall_look_seconds", "Time it took to ask all panels.")
VIEWERS = Gauge("leadpact_wall_viewers", "Browsers that watch the wall.")
LOOKS = Counter("leadpact_wall_looks", "How often the panels were asked.")

CATALOGUE = (BREACHES, ABOUT, SHARE, PROMISES, MQLS, PACE, TARGET, BEHIND, PARKED, LOOK, VIEWERS, LOOKS)


def headlines(metrics: Metrics, wall: Wall, seconds: float) -> None:
    """Set the gauges; a figure that does not exist yet is left out, not zero."""
    metrics.count(LOOKS)
    metrics.observe(LOOK, seconds)
    for gauge in (SHARE, PROMISES):
        metrics.clear(gauge)
    for kind in ("routing", "first_response", "cadence"):
        metrics.set(BREACHES, _value(wall, "breaches_open", kind) or 0, kind)
    metrics.set(ABOUT, _value(wall, "about_to_breach", "n") or 0)
    metrics.set(PARKED, _value(wall, "freshness", "parked") or 0)
    for span in ("today", "month"):
        if (share := _value(wall, f"first_response_{span}", "share")) is not None:
            metrics.set(SHARE, share, span)
            metrics.set(PROMISES, _value(wall, f"first_response_{span}", "n") or 0, span)
    for gauge, column in ((MQLS, "mqls"), (PACE, "pace"), (TARGET, "target")):
        metrics.clear(gauge)
        if (value := _value(wall, "mqls_now", column)) is not None:
            metrics.set(gauge, value)
    metrics.clear(BEHIND)
    if wall.behind_seconds is not None:
        metrics.set(BEHIND, wall.behind_seconds)


def _value(wall: Wall, panel: str, column: str) -> float | None:
    """A column of a panel's first row."""
    shown = wall.panels[panel]
    if not shown.rows:
        return None
    value = shown.rows[0][shown.columns.index(column)]
    return None if value is None else float(value)
