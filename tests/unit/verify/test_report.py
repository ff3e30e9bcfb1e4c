"""What a person reads: check by check, each figure explained, and where something is BAD what to do about it."""

import re
from pathlib import Path

import pytest

from leadpact.verify import legend
from leadpact.verify.findings import Check, Findings
from leadpact.verify.installation import told
from leadpact.verify.report import lines
from tests.unit.verify.recorded import Recorded

RUNBOOK = (Path(__file__).parents[3] / "docs" / "runbook.md").read_text()
ROW = re.compile(r"^\| `(\w+)` \| .+ \| (.+) \|$", re.MULTILINE)
SOURCES = Path(legend.__file__).parent


def _of(found: Findings) -> str:
    return "\n".join(lines(told(found, 1.0)))


def test_what_to_do_is_what_the_runbook_says() -> None:
    table = RUNBOOK.split("## What `verify` finds")[1].split("\n## ")[0]
    assert dict(ROW.findall(table.replace("*", ""))) == {check.value: of.do for check, of in legend.CHECKS.items()}
    headings = {line.lstrip("# ") for line in RUNBOOK.splitlines() if line.startswith("#")}
    assert {of.see for of in legend.CHECKS.values()} <= headings
    assert list(legend.CHECKS) == list(Check)


def test_every_figure_that_is_counted_is_explained(healthy: Recorded) -> None:
    written = "".join(file.read_text() for file in SOURCES.glob("*.py"))
    counted = {*re.findall(r'\bcount\(f?"([^"{]+)', written), *healthy.verified().figures}
    assert len(counted) > 50
    begins = [each.begins for each in legend.FIGURES]
    assert {name for name in counted if not any(b.startswith(name) or name.startswith(b) for b in begins)} == set()


def test_what_is_clean_is_said_check_by_check(healthy: Recorded) -> None:
    text = _of(healthy.verified())
    assert [line.split()[1] for line in text.splitlines() if line.startswith("ok ")] == [f"{c.value}:" for c in Check]
    assert "           3  leads: people" in text and "kinds: each one of reporting" in text
    assert " rows of lead" not in text and text.endswith("clean, 1.0 s")
    assert "BAD" not in text


def test_what_is_wrong_stands_under_its_check_with_what_to_do(week: Recorded) -> None:
    index = next(n for n, (name, _) in enumerate(week.rows) if name == "owner")
    week.rows[index][1]["owner"] = "somebody"
    text = _of(week.verified()).splitlines()
    bad = text.index("BAD  read_models: each row of reporting's tables is what the log says")
    behind = text[bad + 1 : bad + 5]
    assert behind[1].startswith("     - owner ") and "somebody" in behind[1]
    assert (
        behind[2].startswith("       do: somebody wrote into a table") and "docs/runbook.md, Read models" in behind[2]
    )
    assert sum(line.startswith("BAD") for line in text) == 1
    assert text[-1] == "NOT clean: violations: 1 of read_models, 1.0 s"


@pytest.mark.parametrize(("number", "shown", "more"), [(5, 5, ""), (6, 5, "and 1 more"), (1_234, 5, "and 1,229 more")])
def test_of_many_the_first_are_shown_and_the_others_counted(number: int, shown: int, more: str) -> None:
    found = Findings()
    for each in range(number):
        found.violated(Check.STATE, f"lead {each}", "it holds " + "much " * 400)
    text = _of(found)
    assert text.count("     - lead ") == shown and more in text
    assert max(map(len, text.splitlines())) < 400


def test_what_was_not_judged_is_not_called_ok() -> None:
    found = Findings()
    found.count("not quiet", 3)
    text = _of(found)
    assert [check for check in Check if f"--   {check.value}: " in text] == sorted(legend.QUIET, key=list(Check).index)
    assert "INCOMPLETE: 3 slots" in text
