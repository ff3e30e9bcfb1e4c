"""Prometheus itself says when each alarm fires, by figures of the table in `alarming`, and that no other does then.

What it is asked is made of the table, as files for `promtool`.
"""

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from leadpact.testkit.prometheus import program
from tests.unit.grafana.alarming import ALARMS, STEP, Alarm, Figures

SHIPPED = Path(__file__).parents[3] / "deploy" / "grafana"
RULES: dict[str, dict[str, Any]] = {
    rule["alert"]: rule for rule in yaml.safe_load((SHIPPED / "alarms.yml").read_text())["groups"][0]["rules"]
}
LABEL = re.compile(r'(\w+)="([^"]*)"')
UNITS = {"s": 1, "m": 60}
ENOUGH = 300
"""Seconds for which silence is looked at, besides."""


@pytest.fixture(scope="session")
def promtool() -> str:
    """Prometheus's own tool."""
    return program("promtool")


def test_what_is_shipped_is_what_prometheus_reads(promtool: str) -> None:
    for kind, file in (("rules", "alarms.yml"), ("config", "prometheus.yml")):
        done = subprocess.run([promtool, "check", kind, SHIPPED / file], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


def test_each_alarm_has_figures_that_bring_it_about_and_figures_that_do_not() -> None:
    assert ALARMS.keys() == RULES.keys()
    assert all(alarm.fires and alarm.quiet for alarm in ALARMS.values())


def test_each_alarm_fires_when_its_time_is_up_and_not_before_and_alone(promtool: str, tmp_path: Path) -> None:
    wanted = [_firing(name, alarm, figures) for name, alarm in ALARMS.items() for figures in alarm.fires]
    _prove(promtool, tmp_path, wanted)


def test_no_alarm_fires_where_there_is_no_reason(promtool: str, tmp_path: Path) -> None:
    wanted = [_silent(name, figures) for name, alarm in ALARMS.items() for figures in alarm.quiet]
    _prove(promtool, tmp_path, wanted)


def _firing(name: str, alarm: Alarm, figures: Figures) -> dict[str, Any]:
    """At its second it fires, at the scrape before it does not, and no other does then."""
    at = figures.begins + _lasts(name)
    labels = dict(LABEL.findall(next(iter(figures.series))))
    labels.pop("le", None)
    told = {"exp_labels": labels, "exp_annotations": {"summary": alarm.says}}
    return _group(
        figures,
        [
            {"alertname": name, "eval_time": f"{at - STEP}s", "exp_alerts": []},
            {"alertname": name, "eval_time": f"{at}s", "exp_alerts": [told]},
            *({"alertname": other, "eval_time": f"{at}s", "exp_alerts": []} for other in RULES if other != name),
        ],
    )


def _silent(name: str, figures: Figures) -> dict[str, Any]:
    """At no evaluation it fires, also when its time would be up."""
    end = figures.begins + _lasts(name) + ENOUGH
    return _group(
        figures,
        [{"alertname": name, "eval_time": f"{at}s", "exp_alerts": []} for at in range(figures.begins, end, STEP)],
    )


def _group(figures: Figures, asked: list[dict[str, Any]]) -> dict[str, Any]:
    series = [{"series": name, "values": values} for name, values in figures.series.items()]
    return {"interval": f"{STEP}s", "input_series": series, "alert_rule_test": asked}


def _lasts(name: str) -> int:
    """Seconds that a reason must last."""
    said = RULES[name].get("for", "0s")
    return int(said[:-1]) * UNITS[said[-1]]


def _prove(promtool: str, place: Path, groups: list[dict[str, Any]]) -> None:
    file = place / "figures.yml"
    told = {"rule_files": [str(SHIPPED / "alarms.yml")], "evaluation_interval": f"{STEP}s", "tests": groups}
    file.write_text(yaml.safe_dump(told))
    done = subprocess.run([promtool, "test", "rules", file], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
