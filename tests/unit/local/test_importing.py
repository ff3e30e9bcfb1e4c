"""`leadpact import`: it waits until all is judged and counted, and says what did not pass."""

import json
import signal
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import cast

import httpx
import pytest

from leadpact.local import doctor
from leadpact.local.finding import Finding
from leadpact.local.patience import Patience
from leadpact.local.state import State
from leadpact.local.verbs import importing
from tests.unit.local.asked import Installation, run

NOON = datetime(2026, 5, 5, 12, tzinfo=UTC)
FRESHNESS = "/v1/reports/freshness"
TOPICS = ("leads", "qualification", "sla")


def reaches(*passed: str) -> dict[str, object]:
    """What the reports say at noon of how far they reach: in these topics to now, in others not."""
    at = {topic: NOON if topic in passed else NOON - timedelta(seconds=1) for topic in TOPICS}
    topics = [{"topic": topic, "as_of": as_of.isoformat(), "turns": 1} for topic, as_of in at.items()]
    return {"now": NOON.isoformat(), "as_of": min(at.values()).isoformat(), "topics": topics}


def test_an_import_waits_until_all_rows_have_ended_and_says_what_did_not_pass(
    installation: Installation, tmp_path: Path
) -> None:
    states = iter(["normalising", "done"])
    counts = {"normalised": 2, "duplicate": 0, "rejected": 0, "quarantined": 1, "staged": 0, "released": 0}
    left = {"waiting": {"i-1": 1}, "reasons": []}

    def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            return httpx.Response(202, json={"import": "i-1", "rows": 3})
        if request.url.path == "/v1/agreements":
            return httpx.Response(200, json=[{"state": "in_force"}])
        if request.url.path == FRESHNESS:
            return httpx.Response(200, json=reaches(*TOPICS))
        return httpx.Response(200, json={"rows": 3, **counts, **left, "state": next(states)})

    got = installation(answer)
    (tmp_path / "leads.csv").write_text("mail\na@x.example\n")
    (tmp_path / "map.yaml").write_text("kind: lead\nfields: {email: mail}\n")
    command = ("import", str(tmp_path / "leads.csv"), "-m", str(tmp_path / "map.yaml"), "--backfill", "--json")
    done = run(*command)
    assert done.exit_code == 1
    assert json.loads(done.stdout)["quarantined"] == 1
    assert "quarantine list --import i-1" in done.stderr
    assert dict(got[1].url.params) == {"source": "api", "filename": "leads.csv", "backfill": "true"}
    assert len(got) == 5


@pytest.mark.parametrize("papers", [[], [{"state": "withdrawn"}, {"state": "signed"}]], ids=["none", "none in force"])
@pytest.mark.parametrize("backfill", [True, False], ids=["history", "live"])
def test_r43_history_is_not_sent_while_no_agreement_is_in_force(
    installation: Installation, tmp_path: Path, papers: list[dict[str, str]], *, backfill: bool
) -> None:
    came = {"rows": 1, **NONE, "state": "done", "waiting": {}, "reasons": []}

    def answer(request: httpx.Request) -> httpx.Response:
        match request.url.path:
            case "/v1/agreements":
                return httpx.Response(200, json=papers)
            case path if path == FRESHNESS:
                return httpx.Response(200, json=reaches(*TOPICS))
            case _:
                return httpx.Response(200, json={"import": "i-1", "rows": 1} if request.method == "POST" else came)

    got = installation(answer)
    for name in ("leads.csv", "map.yaml"):
        (tmp_path / name).write_text("mail\n")
    options = ["--backfill"] if backfill else []
    done = run("import", str(tmp_path / "leads.csv"), "-m", str(tmp_path / "map.yaml"), *options)
    said = f"{done.stderr}{done.exception}"
    assert "no agreement is in force" in said
    assert ("`leadpact agreement activate ID` first" in said) == backfill
    assert (done.exit_code, "POST" in [request.method for request in got]) == ((1, False) if backfill else (0, True))


def test_an_import_waits_until_all_services_have_judged_and_counted_it(
    installation: Installation, tmp_path: Path
) -> None:
    counts = dict.fromkeys(("normalised", "duplicate", "rejected", "quarantined", "staged", "released"), 0)
    came = {"rows": 1, **counts, "state": "done", "waiting": {}, "reasons": []}
    looks = iter([{**reaches(), "topics": []}, reaches("leads"), reaches("leads", "qualification"), reaches(*TOPICS)])

    def answer(request: httpx.Request) -> httpx.Response:
        match request.url.path:
            case "/v1/agreements":
                return httpx.Response(200, json=[{"state": "in_force"}])
            case path if path == FRESHNESS:
                return httpx.Response(200, json=next(looks))
            case _:
                return httpx.Response(200, json={"import": "i-1", "rows": 1} if request.method == "POST" else came)

    installation(answer)
    for name in ("leads.csv", "map.yaml"):
        (tmp_path / name).write_text("mail\n")
    done = run("import", str(tmp_path / "leads.csv"), "-m", str(tmp_path / "map.yaml"), "--backfill")
    assert done.exit_code == 0 and next(looks, None) is None
    told = [line for line in done.stderr.splitlines() if line.startswith("judging")]
    assert told == [
        "judging: waiting for intake, 0 of 3",
        "judging: waiting for the qualifier, 1 of 3",
        "judging: waiting for the sla-monitor, 2 of 3",
        "judging: done, 3 of 3",
    ]


def test_r43_who_still_judges_history_is_seen_to_move_by_turns_while_time_stands(
    installation: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts = dict.fromkeys(("normalised", "duplicate", "rejected", "quarantined", "staged", "released"), 0)
    came = {"rows": 1, **counts, "state": "done", "waiting": {}, "reasons": []}
    told = [reaches("leads", "qualification") for _ in range(4)]
    for turns, each in enumerate(told):
        each["topics"] = [{**topic, "turns": turns} for topic in cast("list[dict[str, object]]", each["topics"])]
    looks = iter([*told, reaches(*TOPICS)])

    def answer(request: httpx.Request) -> httpx.Response:
        match request.url.path:
            case "/v1/agreements":
                return httpx.Response(200, json=[{"state": "in_force"}])
            case path if path == FRESHNESS:
                return httpx.Response(200, json=next(looks))
            case _:
                return httpx.Response(200, json={"import": "i-1", "rows": 1} if request.method == "POST" else came)

    installation(answer)
    monkeypatch.setattr(importing, "Patience", partial(Patience, after=0.0))
    for name in ("leads.csv", "map.yaml"):
        (tmp_path / name).write_text("mail\n")
    done = run("import", str(tmp_path / "leads.csv"), "-m", str(tmp_path / "map.yaml"), "--backfill")
    assert done.exit_code == 0 and next(looks, None) is None
    assert "nothing has moved" not in done.stderr


@pytest.mark.parametrize(
    ("counts", "left", "says"),
    [
        (
            {"duplicate": 3, "rejected": 0},
            {"waiting": {"i-0": 2}, "reasons": []},
            ["in quarantine, since an earlier import of the same file, rows: 2", "quarantine list --import i-0"],
        ),
        (
            {"duplicate": 0, "rejected": 3},
            {"waiting": {}, "reasons": [{"row": 2, "reason": "row 2 is not UTF-8"}]},
            ["row 2 was rejected: row 2 is not UTF-8", "rejected besides, rows: 2"],
        ),
    ],
    ids=["rows of the same file still wait", "rows were rejected"],
)
def test_r8_an_import_says_which_rows_made_no_fact_and_why(
    installation: Installation, tmp_path: Path, counts: dict[str, int], left: dict[str, object], says: list[str]
) -> None:
    came = {"rows": 3, "normalised": 0, "quarantined": 0, "staged": 0, "released": 0, "state": "done", **counts, **left}

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/v1/agreements":
            return httpx.Response(200, json=[{"state": "in_force"}])
        if request.url.path == FRESHNESS:
            return httpx.Response(200, json=reaches(*TOPICS))
        return httpx.Response(200, json={"import": "i-1", "rows": 3} if request.method == "POST" else came)

    installation(answer)
    for name in ("leads.csv", "map.yaml"):
        (tmp_path / name).write_text("mail\n")
    done = run("import", str(tmp_path / "leads.csv"), "-m", str(tmp_path / "map.yaml"))
    assert done.exit_code == 1
    assert all(each in done.stderr for each in says), done.stderr


NONE = dict.fromkeys(("normalised", "duplicate", "rejected", "quarantined", "staged", "released"), 0)
WAITING = {"rows": 1, **NONE, "state": "normalising", "waiting": {}, "reasons": []}


def imported(installation: Installation, folder: Path, looks: list[dict[str, object]]) -> tuple[int, str]:
    """An import that is looked at as often as that; its exit code and what it said on stderr."""
    left = iter(looks)

    def answer(request: httpx.Request) -> httpx.Response:
        match request.url.path:
            case "/v1/agreements":
                return httpx.Response(200, json=[{"state": "in_force"}])
            case path if path == FRESHNESS:
                return httpx.Response(200, json=reaches(*TOPICS))
            case _ if request.method == "POST":
                return httpx.Response(200, json={"import": "i-1", "rows": 1})
        if (told := next(left)) == {}:
            signal.raise_signal(signal.SIGINT)
        return httpx.Response(200, json=told or WAITING)

    installation(answer)
    for name in ("leads.csv", "map.yaml"):
        (folder / name).write_text("mail\n")
    done = run("import", str(folder / "leads.csv"), "-m", str(folder / "map.yaml"))
    assert next(left, None) is None
    return done.exit_code, done.stderr


@pytest.mark.parametrize("after", [0.0, 60.0], ids=["for long", "for a moment"])
def test_point6_an_import_says_what_stands_still_and_waits_on(
    installation: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after: float
) -> None:
    async def look(_: State) -> list[Finding]:
        return [
            Finding("web", well=True, says="ready"),
            Finding("intake-1", well=False, says="slot 3: Mistaken", do="read its log"),
        ]

    monkeypatch.setattr(doctor, "look", look)
    monkeypatch.setattr(importing, "Patience", partial(Patience, after=after))
    code, said = imported(installation, tmp_path, [WAITING, WAITING, {**WAITING, "state": "done"}])
    assert code == 0
    assert ("nothing has moved" in said) == ("intake-1: slot 3: Mistaken: read its log" in said) == (after == 0)
    assert "web: ready" not in said


def test_whoever_ends_the_waiting_of_an_import_hears_that_the_rows_are_safe(
    installation: Installation, tmp_path: Path
) -> None:
    code, said = imported(installation, tmp_path, [WAITING, {}])
    assert code != 0 and "the 1 rows are safe in the log" in said
