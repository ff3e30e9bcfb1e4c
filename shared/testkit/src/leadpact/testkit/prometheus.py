"""The machine's Prometheus, for tests: it asks the processes it is told, and evaluates the alarms that are shipped."""

from __future__ import annotations

import shutil
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx
import yaml

from leadpact.embedded.places import free_port
from leadpact.testkit.infra import missing

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path


def found(name: str) -> str | None:
    """Where the machine has one of Prometheus's programs, if it has."""
    return shutil.which(name)


def program(name: str) -> str:
    """Where `prometheus` or `promtool` is; where it is missing, the test fails in CI and is skipped elsewhere."""
    return found(name) or missing(f"no {name} here: what Prometheus makes of alarms and panels was NOT tested")


@dataclass(frozen=True, slots=True)
class Prometheus:
    """One that runs, asked over HTTP."""

    url: str

    def query(self, expression: str) -> list[dict[str, Any]]:
        """The series of an expression now; one that cannot be evaluated fails the test."""
        return list(self._asked("query", query=expression)["result"])

    def values(self, label: str, **of: str) -> set[str]:
        """The values that a label has had; `__name__` for the metrics that have samples."""
        return set(self._asked(f"label/{label}/values", **of))

    def metrics(self) -> set[str]:
        """The metrics that the pages declare, with figures or without, and Prometheus's own `up`."""
        return {"up", *self._asked("metadata")}

    def alarms(self) -> dict[str, str]:
        """The alarms that are pending or firing, with their summaries."""
        told = self._asked("alerts")["alerts"]
        return {alert["labels"]["alertname"]: alert["annotations"]["summary"] for alert in told}

    def answers(self) -> bool:
        """Whether it has asked every process, with success, and evaluated every alarm."""
        try:
            targets = self._asked("targets")["activeTargets"]
            rules = self._rules()
        except httpx.TransportError:
            return False
        return all(each["health"] == "up" for each in targets) and all(rule["health"] != "unknown" for rule in rules)

    def troubles(self) -> list[str]:
        """What it says of alarms that it could not evaluate."""
        return [f"{rule['name']}: {rule['lastError']}" for rule in self._rules() if rule["health"] != "ok"]

    def _rules(self) -> list[dict[str, Any]]:
        return [rule for group in self._asked("rules")["groups"] for rule in group["rules"]]

    def _asked(self, what: str, **parameters: str) -> Any:  # noqa: ANN401 - JSON
        answer = httpx.get(f"{self.url}/api/v1/{what}", params=parameters, timeout=30)
        assert answer.is_success, f"{parameters}: {answer.text}"
        return answer.json()["data"]


@contextmanager
def prometheus(shipped: Path, place: Path, pages: Mapping[str, str]) -> Iterator[Prometheus]:
    """It runs with the configuration in `shipped`, but asks each second, and asks `pages`: process to address.

    Its data lie in `place`.
    """
    told = yaml.safe_load((shipped / "prometheus.yml").read_text())
    told["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
    told["rule_files"] = [str(shipped / file) for file in told["rule_files"]]
    (job,) = told["scrape_configs"]
    job["static_configs"] = [
        {"targets": [address.removeprefix("http://")], "labels": {"process": name}} for name, address in pages.items()
    ]
    place.mkdir()
    (place / "prometheus.yml").write_text(yaml.safe_dump(told))
    address = f"127.0.0.1:{free_port()}"
    command = [
        program("prometheus"),
        f"--config.file={place / 'prometheus.yml'}",
        f"--storage.tsdb.path={place / 'data'}",
        f"--web.listen-address={address}",
    ]
    with (place / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)  # noqa: S603 - the machine's own
    try:
        yield Prometheus(f"http://{address}")
    finally:
        process.terminate()
        process.wait()
