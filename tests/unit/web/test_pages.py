"""Pages and their files: from our own origin only, kept by caches only under their hash, safe to print into."""

import re
import tomllib
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from importlib.resources import files

import httpx
import pytest
from jinja2 import UndefinedError

from leadpact.web.app import create_app
from leadpact.web.assets import Assets
from leadpact.web.filters import MISSING, count, duration, local_time
from leadpact.web.pages import Pages

WEB = files("leadpact.web")


async def test_a_page_loads_from_its_own_origin_only(client: httpx.AsyncClient) -> None:
    html = (await client.get("/page")).text
    loaded = re.findall(r'(?:src|href)="([^"#]+)"', html)
    assert len(loaded) > 5
    assert all(re.match(r"/\w*", url) and not url.startswith("//") for url in loaded)
    assert "<style" not in html
    assert not re.search(r"<script(?![^>]* src=)|\sstyle=|\son\w+=", html)


@pytest.mark.parametrize("path", ["/page", "/nowhere", "/broken", "/stream", "/static/web/0/frame.css"])
async def test_every_answer_carries_the_policy(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path)
    policy = answer.headers.get_list("content-security-policy")
    assert len(policy) == 1
    assert "default-src 'self'" in policy[0]
    assert "unsafe" not in policy[0]
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_what_people_wrote_is_never_markup(client: httpx.AsyncClient) -> None:
    html = (await client.get("/page", params={"said": "<script>alert(1)</script>"})).text
    assert "&lt;script&gt;alert(1)" in html
    assert "<script>alert" not in html


async def test_files_are_kept_for_ever_and_only_under_their_hash(client: httpx.AsyncClient) -> None:
    url = Assets(("leadpact.web",)).url("web/frame.css")
    answer = await client.get(url)
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "public, max-age=31536000, immutable")
    assert answer.headers["content-type"].startswith("text/css")
    assert sha256(answer.content).hexdigest()[:16] in url
    assert (await client.get(re.sub(r"/[0-9a-f]{16}/", "/0000000000000000/", url))).status_code == 404
    assert (await client.get("/static/web/../errors.py")).status_code == 404
    assert (await client.get("/page")).headers["cache-control"] == "no-store"


async def test_the_current_page_is_marked_and_the_content_can_be_skipped_to(client: httpx.AsyncClient) -> None:
    html = (await client.get("/page")).text
    assert re.findall(r'<a href="([^"]+)" aria-current="page"', html) == ["/page"]
    assert html.index('href="#main"') < html.index("<nav")
    assert '<main id="main"' in html


async def test_the_wall_has_the_navigation_of_every_page_and_its_own_title(client: httpx.AsyncClient) -> None:
    html, other = (await client.get("/wall")).text, (await client.get("/page")).text
    assert '<body class="wall">' in html
    links = re.findall(r'<li><a href="([^"]+)"', html)
    assert links == re.findall(r'<li><a href="([^"]+)"', other) != []
    assert "<h1>Sample</h1>" in html


async def test_a_browser_gets_refusals_as_a_page(client: httpx.AsyncClient) -> None:
    answer = await client.get("/refused", headers={"accept": "text/html,*/*"})
    assert (answer.status_code, answer.headers["retry-after"]) == (409, "7")
    assert "<h1>Conflict</h1>" in answer.text


async def test_documentation_pages_would_need_a_cdn_and_are_not_served(client: httpx.AsyncClient) -> None:
    assert [(await client.get(path)).status_code for path in ("/docs", "/redoc", "/openapi.json")] == [404, 404, 200]


async def test_an_operation_is_described_by_the_first_clause_of_its_docstring() -> None:
    app = create_app("sample", "0")

    @app.get("/row")
    async def one() -> None:
        """A row of seats: 1.5 m wide; at most two."""

    @app.get("/silent")
    async def two() -> None:
        pass

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://sample") as client:
        paths = (await client.get("/openapi.json")).json()["paths"]
    assert paths["/row"]["get"]["summary"] == "A row of seats"
    assert paths["/row"]["get"]["description"] == "A row of seats: 1.5 m wide; at most two."
    assert paths["/silent"]["get"]["summary"] == "Two"


def test_a_template_that_misses_a_value_fails() -> None:
    made = Pages("Sample", "tests.unit.web.sample", ())
    template = made._environment.from_string("{{ absent }}")
    with pytest.raises(UndefinedError):
        template.render()


def test_vendored_files_are_what_their_authors_released() -> None:
    listed: dict[str, str] = {}
    for asset in tomllib.loads((WEB / "vendored.toml").read_text())["asset"]:
        assert asset["licence"]
        assert any("LICENSE" in file["to"] for file in asset["files"])
        listed |= {file["to"]: file["sha256"] for file in asset["files"]}
    kept = {file.name: sha256(file.read_bytes()).hexdigest() for file in (WEB / "static" / "vendor").iterdir()}
    assert kept == listed


def test_the_charts_are_the_full_build() -> None:
    assert b'"series.gauge"' in (WEB / "static" / "vendor" / "echarts.min.js").read_bytes()


def test_r48_a_local_time_says_its_zone() -> None:
    instant = datetime(2026, 6, 5, 14, 30, tzinfo=UTC)
    assert local_time(instant, "Europe/Berlin") == (
        '<time datetime="2026-06-05T14:30:00Z">5 Jun 2026, 16:30 <span class="zone">Europe/Berlin</span></time>'
    )
    assert local_time(None, "Europe/Berlin") == MISSING
    assert local_time(instant, "Europe/Berlin", seconds=True, said=True) == (
        '<time datetime="2026-06-05T14:30:00Z">5 Jun 2026, 16:30:00</time>'
    )


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 s"), (59.9, "59 s"), (309, "5 min 09 s"), (3900, "1 h 05 min"), (86400 * 2 + 3 * 3600 + 59, "2 d 03 h")],
)
def test_a_duration_is_worded_in_two_units(seconds: float, words: str) -> None:
    assert duration(timedelta(seconds=seconds)) == words


def test_a_duration_is_as_exact_as_it_is_asked_for() -> None:
    span = timedelta(days=2, seconds=3659)
    assert [duration(span, units) for units in (1, 3, 4)] == ["2 d", "2 d 01 h 00 min", "2 d 01 h 00 min 59 s"]


def test_what_is_over_or_missing_is_said_so() -> None:
    assert duration(timedelta(seconds=-300)) == "\N{MINUS SIGN}5 min 00 s"
    assert duration(timedelta(seconds=-0.5)) == "0 s"
    assert (duration(None), count(None)) == (MISSING, MISSING)
    assert (count(1234567), count(-1000), count(7)) == ("1\u202f234\u202f567", "\N{MINUS SIGN}1\u202f000", "7")
