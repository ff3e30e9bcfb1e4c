"""The frame in a real browser: charts, fragments and colours work under the policy, and nothing leaves our origin."""

import shutil
import socket
import threading
from collections.abc import Iterator

import pytest
import uvicorn
from playwright.sync_api import Browser, Page, sync_playwright

from leadpact.testkit.infra import missing
from tests.unit.web.sample.app import sample_app

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
QUIET = [
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="module")
def origin() -> Iterator[str]:
    """Serve the sample on a free port of this machine."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(sample_app(), log_config=None))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        listener.listen()  # from here on a browser may come; it is served as soon as the server runs
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Start the machine's Chromium, headless."""
    if CHROMIUM is None:
        missing("no Chromium here: the browser tests did NOT run")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", *QUIET])
        yield started
        started.close()


@pytest.fixture
def page(browser: Browser, origin: str) -> Iterator[Page]:
    """Open an empty page that fails the test for anything on its console and any request to elsewhere."""
    opened = browser.new_page(base_url=origin, viewport={"width": 1920, "height": 1080})
    said: list[str] = []
    opened.on("console", lambda message: said.append(message.text))
    opened.on("pageerror", lambda error: said.append(str(error)))
    opened.on("request", lambda request: said.extend([] if request.url.startswith(origin) else [request.url]))
    yield opened
    opened.close()
    assert said == []


@pytest.mark.parametrize("path", ["/page", "/wall"])
def test_a_chart_is_drawn_under_the_policy(page: Page, path: str) -> None:
    page.goto(path)
    page.locator("#chart canvas").wait_for()
    assert page.locator("body").get_attribute("data-series") == "gauge"


def test_a_fragment_is_fetched_and_shown(page: Page) -> None:
    page.goto("/page")
    page.get_by_role("button", name="Ask").click()
    page.locator("#answer b", has_text="answered").wait_for()


def test_the_first_tab_leads_past_the_navigation(page: Page) -> None:
    page.goto("/page")
    page.keyboard.press("Tab")
    assert page.locator(":focus").inner_text() == "Skip to content"
    page.keyboard.press("Enter")
    assert page.locator(":focus").get_attribute("id") == "main"


def _ground(page: Page) -> str:
    return str(page.evaluate("getComputedStyle(document.body).backgroundColor"))


def test_pages_follow_the_scheme_of_their_reader_and_the_wall_is_always_dark(page: Page) -> None:
    grounds = {}
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        for path in ("/page", "/wall"):
            page.goto(path)
            grounds[scheme, path] = _ground(page)
    assert grounds == {
        ("light", "/page"): "rgb(243, 245, 243)",
        ("dark", "/page"): "rgb(14, 21, 27)",
        ("light", "/wall"): "rgb(10, 16, 21)",
        ("dark", "/wall"): "rgb(10, 16, 21)",
    }


def test_the_walls_writing_grows_with_its_screen(page: Page) -> None:
    sizes = []
    for width in (1280, 1920, 3840):
        page.set_viewport_size({"width": width, "height": width * 9 // 16})
        page.goto("/wall")
        sizes.append(float(page.evaluate("parseFloat(getComputedStyle(document.documentElement).fontSize)")))
    assert sizes == pytest.approx([1280 * 0.013, 1920 * 0.013, 48])
