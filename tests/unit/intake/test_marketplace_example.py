"""The mappings of docs/examples/marketplace do what their README says, on rows made up like those of such files."""

from datetime import UTC, datetime
from pathlib import Path

from leadpact.intake.delivery import Chunk
from leadpact.intake.domain import features, mapping, shapes
from leadpact.intake.domain.channel import today, trail
from leadpact.intake.domain.sources import table

EXAMPLE = Path(__file__).parents[3] / "docs" / "examples" / "marketplace"
LEADS = ["mql_id", "first_contact_date", "landing_page_id", "origin"]
DEALS = ["mql_id", "seller_id", "won_date", "declared_monthly_revenue"]


def drafts(name: str, header: list[str], *rows: str) -> list[shapes.Shape]:
    text = (EXAMPLE / name).read_text()
    mapping.check(text, header)
    made = table.drafts(Chunk("i", "hash", header, 1, text), "\n".join(rows).encode())
    found = [each.said for each in made]
    assert all(isinstance(each, shapes.Shape) for each in found), found
    return [each for each in found if isinstance(each, shapes.Shape)]


def test_r1_a_day_without_time_is_its_midnight_in_the_files_zone() -> None:
    (lead,) = drafts("leads.mapping.yaml", LEADS, "a1,2018-02-01,page-7,paid search")
    assert isinstance(lead, shapes.Lead)
    assert (lead.contact_id, lead.landing_page, lead.origin) == ("a1", "page-7", "paid search")
    clear = features.derive(lead, None, None, frozenset({"origin"}), str)
    assert clear == {"origin": "paid search", "landing_page": "page-7"}
    assert datetime.fromisoformat(str(lead.occurred_at)) == datetime(2018, 2, 1, 2, tzinfo=UTC)  # summer time there


def test_r1_a_naive_time_is_local_too_and_a_deal_may_come_before_its_lead() -> None:
    (deal,) = drafts("deals.mapping.yaml", DEALS, "a1,s1,2018-01-30 19:58:54,0.0")
    assert isinstance(deal, shapes.Deal)
    assert (deal.contact_id, deal.opportunity, deal.status) == ("a1", "a1", "won")
    assert datetime.fromisoformat(str(deal.occurred_at)) == datetime(2018, 1, 30, 21, 58, 54, tzinfo=UTC)


def test_a_blank_origin_is_direct_and_one_that_nobody_knows_is_other() -> None:
    blank, unknown, social = drafts(
        "leads.mapping.yaml", LEADS, "a,2018-02-01,p,", "b,2018-02-01,p,other publicities", "c,2018-02-01,p,social"
    )
    channels = [
        today().classify(trail(origin=lead.origin), None)
        for lead in (blank, unknown, social)
        if isinstance(lead, shapes.Lead)
    ]
    assert channels == ["direct", "other", "social"]
