"""The list that page and dashboard are drawn from holds together."""

from importlib.resources import files
from itertools import combinations

from leadpact.reporting.domain.panels import PANELS, Kind, Panel, State
from leadpact.reporting.presenting import grid
from leadpact.reporting.reading import sql


def overlap(a: Panel, b: Panel) -> bool:
    p, q = a.place, b.place
    return p.x < q.x + q.w and q.x < p.x + p.w and p.y < q.y + q.h and q.y < p.y + p.h


def test_panels_fill_the_board_without_overlapping() -> None:
    assert not [(a.id, b.id) for a, b in combinations(PANELS, 2) if overlap(a, b)]
    assert sum(panel.place.w * panel.place.h for panel in PANELS) == 24 * 24
    assert all(panel.place.x + panel.place.w <= 24 and panel.place.y + panel.place.h <= 24 for panel in PANELS)


def test_every_panel_has_a_query_and_every_query_a_panel() -> None:
    folder = files("leadpact.reporting") / "queries"
    written = {entry.name.removesuffix(".sql") for entry in folder.iterdir() if entry.name.endswith(".sql")}
    assert written == {panel.id for panel in PANELS} | {"here"}


def test_no_query_reads_the_databases_clock() -> None:
    folder = files("leadpact.reporting")
    texts = [
        entry.read_text()
        for part in ("queries", "migrations")
        for entry in (folder / part).iterdir()
        if entry.is_file()
    ]
    banned = ("now()", "current_timestamp", "current_date", "clock_timestamp", "localtimestamp")
    assert len(texts) > len(PANELS)
    assert not [word for text in texts for word in banned if word in text.lower()]


def test_now_is_written_as_the_caller_wants_it() -> None:
    assert "$__timeTo()" in sql("funnel", "$__timeTo()::timestamptz")
    assert ":now" not in sql("funnel")


def test_every_kind_is_drawn_by_the_page() -> None:
    script = (files("leadpact.reporting") / "static" / "draw.js").read_text()
    assert not [kind for kind in Kind if f"\n    {kind}(panel, body, shown" not in script]


def test_steps_begin_with_one_that_always_holds_and_rise() -> None:
    judged = [panel for panel in PANELS if panel.steps]
    assert {panel.kind for panel in judged} == {Kind.COUNT, Kind.SHARE, Kind.TARGET, Kind.AGE, Kind.TABLE}
    for panel in judged:
        first, *others = panel.steps
        assert first.above is None
        bounds = [step.above for step in others if step.above is not None]
        assert len(bounds) == len(others) and bounds == sorted(bounds)
        assert State.UNSURE not in [step.state for step in panel.steps]


def test_the_grid_is_a_stylesheet_for_wide_screens_only() -> None:
    sheet = grid(PANELS)
    assert sheet.startswith("@media (min-width: 60rem){")
    assert "#breaches_open{grid-area:1/1/span 9/span 4}" in sheet
