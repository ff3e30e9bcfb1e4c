"""A browser, and reporting's pages over a seeded database."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from leadpact.embedded.waiting import run
from leadpact.testkit.infra import missing
from tests.e2e.reporting.serving import served
from tests.e2e.reporting.stories import beginning, loaded
from tests.integration.reporting.seeding import NOW, database, recent, seeded, stands_at

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
QUIET = [
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="module")  # its event loop runs as long as it lives, and would be in the way of other tests'
def browser() -> Iterator[Browser]:
    """The machine's Chromium, headless."""
    if CHROMIUM is None:
        missing("no Chromium here: the browser tests did NOT run")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", *QUIET])
        yield started
        started.close()


@pytest.fixture(scope="module")
def origin(postgres: str) -> Iterator[str]:
    """Where reporting answers, with weeks of facts."""
    with seeded(postgres, recent()) as dsn, served(dsn, NOW) as address:
        yield address


@pytest.fixture(scope="module")
def behind(postgres: str) -> Iterator[str]:
    """A database with the same facts, for those who say up to when they were read."""
    with seeded(postgres, recent()) as dsn:
        yield dsn


@pytest.fixture(params=[timedelta(minutes=17), timedelta(hours=11, minutes=18)], ids=["17min", "11h"])
def late(behind: str, request: pytest.FixtureRequest) -> Iterator[str]:
    """Where reporting answers with what was read up to some time ago."""
    run(stands_at(behind, NOW - request.param))
    with served(behind, NOW) as address:
        yield address


@pytest.fixture(scope="module")
def first_day(postgres: str) -> Iterator[str]:
    """Where an agreement came into force today, and one lead became MQL."""
    with seeded(postgres, beginning(NOW)) as dsn, served(dsn, NOW) as address:
        yield address


@pytest.fixture(scope="module")
def past(postgres: str) -> Iterator[str]:
    """Where nothing but history of an old year was loaded."""
    with seeded(postgres, loaded(NOW)) as dsn, served(dsn, NOW) as address:
        yield address


@pytest.fixture
def bare(postgres: str) -> Iterator[str]:
    """Where reporting answers with nothing in it."""
    with database(postgres) as dsn, served(dsn, NOW) as address:
        yield address


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """An empty page."""
    with watched(browser) as opened:
        yield opened


@pytest.fixture(scope="module")
def wall(browser: Browser, origin: str) -> Iterator[Page]:
    """The wall with weeks of facts, for tests that only look: to draw it once takes a second or two."""
    with watched(browser) as opened:
        open_wall(opened, origin)
        yield opened


@contextmanager
def watched(browser: Browser) -> Iterator[Page]:
    """A page; anything on its console (a refusal by the policy is) and any request elsewhere fails the test."""
    opened = browser.new_page(viewport={"width": 1920, "height": 1080})
    said: list[str] = []
    opened.on("console", lambda message: said.append(message.text))
    opened.on("pageerror", lambda error: said.append(str(error)))
    opened.on("request", lambda request: said.extend([] if "//127.0.0.1:" in request.url else [request.url]))
    yield opened
    opened.close()
    assert said == []


def open_wall(page: Page, origin: str, size: tuple[int, int] = (1920, 1080)) -> None:
    """Show the wall, drawn."""
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.goto(f"{origin}/wall")
    page.locator("#board[aria-busy=false]").wait_for()
