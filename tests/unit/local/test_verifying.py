"""`leadpact verify` is content only with what is clean and was judged as a whole."""

import pytest
from typer.testing import CliRunner

from leadpact.local import cli
from leadpact.local.verbs import verify as verb
from leadpact.verify.findings import Check, Findings
from leadpact.verify.installation import Addresses


@pytest.mark.parametrize(
    ("behind", "wrong", "code", "says"),
    [(0, 0, 0, "clean"), (3, 0, 1, "INCOMPLETE: 3 slots"), (0, 1, 1, "NOT clean"), (2, 1, 1, "NOT clean")],
)
def test_it_ends_with_1_unless_all_was_judged_and_nothing_breaks_a_rule(
    monkeypatch: pytest.MonkeyPatch, behind: int, wrong: int, code: int, says: str
) -> None:
    async def verified(*_: object) -> Findings:
        found = Findings()
        found.count("records", 10)
        found.count("not quiet", behind)
        for number in range(wrong):
            found.violated(Check.STATE, f"lead {number}", "is another")
        return found

    monkeypatch.setattr(verb, "verified", verified)
    monkeypatch.setattr(verb, "_addresses", lambda: Addresses("", "", {}))
    done = CliRunner().invoke(cli.command(["verify"]), ["verify"])
    assert (done.exit_code, says in done.output) == (code, True), done.output
