"""What a person sees in a terminal, however narrow."""

import io
from collections.abc import Sequence

import pytest
from rich.console import Console

from leadpact.local import show

URL = "http://127.0.0.1:38093/v1/leads"


def drawn(monkeypatch: pytest.MonkeyPatch, columns: Sequence[str], rows: Sequence[Sequence[object]], width: int) -> str:
    """The lines of a table on a terminal so wide, without the colours and the blanks at their ends."""
    paper = io.StringIO()
    terminal = Console(file=paper, force_terminal=True, color_system=None, width=width, highlight=False, soft_wrap=True)
    monkeypatch.setattr(show, "_out", terminal)
    show.table(columns, rows)
    return "\n".join(line.rstrip() for line in paper.getvalue().splitlines())


def test_a_table_that_fits_stands_in_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    found = drawn(monkeypatch, ("name", "url"), [("web", URL), ("[b]", "none")], 80)
    assert found == f"name  url\nweb   {URL}\n[b]   none"


def test_words_are_folded_and_never_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    found = drawn(monkeypatch, ("url", "says"), [(URL, "delivered here and nowhere else")], 50)
    assert found == f"{'url':<31}  says\n{URL}  delivered here and\n{'':<31}  nowhere else"


def test_where_a_word_would_be_cut_each_value_stands_beside_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    found = drawn(monkeypatch, ("id", "pointer", "url"), [(1, "", URL), (2, "/email", URL)], 30)
    assert found.replace("\n127", "127") == (
        f"id       1\nurl      {URL}\n\nid       2\npointer  /email\nurl      {URL}"
    )
