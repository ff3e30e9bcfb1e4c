"""The list of leads and one lead's story in a real browser."""

import pytest
from httpx import get
from playwright.sync_api import Browser, Page, expect


def some(origin: str, state: str) -> str:
    return str(get(f"{origin}/v1/reports/leads", params={"state": state, "limit": 1}).json()["items"][0]["lead"])


def test_leads_are_searched_by_state_and_paged(page: Page, origin: str) -> None:
    page.goto(f"{origin}/leads")
    page.get_by_label("State").select_option("rejected")
    page.get_by_role("button", name="Search").click()
    assert set(page.locator("tbody .tag").all_inner_texts()) == {"rejected"}
    before = page.locator("tbody a").first.inner_text()
    page.get_by_role("link", name="Older").click()
    expect(page.get_by_label("State")).to_have_value("rejected")
    assert page.locator("tbody a").first.inner_text() != before


@pytest.mark.parametrize("path", ["/leads", "/origins", "/leads?promise=warned", "/leads?state=foo", "/leads/nobody"])
def test_no_page_is_wider_than_the_screen(browser: Browser, origin: str, path: str) -> None:
    page = browser.new_page()
    for width in (1366, 820, 390):
        page.set_viewport_size({"width": width, "height": 900})
        page.goto(f"{origin}{path}")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), width
        assert page.evaluate(
            "[...document.querySelectorAll('main, td, li')].every(of => of.scrollWidth <= of.clientWidth + 1)"
        ), width
    page.close()


def test_a_search_without_result_says_so(page: Page, origin: str) -> None:
    page.goto(f"{origin}/leads?id=nobody")
    expect(page.locator(".empty")).to_have_text("No lead is like that.")


@pytest.mark.parametrize("width", [1920, 390])
def test_a_lead_tells_why_it_qualified_and_how_it_was_answered(page: Page, origin: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"{origin}/leads/{some(origin, 'customer')}")
    expect(page.get_by_role("heading", name="Why it is an MQL")).to_be_visible()
    expect(page.get_by_text("seniority is director or vp")).to_be_visible()
    expect(page.locator(".promise h4").first).to_contain_text("First response")
    expect(page.get_by_text("sealed with a key of this person's own; no page opens it")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_evidence_leads_to_the_fact_in_the_time_line(page: Page, origin: str) -> None:
    page.goto(f"{origin}/leads/{some(origin, 'customer')}")
    link = page.locator(".verdicts a").first
    target = link.get_attribute("href")
    link.click()
    assert target
    expect(page.locator(target.replace("#", "[id='") + "']")).to_be_in_viewport()
    assert page.evaluate("document.querySelector('.timeline li:target') !== null")


def test_an_unknown_lead_is_a_page_that_says_so(page: Page, origin: str) -> None:
    answer = get(f"{origin}/leads/nobody", headers={"accept": "text/html"})
    assert answer.status_code == 404
    page.set_content(answer.text.split("<head>")[0] + answer.text.split("</head>")[1])
    expect(page.get_by_role("heading", name="Not Found")).to_be_visible()
