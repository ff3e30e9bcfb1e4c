"""The wall in a real browser: the numbers of the read models, nothing cut off, nothing that only colour says."""

import pytest
from httpx import get
from playwright.sync_api import Page, expect

CUT_OFF = """
[...document.querySelectorAll(".panel, .panel :is(.body, h2, .note, td, th, .detail)")]
    .filter(of => !of.closest(".unseen"))
    .filter(of => of.scrollWidth > of.clientWidth + 1 || of.scrollHeight > of.clientHeight + 1)
    .map(of => `${of.closest("section").id}: ${of.className || of.tagName} ${of.textContent.slice(0, 40)}`)
"""
SIZES = [(1920, 1080), (1366, 768), (390, 844)]


def open_wall(page: Page, origin: str, size: tuple[int, int] = (1920, 1080)) -> None:
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.goto(f"{origin}/wall")
    page.locator("#board[aria-busy=false]").wait_for()


def first(origin: str, panel: str) -> dict[str, float]:
    shown = get(f"{origin}/v1/reports/wall").json()["panels"][panel]
    return dict(zip(shown["columns"], shown["rows"][0], strict=True))


def test_the_wall_shows_the_numbers_of_the_read_models(page: Page, origin: str) -> None:
    open_wall(page, origin)
    month = first(origin, "first_response_month")
    expect(page.locator("#first_response_month .figure")).to_contain_text(f"{round(month['share'] * 100)} %")
    expect(page.locator("#first_response_month .detail").first).to_contain_text(f"{int(month['in_time'])} in time")
    expect(page.locator("#first_response_month .note")).to_contain_text(f"n = {int(month['n'])} · ")
    expect(page.locator("#mqls_now .figure")).to_contain_text(str(int(first(origin, "mqls_now")["mqls"])))
    expect(page.locator("#breaches_open .figure")).to_contain_text(str(int(first(origin, "breaches_open")["breaches"])))
    assert page.locator("#about_to_breach tbody tr").count() == int(first(origin, "about_to_breach")["n"])


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_nothing_is_cut_off_or_overlaps(page: Page, origin: str, size: tuple[int, int]) -> None:
    open_wall(page, origin, size)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    if size[0] > 900:
        assert page.evaluate("document.documentElement.scrollHeight <= innerHeight")
    assert page.evaluate(CUT_OFF) == []


def test_charts_are_drawn_and_have_tables_with_the_same_rows(page: Page, origin: str) -> None:
    open_wall(page, origin)
    for panel in ("mqls_pace", "channel_mix", "funnel", "rejections", "intake_rate"):
        page.locator(f"#{panel} canvas").first.wait_for()
        label = page.locator(f"#{panel} [role=img]").get_attribute("aria-label")
        assert label and "the table that follows has the numbers" in label
        shown = get(f"{origin}/v1/reports/wall").json()["panels"][panel]
        assert page.locator(f"#{panel} .unseen tbody tr").count() == len(shown["rows"])


def test_a_state_is_said_in_words(page: Page, origin: str) -> None:
    open_wall(page, origin)
    states = page.locator(".panel .figure .state").all_inner_texts()
    assert len(states) == 5 and all(states)


def test_every_panel_is_a_region_with_a_name(page: Page, origin: str) -> None:
    open_wall(page, origin)
    expect(page.get_by_role("region", name="Breaches open now")).to_be_visible()
    assert page.get_by_role("region").count() == 11


def test_freshness_stands_in_the_header_with_its_zone(page: Page, origin: str) -> None:
    open_wall(page, origin)
    expect(page.locator("#freshness-line")).to_have_text("as of 10:41 EST · 21 s behind")
    expect(page.locator("#link")).to_have_text("live")


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
