"""`leadpact verify` on an installation that really runs: clean as it is, and not when a table says something else."""

import asyncio
import json

import asyncpg
import pytest

from leadpact.kit.settings import Settings
from leadpact.testkit.eventually import eventually
from tests.integration.local.conftest import Installed

pytestmark = pytest.mark.timeout(600)

PEOPLE = ("ann@acme.example", "bo@acme.example", "cy@globex.example")


def test_1_without_an_installation_it_is_misuse(installed: Installed) -> None:
    nothing = installed.leadpact("verify")
    assert nothing.returncode == 2 and "nothing runs" in nothing.stderr


async def test_2_what_was_accepted_is_verified(installed: Installed) -> None:
    installed.up()
    for mail in (*PEOPLE, PEOPLE[0]):
        assert installed.deliver(mail).status_code == 202
    assert await eventually(lambda: installed.leads() == len(PEOPLE), within=60)
    canaries = [word for mail in PEOPLE for word in ("--canary", mail)]
    done = installed.leadpact("verify", "--json", *canaries)
    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads(done.stdout)
    assert told["clean"] and told["violations"] == []
    figures = told["figures"]
    assert (figures["deliveries"], figures["items"], figures["leads"]) == (4, 4, 3), figures
    assert figures["rows of lead"] == figures["rows of state of qualifier"] == 3
    assert figures["log files searched"] > 4 and figures["pages searched"] == 5
    assert "clean" in installed.leadpact("verify").stdout


def test_3_a_row_that_says_something_else_is_found(installed: Installed) -> None:
    lead = asyncio.run(
        _change(installed, "update lead set source = 'another' where lead = (select min(lead) from lead)")
    )
    done = installed.leadpact("verify", "--json")
    assert done.returncode == 1
    (violation,) = json.loads(done.stdout)["violations"]
    assert (violation["check"], violation["where"]) == ("read_models", f"lead {lead}")


async def _change(installed: Installed, statement: str) -> str:
    connection = await asyncpg.connect(Settings.model_validate(installed.running.settings).dsn("reporting"))
    try:
        lead: str = await connection.fetchval(f"{statement} returning lead")
    finally:
        await connection.close()
    return lead
