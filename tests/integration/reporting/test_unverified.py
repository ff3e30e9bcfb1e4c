"""What cannot be judged yet stands beside the share, in a list of its own, and on the lead's page (rules 30 and 37)."""

from datetime import timedelta

import msgspec
import pytest

from leadpact.contracts.events import lead, qualification, sla
from tests.integration.reporting.seeding import NOW, clear, pool, seed
from tests.integration.reporting.test_api import Served
from tests.integration.reporting.test_counting import Story

SAYS = "Nobody reached out, as far as we know: our intake stood still: unverified."
DUE = NOW - timedelta(minutes=20)


def told(*verdicts: str) -> Story:
    """One lead whose first response ran out while intake stood."""
    story = Story()
    begin = DUE - timedelta(hours=1)
    story.put(story.leads, lead.Captured(source="web", channel="organic"), begin)
    opened = qualification.EngagementOpened(
        engagement="e", agreement="demand", agreement_version=1, product_line=None, number=1
    )
    story.put(story.qualification, opened, begin)
    clock = story.clock("c", begin)
    for minutes, verdict in enumerate(verdicts):
        story.judged(clock, sla.Standing(verdict), DUE + timedelta(minutes=minutes))
        said = msgspec.structs.replace(story.sla[-1].event, says=SAYS, evidence=("stall-1",))
        story.put(story.sla, said, story.sla.pop().envelope.occurred_at)
    return story


@pytest.mark.parametrize(
    ("verdicts", "listed", "share"),
    [
        (["unverified"], ["lead-1"], None),
        (["unverified", "missed"], [], 0.0),
        (["unverified", "met"], [], 1.0),
    ],
)
async def test_r30_r37_unverified_is_listed_and_counted_apart_until_it_is_judged(
    empty: str, verdicts: list[str], listed: list[str], share: float | None
) -> None:
    await clear(empty)
    await seed(empty, told(*verdicts))
    async with pool(empty) as connections:
        served = Served(connections)
        found = (await served.get("/v1/reports/leads", promise="unverified")).json()["items"]
        assert [each["lead"] for each in found] == listed
        panel = (await served.get("/v1/reports/wall")).json()["panels"]["first_response_today"]
        row = dict(zip(panel["columns"], panel["rows"][0], strict=True))
        assert (row["share"], row["unverified"]) == (share, len(listed))
        open_ = (await served.get("/v1/reports/leads", promise="missed")).json()["items"]
        assert bool(open_) == (verdicts[-1] == "missed")


async def test_r30_the_leads_page_says_why(empty: str) -> None:
    await clear(empty)
    await seed(empty, told("unverified"))
    async with pool(empty) as connections:
        page = (await Served(connections).get("/leads/lead-1")).text
    assert '<span class="state unsure">unverified</span>' in page
    assert page.count(SAYS) == 2, "beside the promise and in the time line"
