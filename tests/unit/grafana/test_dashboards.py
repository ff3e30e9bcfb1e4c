"""The committed dashboards are those that the panel list and the catalogues make; alarms ask for what is counted."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from leadpact.grafana import operations, sources, wall
from leadpact.grafana.writing import rendered
from leadpact.kit.meter import READY
from leadpact.kit.metrics import Counter, Gauge, Histogram
from leadpact.reporting.domain.panels import PANELS

HERE = Path(__file__).parents[3] / "deploy" / "grafana"
METRIC = re.compile(r"(leadpact_\w+)(?:\{([^}]*)\})?")
LABEL = re.compile(r"(\w+)=")
ROW = re.compile(r"^\| `([A-Z]\w+)` \| `", re.MULTILINE)
AGAIN = "write them again: python -m leadpact.grafana --out deploy/grafana/dashboards"


def panels(name: str) -> list[dict[str, Any]]:
    return [panel for panel in json.loads(rendered()[name])["panels"] if panel["type"] != "row"]


@pytest.mark.parametrize("name", ["wall.json", "operations.json"])
def test_the_committed_dashboard_is_current(name: str) -> None:
    assert (HERE / "dashboards" / name).read_text() == rendered()[name], AGAIN


def test_the_wall_has_the_pages_panels_on_the_same_places() -> None:
    places = {panel["title"]: panel["gridPos"] for panel in panels("wall.json")}
    assert places == {
        panel.title: {"x": panel.place.x, "y": panel.place.y, "w": panel.place.w, "h": panel.place.h}
        for panel in PANELS
    }


def test_now_is_the_end_of_the_dashboards_time() -> None:
    texts = [panel["targets"][0]["rawSql"] for panel in panels("wall.json")]
    assert not [text for text in texts if ":now" in text or "$1" in text]
    assert sum(wall.NOW in text for text in texts) >= 9


def test_every_metric_is_plotted_or_marked_internal() -> None:
    plotted = " ".join(target["expr"] for panel in panels("operations.json") for target in panel["targets"])
    declared = [metric for catalogue in operations.CATALOGUES.values() for metric in catalogue]
    missing = [one.name for one in declared if one.name not in plotted and one not in operations.INTERNAL]
    assert len(declared) > 15
    assert missing == []
    assert set(operations.INTERNAL) <= set(declared)


def test_every_service_with_metrics_is_on_the_dashboard() -> None:
    root = HERE.parents[1]
    written = {path.parent.name for path in root.glob("services/*/src/leadpact/*/metrics.py")}
    assert written == {"intake", "qualifier", "reporting", "sla_monitor"}
    assert len(operations.CATALOGUES) == len(written) + 1  # and the kit's own


def test_what_is_plotted_of_each_kind_of_metric() -> None:
    counter = Counter("leadpact_things", "Things.", ("kind",))
    assert operations.expressions(counter) == {
        "{{kind}}": "sum by (kind) (rate(leadpact_things_total[$__rate_interval]))"
    }
    assert operations.expressions(Gauge("leadpact_now", "Now.")) == {"now": "max by () (leadpact_now)"}
    assert operations.expressions(READY) == {"{{gate}}": "min by (gate) (leadpact_ready)"}, "who is not, is seen"
    spread = operations.expressions(Histogram("leadpact_x_seconds", "X."))
    assert spread["p99"] == "histogram_quantile(0.99, sum by (le) (rate(leadpact_x_seconds_bucket[$__rate_interval])))"


def test_the_provisioned_sources_are_those_the_dashboards_ask() -> None:
    provisioned = yaml.safe_load((HERE / "provisioning" / "datasources" / "leadpact.yaml").read_text())
    asked = {panel["datasource"]["uid"] for name in rendered() for panel in panels(name)}
    assert {source["uid"] for source in provisioned["datasources"]} == asked
    assert asked == {sources.POSTGRES_UID, sources.PROMETHEUS_UID}
    kinds = {source["uid"]: source["type"] for source in provisioned["datasources"]}
    assert kinds[sources.POSTGRES_UID] == sources.POSTGRES_TYPE


def test_prometheus_asks_every_process() -> None:
    config = yaml.safe_load((HERE / "prometheus.yml").read_text())
    (job,) = config["scrape_configs"]
    assert {each["labels"]["process"] for each in job["static_configs"]} == {
        "web",
        "intake-1",
        "qualifier-1",
        "sla-monitor-1",
        "reporting-1",
    }


def rules() -> list[dict[str, Any]]:
    (group,) = yaml.safe_load((HERE / "alarms.yml").read_text())["groups"]
    return list(group["rules"])


def test_prometheus_and_its_container_are_given_the_alarms() -> None:
    assert yaml.safe_load((HERE / "prometheus.yml").read_text())["rule_files"] == ["alarms.yml"]
    mounted = yaml.safe_load((HERE / "compose.yml").read_text())["services"]["prometheus"]["volumes"]
    assert {volume.split(":")[0] for volume in mounted} == {
        "./deploy/grafana/prometheus.yml",
        "./deploy/grafana/alarms.yml",
    }


def test_alarms_ask_for_metrics_and_labels_that_are_declared() -> None:
    declared = {metric.name: metric for catalogue in operations.CATALOGUES.values() for metric in catalogue}
    endings = {Counter: "_total", Gauge: "", Histogram: "_bucket"}
    known = {f"{name}{endings[type(metric)]}": set(metric.labels) for name, metric in declared.items()}
    asked = [match for rule in rules() for match in METRIC.findall(rule["expr"])]
    assert len(asked) > 15
    for name, selector in asked:
        assert name in known
        assert set(LABEL.findall(selector)) <= known[name]


def test_the_runbook_says_of_each_alarm_what_to_do() -> None:
    told = ROW.findall((HERE.parents[1] / "docs" / "runbook.md").read_text())
    assert sorted(told) == sorted(rule["alert"] for rule in rules())


def test_of_each_alarm_stands_what_it_means_what_to_do_and_where_it_was_brought_about() -> None:
    lines = (HERE.parents[1] / "docs" / "runbook.md").read_text().splitlines()
    rows = [line.strip("|").split("|") for line in lines if any(f"| `{rule['alert']}` |" in line for rule in rules())]
    assert len(rows) == len(list(rules()))
    assert [row for row in rows if len(row) != 5 or not all(cell.strip() for cell in row)] == []
