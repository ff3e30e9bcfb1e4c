"""Metrics: declared, counted locally, exposed as Prometheus reads them."""

from datetime import UTC, datetime, timedelta

import pytest
from prometheus_client.parser import text_string_to_metric_families

from leadpact.kit import meter
from leadpact.kit.meter import KitMeter
from leadpact.kit.metrics import Counter, Gauge, Histogram, Metrics
from leadpact.kit.rows import Slot, Stream

SEEN = Counter("test_seen", "Things seen, by colour.", ("colour",))
PLAIN = Counter("test_plain", "Things.")
LEVEL = Gauge("test_level", "How high it stands.", ("tank",))
SPAN = Histogram("test_span_seconds", "How long it took.", ("what",), (0.1, 1.0))


def exposed(metrics: Metrics) -> dict[str, float]:
    """What Prometheus' own parser reads, as `name{labels}`."""
    return {
        sample.name + "".join(f" {key}={value}" for key, value in sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(metrics.expose().decode())
        for sample in family.samples
    }


def test_a_counter_adds_up_by_its_labels() -> None:
    metrics = Metrics(SEEN)
    metrics.count(SEEN, "red")
    metrics.count(SEEN, "red", by=4)
    metrics.count(SEEN, "blue")
    assert {"test_seen_total colour=red": 5.0, "test_seen_total colour=blue": 1.0}.items() <= exposed(metrics).items()


def test_a_counter_without_labels_stands_at_nought_before_it_counts() -> None:
    assert exposed(Metrics(PLAIN))["test_plain_total"] == 0.0


def test_a_gauge_says_what_was_set_last_and_forgets_what_was_cleared() -> None:
    metrics = Metrics(LEVEL)
    metrics.set(LEVEL, 3, "a")
    metrics.set(LEVEL, 2, "a")
    assert exposed(metrics)["test_level tank=a"] == 2.0
    metrics.clear(LEVEL)
    assert "test_level tank=a" not in exposed(metrics)


def test_a_histogram_counts_upwards_through_its_buckets_bounds_included() -> None:
    metrics = Metrics(SPAN)
    for value in (0.05, 0.1, 0.5, 7.0):
        metrics.observe(SPAN, value, "x")
    assert {
        "test_span_seconds_bucket le=0.1 what=x": 2.0,
        "test_span_seconds_bucket le=1.0 what=x": 3.0,
        "test_span_seconds_bucket le=+Inf what=x": 4.0,
        "test_span_seconds_count what=x": 4.0,
        "test_span_seconds_sum what=x": 7.65,
    }.items() <= exposed(metrics).items()


def test_each_metric_carries_its_sentence() -> None:
    assert "# HELP test_seen_total Things seen, by colour." in Metrics(SEEN).expose().decode()


def test_what_was_not_declared_cannot_be_counted() -> None:
    with pytest.raises(KeyError):
        Metrics(SEEN).count(PLAIN)


def test_a_name_is_declared_once() -> None:
    with pytest.raises(ValueError, match="test_seen is declared twice"):
        Metrics(SEEN, Counter("test_seen", "Something else."))


def test_what_is_declared_again_keeps_its_numbers() -> None:
    metrics = Metrics(SEEN, PLAIN)
    metrics.count(SEEN, "red")
    metrics.declare(SEEN, PLAIN)
    assert exposed(metrics)["test_seen_total colour=red"] == 1


@pytest.mark.parametrize("labels", [(), ("red", "big")])
def test_labels_must_be_those_of_the_metric(labels: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="test_seen has the labels"):
        Metrics(SEEN).count(SEEN, *labels)


def test_the_kit_counts_its_turns() -> None:
    metrics = Metrics(*meter.CATALOGUE)
    counting = KitMeter(metrics)
    counting.handled(Slot("qualifier", 3), 500, 40, 0.02)
    counting.stands(Slot("qualifier", 3), datetime(1970, 1, 1, 0, 1, tzinfo=UTC), timedelta(seconds=2))
    counting.relayed(Stream("leads", 1), 40, 0.01)
    counting.happened(Slot("qualifier", 3), "dead_letter", 2)
    assert {
        "leadpact_records_total consumer=qualifier": 500.0,
        "leadpact_emitted_total consumer=qualifier": 40.0,
        "leadpact_turn_seconds_count consumer=qualifier": 1.0,
        "leadpact_mark_timestamp_seconds consumer=qualifier slot=3": 60.0,
        "leadpact_mark_lag_seconds consumer=qualifier slot=3": 2.0,
        "leadpact_relayed_total topic=leads": 40.0,
        "leadpact_happened_total consumer=qualifier what=dead_letter": 2.0,
    }.items() <= exposed(metrics).items()
