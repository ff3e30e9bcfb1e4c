"""What the dashboard plots and what alarms ask for, held against a Prometheus that has asked a real installation."""

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import yaml

from leadpact.testkit.prometheus import Prometheus

SHIPPED = Path(__file__).parents[3] / "deploy" / "grafana"
RARE = {
    "leadpact_happened_total",  # nothing went wrong
    "leadpact_intake_ignored_fields_total",  # the story's senders say nothing that nobody hears
    "leadpact_effects_total",  # no mail server
    "leadpact_effect_seconds_bucket",
}
"""What a demo may end without having counted."""
_METRIC = re.compile(r"\bleadpact_\w+|\bup\b")
_BY = re.compile(r"by \(([^)]*)\)")
_SPAN = "20s"
"""In the place of what Grafana makes of the time between two scrapes."""


def rates(asked: Prometheus) -> bool:
    """Whether enough was scraped for what is counted per second."""
    return bool(asked.query(f"rate(leadpact_records_total[{_SPAN}]) > 0"))


def not_declared(asked: Prometheus) -> set[str]:
    """What panels and alarms name and no process's page does."""
    return {_family(name) for each in (*panels(), *alarms()) for name in _METRIC.findall(each)} - asked.metrics()


def not_counted(asked: Prometheus) -> set[str]:
    """Metrics that panels plot and that have no figure so far."""
    return {_metric(each) for each in panels()} - asked.values("__name__")


def not_drawn(asked: Prometheus) -> list[str]:
    """Panels that show nothing though there are figures of their metric, or lack one of their labels."""
    counted = asked.values("__name__")
    return [each for each in panels() if _metric(each) in counted and not _drawn(asked, each)]


def not_evaluated(asked: Prometheus) -> list[str]:
    """Alarms that Prometheus cannot evaluate."""
    return [each for each in alarms() if asked.query(each) is None] + asked.troubles()


@cache
def panels() -> tuple[str, ...]:
    """The expressions of all panels, with a span filled in as Grafana does."""
    board = json.loads((SHIPPED / "dashboards" / "operations.json").read_text())
    asked = (target["expr"] for panel in board["panels"] for target in panel.get("targets", ()))
    return tuple(each.replace("$__rate_interval", _SPAN) for each in asked)


@cache
def alarms() -> tuple[str, ...]:
    """The expressions of all alarms."""
    return tuple(rule["expr"] for rule in yaml.safe_load((SHIPPED / "alarms.yml").read_text())["groups"][0]["rules"])


def _drawn(asked: Prometheus, panel: str) -> bool:
    labels = set(_labels(panel))
    lines = asked.query(panel)
    return bool(lines) and all(line["metric"].keys() == labels for line in lines)


def _labels(panel: str) -> Iterator[str]:
    for each in _BY.findall(panel):
        yield from (label for label in each.split(", ") if label not in {"", "le"})


def _metric(panel: str) -> str:
    (name,) = _METRIC.findall(panel)
    return str(name)


def _family(name: str) -> str:
    return name.removesuffix("_bucket")
