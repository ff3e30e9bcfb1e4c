"""`leadpact parked`, `dead-letters` and `effects`, of services that have set something aside in a real database."""

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import pytest
from typer.testing import CliRunner, Result

from leadpact.contracts import envelope as wire
from leadpact.contracts.events.lead import Behaved
from leadpact.embedded.waiting import run
from leadpact.kit.migrate import migrate
from leadpact.kit.pg import PgStore, connect
from leadpact.kit.rows import ParkedKey, Record
from leadpact.local import cli, doctor, programs
from leadpact.local.errors import LocalError
from leadpact.local.services import SERVICES
from leadpact.local.state import VARIABLE, Running, State, write_secret
from leadpact.testkit.facts import Facts
from leadpact.testkit.installation import Installation

MARK = datetime(2026, 3, 2, tzinfo=UTC)
LEAD = "1b671a64-40d5-491e-99b0-da01ff1f3341"
UNREADABLE = Record("leads", 3, 41, b"lead-9", b"\xff ann@acme.example", 42)
BEHAVED = Behaved(source="site", kind="page", subject="ann@acme.example")
READABLE = Record("leads", 3, 42, LEAD.encode(), wire.encode(Facts()(BEHAVED, lead=LEAD, at=MARK).envelope), 43)


@pytest.fixture(autouse=True)
def told(installation: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A runner that says where this database is; in two services something is set aside."""
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    state = State(tmp_path)
    write_secret(tmp_path / "master.key", installation.master.hex())
    for service in SERVICES:
        run(migrate(installation.dsn(service.schema), "leadpact.kit.migrations"))
    run(_set_aside(installation.dsn("qualifier"), "qualifier", ParkedKey("lead-1", "qualifier", "a bug")))
    run(_set_aside(installation.dsn("sla_monitor"), "sla-monitor", ParkedKey("lead-1", "qualifier", "upstream")))
    run(_unsent(installation.dsn("sla_monitor"), held=("m-0",), given_up=("m-1", "m-2")))
    settings = programs.settings(state, "127.0.0.1:1", installation.admin_dsn)
    with state.held():
        state.tell(Running(os.getpid(), "http://127.0.0.1:1", "a test's", settings=settings))
        yield


def leadpact(*words: str) -> Result:
    return CliRunner().invoke(cli.command(words), words)


def test_point6_a_parked_key_is_shown_where_it_was_parked_and_let_go_there() -> None:
    listed = leadpact("parked", "list", "--json")
    row = {"service": "qualifier", "consumer": "qualifier", "key": "lead-1", "asked": False, "reason": "a bug"}
    assert (listed.exit_code, json.loads(listed.stdout)) == (1, [row])
    assert leadpact("parked", "release", "qualifier", "lead-1").exit_code == 0
    assert json.loads(leadpact("parked", "list", "--json").stdout) == [row | {"asked": True}]


@pytest.mark.parametrize(("service", "key"), [("qualifier", "lead-2"), ("sla-monitor", "lead-1"), ("intake", "lead-1")])
def test_point6_what_a_service_has_not_parked_itself_it_cannot_let_go(service: str, key: str) -> None:
    assert isinstance(leadpact("parked", "release", service, key).exception, LocalError)


def test_an_unknown_service_is_misuse() -> None:
    assert leadpact("parked", "release", "nobody", "lead-1").exit_code == 2


def test_point6_a_dead_letter_is_shown_with_its_place_and_reason_and_without_what_it_says() -> None:
    listed = leadpact("dead-letters", "list", "--json")
    assert listed.exit_code == 1
    first, _, second, _ = json.loads(listed.stdout)
    assert datetime.fromisoformat(first.pop("at")).tzinfo is not None
    place = {"id": 1, "topic": "leads", "partition": 3, "offset": 41, "reason": "not UTF-8"}
    assert first == {"service": "qualifier", "consumer": "qualifier", **place}
    assert second["service"] == "sla-monitor"
    assert "acme" not in listed.stdout + leadpact("dead-letters", "list").stdout


def test_point6_a_dead_letter_is_looked_at_without_its_values() -> None:
    shown = json.loads(leadpact("dead-letters", "show", "qualifier", "2", "--json").stdout)
    assert (shown["topic"], shown["partition"], shown["offset"], shown["bytes"]) == (
        "leads",
        3,
        42,
        len(READABLE.value),
    )
    assert shown["event"]["type"] == "lead.behaved" and shown["event"]["lead"] == LEAD
    assert shown["fields"]["data.subject"] == "text of 16 characters"
    assert shown["redrive"] == "can be"
    first = leadpact("dead-letters", "show", "qualifier", "1")
    assert "no JSON" in first.stdout and "this code cannot read it either: Malformed" in first.stdout
    assert "acme" not in first.stdout + json.dumps(shown) + leadpact("dead-letters", "show", "qualifier", "2").stdout
    assert isinstance(leadpact("dead-letters", "show", "intake", "1").exception, LocalError)


def test_point6_a_dead_letter_that_todays_code_reads_is_handed_back_to_its_slot() -> None:
    done = leadpact("dead-letters", "redrive", "qualifier", "1", "2")
    assert done.stdout == "qualifier handles 1 again\n"
    assert isinstance(done.exception, LocalError) and str(done.exception).startswith("1: this code cannot read it")
    assert [row["id"] for row in json.loads(leadpact("dead-letters", "list", "--json").stdout)] == [1, 1, 2]
    shown = json.loads(leadpact("parked", "show", "qualifier", LEAD, "--json").stdout)
    (parked,) = shown["parked"]
    assert (parked["consumer"], parked["by"], parked["asked"]) == ("qualifier", "qualifier", True)
    (record,) = shown["waiting"]
    assert (record["offset"], record["event"]["type"]) == (42, "lead.behaved")
    assert "acme" not in json.dumps(shown)
    assert "waiting 1 of 1:" in leadpact("parked", "show", "qualifier", LEAD).stdout


def test_point6_a_dead_letter_that_was_looked_at_is_dropped() -> None:
    assert leadpact("dead-letters", "drop", "qualifier", "1", "2").exit_code == 0
    rows = json.loads(leadpact("dead-letters", "list", "--json").stdout)
    assert {row["service"] for row in rows} == {"sla-monitor"}
    assert isinstance(leadpact("dead-letters", "drop", "qualifier", "1").exception, LocalError)


def test_r42_mail_that_was_given_up_is_listed_and_sent_again_when_asked_for() -> None:
    listed = leadpact("effects", "list", "--json")
    assert listed.exit_code == 1
    rows = json.loads(listed.stdout)
    assert [(row["service"], row["id"], row["state"]) for row in rows] == [
        ("sla-monitor", "m-1", "given_up"),
        ("sla-monitor", "m-2", "given_up"),
        ("sla-monitor", "m-0", "held"),
    ]
    assert "refuses the recipient: 550" in rows[0]["error"]
    assert "ann@" not in listed.stdout
    assert leadpact("effects", "resend", "m-1").exit_code == 0
    assert _states() == {"m-0": "held", "m-1": "held", "m-2": "given_up"}
    again = leadpact("effects", "resend", "--all", "--json")
    assert (again.exit_code, json.loads(again.stdout)) == (0, [{"service": "sla-monitor", "id": "m-2"}])
    assert leadpact("effects", "list").exit_code == 0


def test_r42_only_what_was_given_up_is_sent_again() -> None:
    assert isinstance(leadpact("effects", "resend", "m-0").exception, LocalError)
    assert _states() == {"m-0": "held", "m-1": "given_up", "m-2": "given_up"}
    assert leadpact("effects", "resend").exit_code == 2
    assert leadpact("effects", "resend", "m-1", "--all").exit_code == 2


def test_r42_the_doctor_counts_mail_that_fails_and_that_was_given_up(installation: Installation) -> None:
    row = doctor.stuck(run(doctor.surveyed(installation.dsn("sla_monitor"))))
    assert (row["failing"], row["given_up"]) == (1, 2)


def _states() -> dict[str, str]:
    return {row["id"]: row["state"] for row in json.loads(leadpact("effects", "list", "--json").stdout)}


async def _unsent(dsn: str, *, held: tuple[str, ...], given_up: tuple[str, ...]) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        for state, ids in (("held", held), ("given_up", given_up)):
            await connection.executemany(
                "insert into effect (id, kind, payload, state, attempts, error) values ($1, 'mail', $2, $3, 9, $4)",
                [(id_, '{"to": "ann@us.example"}', state, "the mail server refuses the recipient: 550") for id_ in ids],
            )
    finally:
        await connection.close()


async def _set_aside(dsn: str, consumer: str, parked: ParkedKey) -> None:
    pool = await connect(dsn)
    try:
        store = PgStore(pool)
        await store.ensure(consumer, 1)
        (lease,) = await store.claim(consumer, "one", (), 1)
        async with store.turn(lease) as turn:
            turn.park(parked)
            turn.bury(UNREADABLE, "not UTF-8")
            turn.bury(READABLE, "UnknownType: as an older version said")
            turn.move({}, MARK)
    finally:
        await pool.close()
