"""`leadpact quarantine`: waits until intake has decided, and says what came of it."""

import json
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from leadpact.local.verbs import quarantine
from tests.unit.local.asked import Installation, run

ITEM = {
    "source": "api",
    "door": "csv",
    "held_at": "",
    "ingest": None,
    "pointer": "",
    "reason": "no time",
    "import": "i-1",
}
ROW = {"filename": None, "row": None}
ITEMS = [{"id": "a1", **ITEM, **ROW}, {"id": "b2", **ITEM, **ROW}]


def intake(became: dict[str, list[str]]) -> Callable[[httpx.Request], httpx.Response]:
    """An intake that decides on each item at the second look; a lack of outcomes means that it refuses to try."""
    looked: set[str] = set()

    def answer(request: httpx.Request) -> httpx.Response:
        path = request.url.path
        if path == quarantine.PATH:
            return httpx.Response(200, json={"items": ITEMS, "next": None})
        item = path.split("/")[3]
        if request.method == "POST":
            return httpx.Response(202 if became[item] else 410, json={"ingest": item, "title": "Gone"})
        decided = item in looked
        looked.add(item)
        return httpx.Response(
            200, json=[{"outcome": each, "reason": "no time"} for each in became[item]] if decided else []
        )

    return answer


@pytest.mark.parametrize(
    ("became", "says", "code"),
    [
        ({"a1": ["normalised"], "b2": ["duplicate"]}, "2 passed, 0 still wait", 0),
        ({"a1": ["quarantined"], "b2": ["normalised", "quarantined"]}, "1 passed, 2 still wait", 1),
        ({"a1": [], "b2": ["normalised"]}, "1 passed, 1 still wait", 1),
    ],
)
def test_r8_redrive_waits_and_counts_what_passed(
    installation: Installation, became: dict[str, list[str]], says: str, code: int
) -> None:
    installation(intake(became))
    done = run("quarantine", "redrive")
    assert (done.exit_code, done.stdout.strip()) == (code, says)


def test_r8_a_redrive_says_each_reason_once(installation: Installation) -> None:
    installation(intake({"a1": ["quarantined"], "b2": ["quarantined"]}))
    assert run("quarantine", "redrive").stderr.splitlines() == ["leadpact: 2 of them: no time"]


def test_r8_a_redrive_with_a_mapping_that_is_none_is_misuse_and_says_so_once(installation: Installation) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        listed = {"items": ITEMS, "next": None}
        fault = {"pointer": "/mapping", "detail": "no YAML"}
        refused = {"title": "Unprocessable Content", "detail": "no YAML", "errors": [fault]}
        return httpx.Response(200, json=listed) if request.method == "GET" else httpx.Response(422, json=refused)

    installation(answer)
    done = run("quarantine", "redrive")
    assert (done.exit_code, done.stdout.strip()) == (2, "0 passed, 2 still wait")
    assert done.stderr.splitlines() == ["leadpact: 2 of them: 422 Unprocessable Content: /mapping: no YAML"]


def test_rows_of_a_file_are_listed_in_its_order_with_its_name(installation: Installation) -> None:
    rows = [{"id": f"r{row}", **ITEM, "filename": "leads.csv", "row": row} for row in (10, 9)]
    installation(lambda _: httpx.Response(200, json={"items": [*rows, {"id": "a1", **ITEM, **ROW}], "next": None}))
    names, *lines = [line.split("\t") for line in run("quarantine", "list").stdout.splitlines()]
    at = names.index("filename")
    assert [(line[0], line[at : at + 2]) for line in lines] == [
        ("a1", ["", ""]),
        ("r9", ["leads.csv", "9"]),
        ("r10", ["leads.csv", "10"]),
    ]


def test_r8_redrive_of_an_import_sends_the_corrected_mapping(installation: Installation, tmp_path: Path) -> None:
    got = installation(intake({"a1": ["normalised"], "b2": ["normalised"]}))
    (tmp_path / "map.yaml").write_text("kind: lead\n")
    assert run("quarantine", "redrive", "--import", "i-1", "-m", str(tmp_path / "map.yaml")).exit_code == 0
    assert got[0].url.params["import"] == "i-1"
    sent = [json.loads(request.content) for request in got if request.method == "POST"]
    assert sent == [{"mapping": "kind: lead\n"}] * 2


def test_r8_drop_names_its_items_and_its_reason(installation: Installation) -> None:
    got = installation(intake({"b2": ["rejected"]}))
    done = run("quarantine", "drop", "b", "--reason", "a test")
    assert (done.exit_code, done.stdout.strip()) == (0, "1 dropped")
    (asked,) = [request for request in got if request.method == "POST"]
    assert (asked.url.path, json.loads(asked.content)) == ("/v1/quarantine/b2/drop", {"reason": "a test"})


@pytest.mark.parametrize("words", [["--reason", "x"], ["b2", "--import", "i-1", "--reason", "x"], ["b2"]])
def test_a_drop_of_nothing_of_two_things_or_without_a_reason_is_misuse(
    installation: Installation, words: list[str]
) -> None:
    got = installation(intake({}))
    assert run("quarantine", "drop", *words).exit_code == 2
    assert got == []


def test_a_source_is_registered_with_its_mapping(installation: Installation) -> None:
    got = installation(lambda _: httpx.Response(200, json={"name": "forms", "kind": "typeform"}))
    assert run("source", "add", "forms", "--mapping", "r1=email", "--mapping", "r2=utm.source").exit_code == 0
    assert json.loads(got[0].content)["mapping"] == {"r1": "email", "r2": "utm.source"}
    assert run("source", "add", "forms", "--mapping", "email").exit_code == 2
