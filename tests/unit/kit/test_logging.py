"""Logs have no personal data by construction: whatever is thrown at them, the canary does not sing."""

import io
import json
import logging
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import structlog

from leadpact.kit.logging import FIELDS, configure
from leadpact.testkit.clock import ManualClock

NOW = datetime(2024, 3, 4, 8, 0, tzinfo=UTC)
pytestmark = pytest.mark.usefixtures("logging_of_its_own")

CANARIES = ("ann.unal@example.com", "Ann Ünal", "+49 170 1234567")


class Terminal(io.StringIO):
    """Pretend that a person reads along."""

    def isatty(self) -> bool:
        """Say yes."""
        return True


@pytest.fixture
def out() -> io.StringIO:
    """Catch the log of a process."""
    stream = io.StringIO()
    configure(ManualClock(NOW), "info", stream, service="intake")
    return stream


def lines(out: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_a_line_is_json_with_its_fields(out: io.StringIO) -> None:
    structlog.get_logger().info("lease taken", consumer="qualifier", slot=3, mark=NOW)
    assert lines(out) == [
        {
            "at": "2024-03-04T08:00:00Z",
            "level": "info",
            "event": "lease taken",
            "service": "intake",
            "consumer": "qualifier",
            "slot": 3,
            "mark": "2024-03-04T08:00:00+00:00",
        }
    ]


def test_below_the_level_nothing_is_said(out: io.StringIO) -> None:
    structlog.get_logger().debug("lease taken")
    assert out.getvalue() == ""


@pytest.mark.parametrize("canary", CANARIES)
@pytest.mark.parametrize("terminal", [False, True])
def test_r13_no_way_of_logging_lets_personal_data_through(canary: str, *, terminal: bool) -> None:
    stream = Terminal() if terminal else io.StringIO()
    configure(ManualClock(NOW), "debug", stream, service="intake")

    _say_in_every_way(canary)
    _fail_in_every_way(canary)

    assert len(stream.getvalue().splitlines()) == 14
    for spelled in (canary, json.dumps(canary).strip('"'), "nal@", "Ünal", "1234567"):
        assert spelled not in stream.getvalue()


def _say_in_every_way(canary: str) -> None:
    log = structlog.get_logger()
    log.info(canary)
    log.info(f"handled {canary}")  # noqa: G004 - what nobody should do
    log.info("handled %s", canary)
    log.info("handled", **dict.fromkeys(FIELDS, canary))
    log.info("handled", where=[canary, [canary]], reason=(canary,))
    log.info("handled", email=canary, lead={"name": canary}, **{canary: 1})
    log.info("handled", lead=ValueError(canary))
    log.bind(email=canary, reason=canary).warning("handled")
    logging.getLogger("asyncio").error(canary)
    logging.getLogger(canary).critical("x", extra={"email": canary})


def _fail_in_every_way(canary: str) -> None:
    log = structlog.get_logger()
    try:
        _fail(canary)
    except KeyError as error:
        log.exception("failed")
        log.warning("failed", exc_info=error)
        log.warning("failed", exc_info=ValueError(canary))
        logging.getLogger("aiokafka").exception("record %s failed", canary)


def _fail(canary: str) -> None:
    raise KeyError(canary) from ValueError(canary)


def test_what_was_withheld_is_counted(out: io.StringIO) -> None:
    structlog.get_logger().info("handled", email="ann@example.com", records=2)
    assert (lines(out)[0]["withheld"], lines(out)[0]["records"]) == (1, 2)


def test_an_exception_is_told_by_type_and_place(out: io.StringIO) -> None:
    try:
        Path("/nowhere/at/all").read_bytes()
    except OSError:
        structlog.get_logger().exception("failed")
    [line] = lines(out)
    assert (line["error"], line["errno"], line["level"]) == ("builtins.FileNotFoundError", 2, "error")
    assert line["where"][0].startswith("unit/kit/test_logging.py:")
    assert line["where"][0].endswith(":test_an_exception_is_told_by_type_and_place")


def test_what_a_library_says_over_and_over_is_said_now_and_then_and_counted() -> None:
    stream, clock = io.StringIO(), ManualClock(NOW)
    configure(clock, "debug", stream, service="intake")

    def mutter() -> None:
        logging.getLogger("aiokafka").error("Unable to update metadata from %s", ["here"])

    for _ in range(300):
        mutter()
    logging.getLogger("aiokafka").error("Topic %s is not available", "leads")
    clock.advance(11)
    mutter()
    mutter()
    told = [(line["event"], line.get("count")) for line in lines(stream)]
    assert told == [
        ("unable to update metadata from x", None),
        ("topic x is not available", None),
        ("unable to update metadata from x", 299),
    ]


def test_libraries_speak_through_the_same_door_with_the_sentence_that_is_their_own(out: io.StringIO) -> None:
    logging.getLogger("aiokafka.conn").warning("Unable connect to node with id %s: %s", 1, "ann@acme.example")
    logging.getLogger("uvicorn.error").warning("Invalid HTTP request of ann")
    logging.getLogger("another").warning("of ann and %s", "bo")
    told = [(line["logger"], line["level"], line["event"]) for line in lines(out)]
    withheld = "a library's own words, withheld, for they may quote what was handled"
    assert told == [
        ("aiokafka.conn", "warning", "unable connect to node with id x: x"),
        ("uvicorn.error", "warning", withheld),
        ("another", "warning", withheld),
    ]
