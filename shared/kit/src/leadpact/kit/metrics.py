"""Metrics are declared before they are counted, counted in plain dictionaries, and put into words when somebody asks.

So counting costs an addition, and a dashboard or a test can read the catalogue. One event loop counts and exposes.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import accumulate

from prometheus_client import CollectorRegistry, GCCollector, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.registry import Collector

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


@dataclass(frozen=True, eq=False, slots=True)
class Counter:
    """How often something happened since the process started; exposed as `name`_total."""

    name: str
    says: str
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False, slots=True)
class Gauge:
    """How something stands now."""

    name: str
    says: str
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False, slots=True)
class Histogram:
    """How something is spread; `buckets` are upper bounds, included, in the unit that the name says."""

    name: str
    says: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = SECONDS


Metric = Counter | Gauge | Histogram
_Family = CounterMetricFamily | GaugeMetricFamily | HistogramMetricFamily


@dataclass(slots=True)
class _Spread:
    counts: list[int]
    total: float = 0.0


class Metrics(Collector):
    """The numbers of one process. A metric that was not declared raises `KeyError`, wrong labels `ValueError`."""

    def __init__(self, *catalogue: Metric) -> None:
        self._numbers: dict[Counter | Gauge, dict[tuple[str, ...], float]] = {}
        self._spreads: dict[Histogram, dict[tuple[str, ...], _Spread]] = {}
        self._registry = CollectorRegistry()
        self.declare(*catalogue)
        self._registry.register(self)
        ProcessCollector(registry=self._registry)
        GCCollector(registry=self._registry)

    def declare(self, *catalogue: Metric) -> None:
        """Add metrics; those without labels stand at 0 from here on. What is declared already stays as it stands.

        Another metric of the same name raises `ValueError`.
        """
        for metric in catalogue:
            if metric in self._numbers or metric in self._spreads:
                continue
            if any(metric.name == known.name for known in (*self._numbers, *self._spreads)):
                raise ValueError(f"the metric {metric.name} is declared twice")
            if isinstance(metric, Histogram):
                self._spreads[metric] = {}
            else:
                self._numbers[metric] = {} if metric.labels else {(): 0.0}

    def count(self, metric: Counter, *labels: str, by: float = 1) -> None:
        """Add to a counter."""
        row = self._numbers[metric]
        if labels not in row:
            _check(metric, labels)
        row[labels] = row.get(labels, 0.0) + by

    def counted(self, metric: Counter, *labels: str) -> float:
        """What a counter stands at."""
        return self._numbers[metric].get(labels, 0.0)

    def set(self, metric: Gauge, value: float, *labels: str) -> None:
        """Say how a gauge stands."""
        row = self._numbers[metric]
        if labels not in row:
            _check(metric, labels)
        row[labels] = value

    def clear(self, metric: Gauge) -> None:
        """Forget a gauge's labels that may no longer exist, before they are set anew."""
        self._numbers[metric].clear()

    def observe(self, metric: Histogram, value: float, *labels: str) -> None:
        """Add one value to a histogram."""
        row = self._spreads[metric]
        if (spread := row.get(labels)) is None:
            _check(metric, labels)
            spread = row[labels] = _Spread([0] * (len(metric.buckets) + 1))
        spread.counts[bisect_left(metric.buckets, value)] += 1
        spread.total += value

    def collect(self) -> Iterable[_Family]:
        """Every declared metric with its numbers, as Prometheus' families."""
        yield from self._counted()
        yield from self._spread()

    def expose(self) -> bytes:
        """Everything in Prometheus' text format, with figures of process and garbage collector."""
        return generate_latest(self._registry)

    def _counted(self) -> Iterator[_Family]:
        for metric, numbers in self._numbers.items():
            kind = CounterMetricFamily if isinstance(metric, Counter) else GaugeMetricFamily
            family = kind(metric.name, metric.says, labels=metric.labels)
            for labels, number in numbers.items():
                family.add_metric(labels, number)
            yield family

    def _spread(self) -> Iterator[_Family]:
        for metric, spreads in self._spreads.items():
            family = HistogramMetricFamily(metric.name, metric.says, labels=metric.labels)
            bounds = [*map(str, metric.buckets), "+Inf"]
            for labels, spread in spreads.items():
                upto = zip(bounds, accumulate(spread.counts), strict=True)
                family.add_metric(labels, buckets=[(bound, float(n)) for bound, n in upto], sum_value=spread.total)
            yield family


def _check(metric: Metric, labels: tuple[str, ...]) -> None:
    if len(labels) != len(metric.labels):
        raise ValueError(f"{metric.name} has the labels {metric.labels}, not {labels}")
