"""Pages and their JSON twins over the seeded read models."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
import pytest
from httpx import ASGITransport, AsyncClient, Response

from leadpact.contracts.events import lead, qualification, sla
from leadpact.kit.metrics import Metrics
from leadpact.reporting.api import router
from leadpact.reporting.app import NAVIGATION
from leadpact.reporting.domain.qualification import rows
from leadpact.reporting.metrics import CATALOGUE, headlines
from leadpact.reporting.wall import Watch
from leadpact.reporting.writing import write
from leadpact.testkit.clock import ManualClock
from leadpact.testkit.facts import Facts
from leadpact.testkit.history import History
from leadpact.web import create_app, pages
from tests.integration.reporting.seeding import MARK, NOW, pool


class Served:
    """Reporting's app on a clock that stands."""

    def __init__(self, connections: asyncpg.Pool) -> None:
        self.clock = ManualClock(NOW)
        self.metrics = Metrics(*CATALOGUE)
        self.watch = Watch(connections, self.clock, lambda wall, took: headlines(self.metrics, wall, took))
        app = create_app("Leadpact", "test")
        shown = pages(app, "leadpact.reporting", NAVIGATION)
        app.include_router(router(connections, self.clock, self.watch, shown, self.metrics))
        self.client = AsyncClient(transport=ASGITransport(app), base_url="http://test")

    async def get(self, path: str, **parameters: str) -> Response:
        return await self.client.get(path, params=parameters or None)

    @asynccontextmanager
    async def watching(self) -> AsyncIterator[None]:
        task = asyncio.create_task(self.watch.run())
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


@pytest.fixture
async def served(connections: asyncpg.Pool) -> Served:
    return Served(connections)


async def test_the_wall_as_json_has_every_panel_with_its_note(served: Served) -> None:
    wall = (await served.get("/v1/reports/wall")).json()
    assert wall["as_of_text"] == "10:41 EST"
    assert wall["panels"]["first_response_month"]["note"].endswith("demand v1")
    assert len(wall["panels"]) == 11


async def test_viewers_share_one_look(served: Served) -> None:
    async with served.watching():
        first, second = served.watch.walls(), served.watch.walls()
        seen = await asyncio.gather(anext(first), anext(second))
        assert seen[0] is seen[1]
        served.clock.advance(3)
        again = await anext(first)
    assert json.loads(again)["behind_seconds"] == json.loads(seen[0])["behind_seconds"] + 3
    assert b"leadpact_wall_looks_total 2.0" in served.metrics.expose()


async def test_closing_the_watch_lets_viewers_go(served: Served) -> None:
    walls = served.watch.walls()
    waiting = asyncio.ensure_future(anext(walls, None))
    await asyncio.sleep(0)
    await served.watch.close()
    assert await asyncio.wait_for(waiting, 5) is None


async def test_the_headline_figures_are_those_of_the_wall(served: Served) -> None:
    async with served.watching():
        wall = json.loads(await anext(served.watch.walls()))
    panel = wall["panels"]["mqls_now"]
    text = served.metrics.expose().decode()
    assert f"leadpact_mqls_month {float(panel['rows'][0][0])}" in text
    assert 'leadpact_first_response_share{span="month"} 0.' in text
    assert "leadpact_reports_behind_seconds 21.0" in text


async def test_figures_that_do_not_exist_yet_are_left_out(empty: str) -> None:
    async with pool(empty) as connections:
        served = Served(connections)
        async with served.watching():
            await anext(served.watch.walls())
    text = served.metrics.expose().decode()
    assert 'leadpact_breaches_open{kind="routing"} 0.0' in text
    assert "leadpact_first_response_share{" not in text and "\nleadpact_mqls_month " not in text


async def test_the_summary_counts_everything(served: Served, told: History) -> None:
    found = (await served.get("/v1/reports/summary")).json()
    captured = [fact for fact in told.leads if isinstance(fact.event, lead.Captured)]
    assert found["leads"] == len(captured)
    assert found["test_leads"] == sum(isinstance(fact.event, lead.Captured) and fact.event.test for fact in captured)
    won = {
        fact.envelope.lead
        for fact in told.leads
        if isinstance(fact.event, lead.Dealt) and fact.event.status is lead.DealStatus.WON
    }
    assert sum(row["won"] for row in found["sources"]) == len(won) > 0
    kinds: Counter[str] = Counter()
    for row in found["verdicts"]:
        kinds[row["kind"]] += row["clocks"]
    assert kinds == Counter(fact.event.kind for fact in told.sla if isinstance(fact.event, sla.ClockStarted))
    assert sum(row["mqls"] for row in found["months"]) == sum(row["mqls"] for row in found["engagements"])


async def test_r37_the_page_of_origins_shows_shares_with_their_interval(served: Served) -> None:
    counted = (await served.get("/v1/reports/summary")).json()["sources"][0]
    page = (await served.get("/origins")).text
    row = page[page.index('id="channels"') :]
    assert f">{counted['leads']}</td>" in row and f">{counted['won_share'] * 100:.1f} %</td>" in row
    assert f">{counted['won_low'] * 100:.1f}\N{EN DASH}{counted['won_high'] * 100:.1f} %" in row
    assert "<td>not said</td>" in page, "nobody lists the attribute as clear here"


async def test_an_empty_page_of_origins_says_so(empty: str) -> None:
    async with pool(empty) as connections:
        page = await Served(connections).get("/origins")
    assert page.status_code == 200 and "Nobody was captured yet." in page.text


async def test_a_report_says_up_to_when_all_is_judged_and_counted(served: Served, connections: asyncpg.Pool) -> None:
    late = MARK - timedelta(minutes=3)
    await connections.execute("update fence set mark = $1 where consumer = 'reporting.sla' and slot = 5", late)
    told = (await served.get("/v1/reports/freshness")).json()
    assert datetime.fromisoformat(told["now"]) == NOW
    reached = {each["topic"]: datetime.fromisoformat(each["as_of"]) for each in told["topics"]}
    assert reached == {"leads": MARK, "qualification": MARK, "sla": late}
    assert datetime.fromisoformat(told["as_of"]) == late
    await connections.execute("update fence set turn = turn + 1 + slot where consumer = 'reporting.sla'")
    again = (await served.get("/v1/reports/freshness")).json()
    assert [b["turns"] - a["turns"] for a, b in zip(told["topics"], again["topics"], strict=True)] == [6, 0, 0], (
        "slot 5's"
    )
    assert (await served.get("/v1/reports/summary")).json()["as_of"] == told["as_of"]
    await connections.execute("update fence set mark = 'epoch' where consumer = 'reporting.sla' and slot = 5")
    assert (await served.get("/v1/reports/freshness")).json()["as_of"] is None, "time has not begun everywhere"
    await connections.execute("update fence set mark = $1", MARK)


async def test_r50_refusals_come_in_pages_and_those_of_one_delivery_if_it_is_named(empty: str) -> None:
    make = Facts()
    refused = [
        make(qualification.CommandRefused(command=f"fact-{number}", reason="no_open_engagement", says="no"), at=NOW)
        for number in range(3)
    ]
    async with pool(empty) as connections:
        served = Served(connections)
        async with connections.acquire() as connection:
            await write(connection, [row for fact in refused for row in rows(fact, "qualifier")])
        first = (await served.get("/v1/reports/refusals", limit="2")).json()
        second = (await served.get("/v1/reports/refusals", limit="2", cursor=first["next"])).json()
        of_one = (await served.get("/v1/reports/refusals", ingest=refused[1].envelope.correlation)).json()
        nobodys = (await served.get("/v1/reports/refusals", ingest=str(UUID(int=7)))).json()
        assert (await served.get("/v1/reports/refusals", ingest="x")).status_code == 422
    assert [item["command"] for item in first["items"] + second["items"]] == ["fact-2", "fact-1", "fact-0"]
    assert second["next"] is None and nobodys["items"] == []
    assert [(item["command"], item["service"]) for item in of_one["items"]] == [("fact-1", "qualifier")]


async def test_before_any_reader_has_begun_no_report_reaches_anywhere(empty: str) -> None:
    async with pool(empty) as connections:
        told = (await Served(connections).get("/v1/reports/freshness")).json()
    assert (told["as_of"], told["topics"]) == (None, [])


async def test_pages_of_leads_follow_each_other_without_gap_or_repetition(served: Served) -> None:
    seen: list[str] = []
    parameters = {"limit": "7", "state": "rejected"}
    for _ in range(4):
        page = (await served.get("/v1/reports/leads", **parameters)).json()
        seen += [item["lead"] for item in page["items"]]
        parameters["cursor"] = page["next"]
    whole = (await served.get("/v1/reports/leads", limit="28", state="rejected")).json()
    assert seen == [item["lead"] for item in whole["items"]]
    assert len(set(seen)) == 28


async def test_leads_are_found_by_owner_and_by_the_beginning_of_their_id(served: Served) -> None:
    of_ann = (await served.get("/v1/reports/leads", owner="rep-ann", limit="200")).json()["items"]
    assert of_ann and {item["owner_name"] for item in of_ann} == {"Ann"}
    wanted = of_ann[0]["lead"]
    assert [item["lead"] for item in (await served.get("/v1/reports/leads", id=wanted[:13])).json()["items"]] == [
        wanted
    ]
    assert (await served.get("/v1/reports/leads", id="%")).json()["items"] == []


@pytest.mark.parametrize(
    ("promise", "panel", "number"), [("warned", "about_to_breach", "n"), ("missed", "breaches_open", "breaches")]
)
async def test_the_leads_behind_a_number_of_the_wall_are_listed(
    served: Served, promise: str, panel: str, number: str
) -> None:
    shown = (await served.get("/v1/reports/wall")).json()["panels"][panel]
    found = (await served.get("/v1/reports/leads", promise=promise, limit="200")).json()["items"]
    assert 0 < len(found) <= dict(zip(shown["columns"], shown["rows"][0], strict=True))[number]


@pytest.mark.parametrize("path", ["/leads?state=foo", "/leads/nobody", "/nowhere"])
async def test_a_browser_is_told_on_a_page_what_is_wrong(served: Served, path: str) -> None:
    answer = await served.client.get(path, headers={"accept": "text/html"})
    assert answer.status_code >= 400
    assert answer.headers["content-type"].startswith("text/html")
    assert "query/" not in answer.text


async def test_people_stand_in_a_story_by_their_names(served: Served) -> None:
    wanted = (await served.get("/v1/reports/leads", owner="rep-ann", state="customer", limit="1")).json()["items"][0]
    entries = (await served.get(f"/v1/reports/leads/{wanted['lead']}")).json()["story"]
    said = [entry for entry in entries if entry["actor"] == "rep-ann"]
    assert said and {entry["actor_name"] for entry in said} == {"Ann"}
    assert any(entry["says"].startswith("Ann called the lead") for entry in said)


async def test_r20_a_leads_story_links_verdicts_to_the_facts_that_decided(served: Served) -> None:
    wanted = (await served.get("/v1/reports/leads", state="customer", limit="1")).json()["items"][0]["lead"]
    story = (await served.get(f"/v1/reports/leads/{wanted}")).json()
    told = {entry["fact"] for entry in story["story"]}
    (run,) = story["engagements"]
    assert run["criteria"]
    (evidence,) = next(clock for clock in run["clocks"] if clock["kind"] == "first_response")["verdicts"][0]["evidence"]
    assert evidence in told
    page = (await served.get(f"/leads/{wanted}")).text
    assert f'href="#fact-{evidence}"' in page and f'id="fact-{evidence}"' in page


async def test_r28_a_miss_that_nobody_answered_links_to_the_line_that_says_what_asked_for_it(served: Served) -> None:
    wanted = (await served.get("/v1/reports/leads", state="recycled", limit="1")).json()["items"][0]["lead"]
    story = (await served.get(f"/v1/reports/leads/{wanted}")).json()
    (run,) = story["engagements"]
    response = next(clock for clock in run["clocks"] if clock["kind"] == "first_response")
    assert (response["standing"], response["answered_at"]) == ("missed", None)
    (asked,) = response["verdicts"][-1]["evidence"]
    (line,) = [entry["says"] for entry in story["story"] if entry["fact"] == asked]
    assert line.startswith("Became MQL by ")
    assert f'href="#fact-{asked}"' in (await served.get(f"/leads/{wanted}")).text


async def test_r13_no_sealed_contact_leaves_reporting(served: Served) -> None:
    wanted = (await served.get("/v1/reports/leads", limit="1")).json()["items"][0]["lead"]
    for path in (f"/v1/reports/leads/{wanted}", f"/leads/{wanted}"):
        answer = await served.get(path)
        assert answer.status_code == 200
        assert "seal" not in answer.text.replace("sealed with a key of this person&#39;s own; no page opens it", "")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/v1/reports/leads/nobody", 404),
        ("/v1/reports/leads/%00", 404),
        ("/v1/reports/leads?limit=0", 422),
        ("/v1/reports/leads?limit=201", 422),
        ("/v1/reports/leads?state=happy", 422),
        ("/v1/reports/leads?state=won", 422),
        ("/leads?promise=broken", 422),
        ("/v1/reports/leads?cursor=zzz", 400),
        ("/v1/reports/leads?id=%00", 200),
        ("/v1/reports/leads?owner=%00", 200),
        ("/leads?id=" + "x" * 65, 422),
        ("/leads?owner=&state=&id=", 200),
    ],
)
async def test_what_nobody_can_answer_is_refused_in_words(served: Served, path: str, status: int) -> None:
    answer = await served.get(path)
    assert answer.status_code == status
    if status >= 400:
        assert answer.headers["content-type"] == "application/problem+json"


async def test_the_root_leads_to_the_wall(served: Served) -> None:
    answer = await served.get("/")
    assert (answer.status_code, answer.headers["location"]) == (307, "/wall")
