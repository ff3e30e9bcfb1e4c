"""The wall in a real browser: the numbers of the read models, nothing cut off, nothing that only colour says."""

import re
from collections.abc import Iterator

import pytest
from httpx import get
from playwright.sync_api import Page, expect

from tests.e2e.reporting.conftest import open_wall

CUT_OFF = """
[...document.querySelectorAll(".panel, .panel :is(.body, h2, .note, td, th, .detail, .figure, .verdict)")]
    .filter(of => !of.closest(".unseen"))
    .filter(of => of.scrollWidth > of.clientWidth + 1 || of.scrollHeight > of.clientHeight + 1)
    .map(of => `${of.closest("section").id}: ${of.className || of.tagName} ${of.textContent.slice(0, 40)}`)
"""
OVERLAPS = """
[...document.querySelectorAll(".panel")].flatMap(panel => {
    const parts = [...panel.querySelectorAll(":scope > h2, .body > *, :scope > .note")]
        .filter(of => !of.matches(".unseen, .chart") && of.getBoundingClientRect().height)
    const box = of => of.getBoundingClientRect();
    const into = (of, i) => i && box(of).top < box(parts[i - 1]).bottom - 1;
    return parts.filter(into).map(of => `${panel.id}: ${of.textContent}`);
})
"""
WRAPPED = """
[...document.querySelectorAll(".figure, .verdict, .small td, .rows :is(.state, td), nav, .under h1, .under span")]
    .filter(of => !of.closest(".unseen"))
    .filter(of => of.getBoundingClientRect().height > 1.9 * parseFloat(getComputedStyle(of).fontSize) + 12)
    .map(of => of.textContent)
"""
FITS = """
() => [...document.querySelectorAll(".chart")].every(of => {
    const canvas = of.querySelector("canvas");
    return !canvas || Math.abs(canvas.getBoundingClientRect().width - of.clientWidth) < 2;
})
"""
SIZES = [(1920, 1080), (1366, 768), (820, 1180), (390, 844)]


def sizes(page: Page) -> Iterator[tuple[int, int]]:
    """Every size of screen, in turn, as when a window is made larger and smaller: the charts have followed."""
    for size in SIZES:
        page.set_viewport_size({"width": size[0], "height": size[1]})
        page.wait_for_function(FITS)
        yield size


def first(origin: str, panel: str) -> dict[str, float]:
    shown = get(f"{origin}/v1/reports/wall").json()["panels"][panel]
    return dict(zip(shown["columns"], shown["rows"][0], strict=True))


def test_the_wall_shows_the_numbers_of_the_read_models(wall: Page, origin: str) -> None:
    month = first(origin, "first_response_month")
    expect(wall.locator("#first_response_month .figure")).to_contain_text(f"{round(month['share'] * 100)} %")
    expect(wall.locator("#first_response_month .detail").first).to_contain_text(f"{int(month['in_time'])} in time")
    expect(wall.locator("#first_response_month .note")).to_contain_text(f"n = {int(month['n'])} · ")
    expect(wall.locator("#mqls_now .figure")).to_contain_text(str(int(first(origin, "mqls_now")["mqls"])))
    expect(wall.locator("#breaches_open .figure")).to_contain_text(str(int(first(origin, "breaches_open")["breaches"])))
    assert wall.locator("#about_to_breach tbody tr").count() == int(first(origin, "about_to_breach")["n"])


def test_nothing_is_cut_off_or_overlaps(wall: Page) -> None:
    for size in sizes(wall):
        found = [wall.evaluate(script) for script in (CUT_OFF, OVERLAPS)]
        assert (size, found) == (size, [[], []])
        assert wall.evaluate("document.documentElement.scrollWidth <= innerWidth"), size
        if size[0] > 900:
            assert wall.evaluate("document.documentElement.scrollHeight <= innerHeight"), size


def test_an_old_wall_breaks_no_line_and_says_that_it_is_old(page: Page, late: str) -> None:
    open_wall(page, late)
    expect(page.locator("#freshness .verdict")).to_have_text(re.compile("lagging|standing still"))
    for size in sizes(page):
        found = [page.evaluate(script) for script in (CUT_OFF, OVERLAPS, WRAPPED)]
        assert (size, found) == (size, [[], [], []])
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), size
        parts = page.locator(".brand, .masthead nav").all()
        lines = {round(box["y"]) for part in parts if (box := part.bounding_box())}
        assert max(lines) - min(lines) < 12, f"mark and navigation stand on one line: {size}"


@pytest.mark.parametrize("width", [1920, 390])
def test_the_first_day_of_an_agreement_explains_its_target(page: Page, first_day: str, width: int) -> None:
    open_wall(page, first_day, (width, 1080))
    expect(page.locator("#mqls_now")).to_contain_text("189 of 400: prorated from 17 Nov")
    assert page.locator("#mqls_pace .unseen tbody tr").count() == 30
    expect(page.locator("#channel_mix tbody tr").first).to_have_text("organic0 %below 40 %")
    assert [page.evaluate(script) for script in (CUT_OFF, OVERLAPS)] == [[], []]


def test_r43_with_history_only_the_wall_says_why_it_is_empty(page: Page, past: str) -> None:
    open_wall(page, past)
    expect(page.locator("#breaches_open .verdict")).to_have_text("nobody waits")
    expect(page.locator("#breaches_open")).to_contain_text("+ 1 from history")
    for panel in ("funnel", "intake_rate", "first_response_month", "channel_mix"):
        expect(page.locator(f"#{panel}")).to_contain_text("History only: the newest fact is of 14 Nov 2018")
    page.get_by_role("link", name="1 from history").click()
    expect(page.get_by_label("Promise")).to_have_value("missed_in_history")
    assert page.locator("tbody tr").count() == 1


def test_the_wall_has_the_same_navigation_as_the_leads(page: Page, origin: str) -> None:
    open_wall(page, origin)
    links = page.locator(".masthead nav a").all_inner_texts()
    page.locator(".masthead nav a", has_text="Leads").click()
    assert page.locator(".masthead nav a").all_inner_texts() == links == ["Wall", "Leads", "Origins", "Operations"]


def test_what_is_about_to_breach_leads_to_a_list(page: Page, origin: str) -> None:
    open_wall(page, origin)
    page.locator("#about_to_breach .more a").click()
    expect(page.get_by_label("Promise")).to_have_value("warned")
    assert page.locator("tbody tr").count() > 0


def test_charts_are_drawn_and_have_tables_with_the_same_rows(wall: Page, origin: str) -> None:
    for panel in ("mqls_pace", "funnel", "rejections", "intake_rate"):
        wall.locator(f"#{panel} canvas").first.wait_for()
        label = wall.locator(f"#{panel} [role=img]").get_attribute("aria-label")
        assert label and "the table that follows has the numbers" in label
        shown = get(f"{origin}/v1/reports/wall").json()["panels"][panel]
        assert wall.locator(f"#{panel} .unseen tbody tr").count() == len(shown["rows"])


def test_a_state_is_said_in_words(wall: Page) -> None:
    states = wall.locator(".panel .verdict .state").all_inner_texts()
    assert len(states) == 5 and all(states)


def test_every_panel_is_a_region_with_a_name(wall: Page) -> None:
    expect(wall.get_by_role("region", name="Breaches open now")).to_be_visible()
    assert wall.get_by_role("region").count() == 11


def test_freshness_stands_in_the_header_with_its_zone(wall: Page) -> None:
    expect(wall.locator("#freshness-line")).to_have_text("as of 10:41 EST · 21 s behind")
    expect(wall.locator("#link")).to_have_text("live")


def test_a_row_that_is_about_to_breach_leads_to_the_lead(page: Page, origin: str) -> None:
    open_wall(page, origin)
    page.locator("#about_to_breach a").first.click()
    expect(page.get_by_role("heading", name="Time line")).to_be_visible()


def test_a_lost_connection_is_said(page: Page, origin: str) -> None:
    open_wall(page, origin)
    page.evaluate("document.getElementById('link').textContent = 'live'")
    page.route("**/wall/events", lambda route: route.fulfill(status=204))
    page.reload()
    expect(page.locator("#link")).to_have_text("reconnecting")


def test_before_anything_happened_the_wall_says_so(bare: str, page: Page) -> None:
    open_wall(page, bare)
    expect(page.locator("#agreement")).to_have_text("No agreement in force yet")
    expect(page.locator("#freshness-line")).to_have_text("nothing read yet")
    expect(page.locator("#mqls_now .empty")).to_have_text("No agreement in force yet")
    expect(page.locator("#funnel .empty")).to_have_text("Nobody was captured in the last 90 days")
    expect(page.locator("#breaches_open .state")).to_have_text("nobody waits")
