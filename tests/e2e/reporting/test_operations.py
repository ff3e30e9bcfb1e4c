"""The operations page in a real browser: drawn on the server, drawn again while one looks, readable on every screen."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import uvicorn
from playwright.sync_api import Page, expect

from leadpact.kit.meter import CATALOGUE
from leadpact.kit.metrics import Metrics
from leadpact.kit.ops import Readiness
from leadpact.kit.pg.survey import Consuming, Member, Survey
from leadpact.kit.surveying import Count, Looked
from leadpact.reporting.app import NAVIGATION
from leadpact.reporting.operating import Board, board
from leadpact.reporting.operations import Operations, router
from leadpact.testkit.clock import ManualClock
from leadpact.web import create_app, pages

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
SIZES = ((1920, 1080), (1024, 768), (390, 844), (320, 640))


class Shown(Operations):
    """One look at a service, whose parked keys the test sets."""

    parked = 0

    def __init__(self) -> None:
        super().__init__({}, Readiness(Metrics(*CATALOGUE)), ManualClock(NOW))

    def now(self) -> Board:
        member = Member("reporting-1", "leads/5 offset 1087: sequence 1094 after 1087", 3, timedelta())
        consumer = Consuming(
            consumer="reporting.qualification",
            slots=8,
            unowned=0,
            slowest=NOW - timedelta(hours=2),
            fastest=NOW,
            loading=False,
            reached={},
            parked=self.parked,
            dead=0,
            members=(member,),
        )
        survey = Survey(consumers=(consumer,), outbox=12, held=0, failing=0, given_up=0)
        spool = Count("spool", "Deliveries in the spool", "select 4", "until Kafka takes them")
        look = Looked(NOW, NOW, 1.0, survey, {"reporting.qualification": 1_234_567}, [(spool, 4)])
        return board({"reporting": look}, {"web": None}, NOW)


@contextmanager
def served(shown: Shown) -> Iterator[str]:
    """The page's address."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        loop, stopping = asyncio.new_event_loop(), asyncio.Event()

        async def serve() -> None:
            app = create_app("Leadpact", "test")
            app.include_router(router(shown, pages(app, "leadpact.reporting", NAVIGATION), stopping))
            server = uvicorn.Server(uvicorn.Config(app, log_config=None, timeout_graceful_shutdown=1))
            serving = asyncio.create_task(server.serve(sockets=[listener]))
            await stopping.wait()
            server.should_exit = True
            await serving

        thread = threading.Thread(target=loop.run_until_complete, args=[serve()])
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}/operations"
        finally:
            loop.call_soon_threadsafe(stopping.set)
            thread.join()
            loop.close()


def test_point6_what_is_wrong_is_a_word_and_changes_while_one_looks(page: Page) -> None:
    shown = Shown()
    with served(shown) as address:
        page.goto(address)
        expect(page.locator("#link")).to_have_text("live")
        expect(page.locator("#parked .state")).to_have_text("none")
        expect(page.locator("#consumers tbody")).to_contain_text("standing still")
        expect(page.locator("#parts tbody")).to_contain_text("sequence 1094 after 1087")
        shown.parked = 1
        expect(page.locator("#parked .state")).to_have_text("leadpact parked list")
        words = page.locator("#operating .state").all_inner_texts()
        assert len(words) > 10 and all(words), "nothing is told by colour alone"
        for width, height in SIZES:
            page.set_viewport_size({"width": width, "height": height})
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), width


def test_the_page_says_the_same_without_a_script_and_has_the_navigation_of_all(page: Page) -> None:
    with served(Shown()) as address:
        page.route("**/*.js", lambda route: route.fulfill(body=""))
        page.goto(address)
        expect(page.locator("#behind .figure")).to_have_text("1\u202f234\u202f567")
        assert page.locator(".masthead nav a").all_inner_texts() == [link.title for link in NAVIGATION]
        expect(page.locator(".masthead nav a[aria-current]")).to_have_text("Operations")
