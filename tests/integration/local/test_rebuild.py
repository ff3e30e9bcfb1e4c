"""`leadpact rebuild` on an installation that runs: what lives is what the log says, and is mended where it is not."""

import asyncio
import json
from collections.abc import Callable

import asyncpg
import pytest

from leadpact.kit.settings import Settings
from leadpact.testkit.eventually import eventually
from tests.integration.local.conftest import Installed

pytestmark = pytest.mark.timeout(300)
SERVICES = ["qualifier", "sla-monitor"]


@pytest.fixture(scope="module", autouse=True)
def working(installed: Installed) -> None:
    """It runs, and some leads have come."""
    installed.up()
    for number in range(30):
        assert installed.deliver(f"person{number}@company{number % 4}.example").is_success
    wait(lambda: installed.leads() == 30)


def wait(probe: Callable[[], bool]) -> None:
    asyncio.run(eventually(probe, within=60))


def spoil(installed: Installed, statement: str) -> str:
    """Do something to the qualifier's tables."""
    dsn = Settings.model_validate(installed.running.settings).dsn("qualifier")

    async def done() -> str:
        connection = await asyncpg.connect(dsn)
        try:
            return str(await connection.execute(statement))
        finally:
            await connection.close()

    return asyncio.run(done())


@pytest.mark.parametrize("service", SERVICES)
def test_point12_what_lives_is_what_the_log_says(installed: Installed, service: str) -> None:
    done = installed.leadpact("rebuild", service, "--check", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads(done.stdout)
    assert (told["differs"], told["check"], len(told["slots"])) == (False, True, 8)
    assert not any(slot["switched"] for slot in told["slots"])
    assert sum(slot["folded"] for slot in told["slots"]) >= 30


def test_point12_a_state_that_was_spoilt_is_found_and_mended_while_all_goes_on(installed: Installed) -> None:
    done = spoil(installed, "update cell set data = '\\x00'::bytea where key <> ''")
    spoilt = int(done.removeprefix("UPDATE "))
    assert spoilt >= 30

    found = installed.leadpact("rebuild", "qualifier", "--check")
    assert found.returncode == 1
    assert "slot 0: cell " in found.stdout and "lives version" in found.stdout and "bytes" in found.stdout
    assert "what lived differed" in found.stdout

    mended = installed.leadpact("rebuild", "qualifier", "--json")
    assert mended.returncode == 0, mended.stderr
    assert sum(slot["differing_cells"] for slot in json.loads(mended.stdout)["slots"]) == spoilt
    assert installed.leadpact("rebuild", "qualifier", "--check").returncode == 0

    assert installed.deliver("late@company1.example").is_success
    wait(lambda: installed.leads() == 31)
    wait(installed.ready)
    verified = installed.leadpact("verify")
    assert verified.returncode == 0, verified.stdout


def test_point12_state_of_another_shape_is_waited_for_until_it_is_rebuilt(installed: Installed) -> None:
    spoil(installed, "update fence set shape = 7 where consumer = 'qualifier'")
    says = "8 slots hold state of another shape, which other code works on: `leadpact rebuild qualifier` brings it"
    wait(lambda: says in installed.leadpact("doctor").stdout)
    assert installed.leadpact("rebuild", "qualifier").returncode == 0
    wait(installed.ready)

    spoil(installed, "update fence set shape = 7 where consumer = 'qualifier'")
    assert installed.leadpact("down").returncode == 0
    assert "state of qualifier in its new shape" in installed.up(), "nobody else works here: it is done at the start"
    assert installed.leadpact("rebuild", "qualifier", "--check").returncode == 0


@pytest.mark.parametrize(("words", "says"), [(["reporting"], "keeps no state"), (["billing"], "is none of")])
def test_what_cannot_be_rebuilt_is_misuse(installed: Installed, words: list[str], says: str) -> None:
    done = installed.leadpact("rebuild", *words)
    assert done.returncode == 2 and says in " ".join(done.stderr.replace("│", " ").split())


def test_without_an_installation_it_says_so(installed: Installed) -> None:
    elsewhere = Installed(installed.state.parent / "elsewhere")
    done = elsewhere.leadpact("rebuild", "qualifier")
    assert done.returncode == 1 and "leadpact up" in done.stderr and "Traceback" not in done.stderr
