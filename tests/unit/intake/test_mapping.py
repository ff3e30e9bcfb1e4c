"""What mappers make of words: titles, sizes, channels, keys, mapping documents and CSV records."""

from io import BytesIO
from typing import Any

import pytest

from leadpact.contracts.events.lead import Captured
from leadpact.intake.delivery import Chunk
from leadpact.intake.domain import channel, features, keys, mapping, titles
from leadpact.intake.domain.draft import Outcome
from leadpact.intake.domain.entry import Source
from leadpact.intake.domain.sources import table
from leadpact.intake.errors import BadMapping
from tests.unit.intake.desk import Desk


@pytest.mark.parametrize(
    ("title", "seniority", "department"),
    [
        ("VP Marketing", "vp", "marketing"),
        ("Vice-President of Sales", "vp", "sales"),
        ("Chief Marketing Officer", "c_level", "marketing"),
        ("Geschäftsführer", "c_level", "other"),
        ("Director, Demand Generation", "director", "marketing"),
        ("Leiterin Vertrieb", "director", "sales"),
        ("Sales Manager", "manager", "sales"),
        ("CTO", "c_level", "engineering"),
        ("Contractor", "individual", "other"),
        ("Owner", "c_level", "other"),
        ("Co-Owner", "c_level", "other"),
        ("Managing Partner", "c_level", "other"),
        ("Partner, Sales", "c_level", "sales"),
        ("CMO", "c_level", "marketing"),
        ("VP Sales", "vp", "sales"),
        ("Partner Marketing Manager", "manager", "marketing"),
        ("VP Partner Sales", "vp", "sales"),
        ("Head of Partner Management", "director", "other"),
        ("Product Owner, Marketing", "individual", "marketing"),
        ("Product Owner", "individual", "other"),
        ("HR Business Partner", "individual", "operations"),
        ("Executive Assistant to the CMO", "individual", "marketing"),
        ("Assistant to the Director of Sales", "individual", "sales"),
        ("Assistentin der Geschäftsführerin", "individual", "other"),
    ],
)
def test_r13_rank_and_department_are_read_from_a_title(title: str, seniority: str, department: str) -> None:
    assert (titles.seniority(title), titles.department(title)) == (seniority, department)


@pytest.mark.parametrize(
    ("title", "seniority"),
    [
        ("Assistant Vice President", "vp"),
        ("Assistant Vice-President, Treasury", "vp"),
        ("AVP", "vp"),
        ("Assistant Director", "director"),
        ("Assistant Manager", "manager"),
        ("Assistant to the Vice President", "individual"),
        ("Vice President's Assistant", "individual"),
        ("Marketing Director Assistant", "individual"),
    ],
)
def test_r13_an_assistant_before_a_rank_is_of_that_rank_as_in_banks_and_any_other_is_none(
    title: str, seniority: str
) -> None:
    assert titles.seniority(title) == seniority


@pytest.mark.parametrize(
    ("told", "size", "band"),
    [
        ("51-200", 51, "50-199"),
        ("1,000+", 1_000, "1000+"),
        (49, 49, "11-49"),
        ("10 people", 10, "1-10"),
        ("200", 200, "200-999"),
    ],
)
def test_r13_company_sizes_are_read_as_people_write_them(told: Any, size: int, band: str) -> None:  # noqa: ANN401 - JSON
    assert features.employees(told) == size and features.size_band(size) == band


@pytest.mark.parametrize(
    ("told", "found"),
    [
        ({"utm_medium": "cpc", "utm_source": "google"}, "paid_search"),
        ({"utm_medium": "Newsletter"}, "email"),
        ({"utm_source": "linkedin", "utm_medium": "paid-social"}, "paid_social"),
        ({"referrer": "https://www.google.com/search?q=x"}, "organic"),
        ({"referrer": "https://mail.google.com/"}, "email"),
        ({"referrer": "https://notgoogle.com/"}, "referral"),
        ({"referrer": "https://lnkd.in/x"}, "social"),
        ({"landing_page": "https://x.example/?gclid=1"}, "paid_search"),
        ({"landing_page": "https://x.example/?gclid=1", "referrer": "https://www.google.com/"}, "paid_search"),
        ({"landing_page": "https://x.example/?msclkid=1"}, "paid_search"),
        ({"landing_page": "https://x.example/?msclkid=1", "referrer": "https://www.bing.com/"}, "paid_search"),
        ({"landing_page": "https://x.example/?msclkid=1&utm_source=yahoo"}, "paid_search"),
        ({"landing_page": "https://x.example/?li_fat_id=1"}, "paid_social"),
        ({"landing_page": "https://x.example/?fbclid=1", "referrer": "https://l.facebook.com/"}, "social"),
        ({"landing_page": "https://x.example/?utm_medium=organic"}, "organic"),
        ({"origin": "Paid Search"}, "paid_search"),
        ({"origin": "unknown"}, "other"),
        ({"origin": "Flyers at the station"}, "other"),
        ({"utm_source": "somebody", "utm_medium": "something"}, "other"),
        ({"origin": "Flyers", "referrer": "https://partner.example/"}, "referral"),
        ({"form": "webinar", "utm_medium": "cpc"}, "event"),
        ({"referrer": "http://[broken"}, "direct"),
        ({}, "direct"),
    ],
)
def test_a_channel_is_told_by_the_table(told: dict[str, str], found: str) -> None:
    assert channel.today().classify(channel.trail(**told), None) == found
    assert found in channel.CHANNELS


def test_every_click_that_the_table_names_is_found_in_an_address() -> None:
    named = {
        click for _, tests in channel.today().rules for part, allowed in tests if part == "click" for click in allowed
    }
    assert named == {channel.trail(landing_page=f"https://x.example/?{click}=1").click for click in named}


async def test_a_source_may_say_what_its_leads_channel_is_when_nothing_else_does() -> None:
    desk = Desk(Source("fair", channel="event"))
    await desk.deliver(
        "leads", [{"email": "a@x.example"}, {"email": "b@x.example", "utm": {"medium": "cpc"}}], source="fair"
    )
    assert [captured.channel for captured in desk.facts(Captured)] == ["event", "paid_search"]


async def test_r13_contact_data_leave_only_sealed() -> None:
    desk = Desk()
    lead = {"email": "ann@acme.example", "phone": "+14155550123", "name": "Ann Lee", "company": "Acme"}
    attributes = {"industry": "retail", "diet": "vegan"}
    await desk.deliver("leads", lead | {"landing_page": "https://x.example/p?email=ann", "attributes": attributes})
    (captured,) = desk.facts(Captured)
    clear = repr(captured.features)
    assert not any(word in clear for word in ("ann", "Ann", "4155550123", "cme", "vegan"))
    assert captured.features["industry"] == "retail" and captured.features["landing_page"] == "/p"
    (contact,) = await desk.contacts()
    assert contact is not None and "retail" not in contact.values()
    assert {"ann@acme.example", "+14155550123", "Ann Lee", "vegan"} <= set(contact.values())


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ({"origin": " Flyers "}, "Flyers"),
        ({"origin": "Flyers", "attributes": {"origin": "Leaflet"}}, "Leaflet"),
        ({"origin": "Flyers", "attributes": {"origin": None}}, "Flyers"),
        ({"origin": "Flyers", "attributes": {"origin": " "}}, "Flyers"),
        ({"origin": " "}, None),
        ({}, None),
    ],
)
async def test_r13_the_senders_word_for_the_origin_is_an_attribute_where_the_source_lists_it_as_clear(
    said: dict[str, Any], found: str | None
) -> None:
    desk = Desk(Source("shop", clear=frozenset({"origin"})))
    await desk.deliver("leads", {"email": "ann@acme.example"} | said, source="shop")
    (captured,) = desk.facts(Captured)
    assert captured.features.get("origin") == found


async def test_r13_an_origin_that_no_source_lists_as_clear_tells_the_channel_only() -> None:
    desk = Desk()
    lead = {"email": "ann@acme.example", "origin": "paid search", "attributes": {"origin": "Ann's mother"}}
    await desk.deliver("leads", lead)
    (captured,) = desk.facts(Captured)
    assert captured.channel == "paid_search" and "origin" not in captured.features
    (contact,) = await desk.contacts()
    assert contact is not None and contact["origin"] == "Ann's mother"


def test_r10_the_same_number_written_in_two_ways_is_one_key() -> None:
    assert keys.phone("(415) 555-0123", "US") == keys.phone("+1 415 555 0123")


@pytest.mark.parametrize(
    ("text", "pointer"),
    [
        ("kind: lead\nfields: {email: missing}", "/fields/email"),
        ("kind: lead\nfields: {email: {path: 'join('}}", "/fields/email/path"),
        ("kind: lead\nfields: {email: {column: a, value: b}}", "/fields/email"),
        ("kind: nothing\nfields: {}", "/kind"),
        ("kind: lead\nzone: Mars/Base\nfields: {}", "/zone"),
        ("kind: 2001-99-99\nfields: {}", "/kind"),
        ("kind: lead\nfields: {email: {value: 2001-99-99, path: a}}", "/fields/email"),
        ("kind: !!int foo\nfields: {}", ""),
        ("kind: !!timestamp foo\nfields: {}", ""),
        ("kind: lead\nfields: &a {x: {column: a}, y: *a}", ""),
        ('kind: "\\UFFFFFFFF"\nfields: {}', ""),
        ("kind: 0x_\nfields: {}", ""),
        (f"kind: {'9' * 5_000}\nfields: {{}}", ""),
        ("kind: lead\nfields: " + "[" * 5_000, ""),
        ("kind: lead\nfields: {}\n" + "#" * mapping.LONGEST, ""),
        (f"kind: lead\nfields: {{email: {{path: '{'(' * 1_000}'}}}}", "/fields/email/path"),
        (f"kind: lead\nfields: {{email: {{path: '{'!' * 999}a'}}}}", "/fields/email/path"),
        (f"kind: lead\nfields: {{email: {{path: '{'(' * 3_000}'}}}}", "/fields/email/path"),
        (f"kind: lead\nfields: {{email: {{path: '{'!' * 3_000}a'}}}}", "/fields/email/path"),
        (f"kind: lead\nfields: {{email: {{path: 'a[{'9' * 900}'}}}}", "/fields/email/path"),
        ("kind: lead\nfields: {a/b: missing}", "/fields/a~1b"),
        ('kind: lead\nfields: {form: {value: "a\\0b"}}', ""),
        ('kind: lead\nfields: {form: {value: "\\ud800"}}', ""),
        ("kind: lead\nfields: {employees: {value: .nan}}", "/fields/employees/value"),
        ("- a list", ""),
        ("{", ""),
    ],
)
def test_a_mapping_that_cannot_work_is_refused_before_anything_is_published(text: str, pointer: str) -> None:
    with pytest.raises(BadMapping) as refused:
        mapping.check(text, ["a"])
    assert refused.value.pointer == pointer


def test_a_record_ends_where_its_quotes_are_closed() -> None:
    lines = [b'a,"b\n', b'still b"\n', b"\n", b"c,d\r\n", b'"open\n', b"for ever\n"]
    assert list(table.records(lines)) == [b'a,"b\nstill b"\n', b"c,d\r\n", b'"open\nfor ever\n']
    swallowed = [b'"open\n'] + [b"x" * 999 + b"\n"] * 200
    assert all(len(record) < 2 * table.LONGEST for record in table.records(swallowed))
    assert len(list(table.records(swallowed))) > 1


async def test_rows_are_mapped_by_column_path_and_constant() -> None:
    text = """
kind: deal
zone: America/Sao_Paulo
fields:
  contact_id: id
  occurred_at: won
  opportunity: {path: "join('-', ['O', id])"}
  status: {value: won}
  amount.minor: {column: cents, type: int}
  amount.currency: {value: BRL}
"""
    desk = Desk(Source("olist"))
    chunk = Chunk("i", "f", ["id", "won", "cents"], 1, text)
    rows = b"a,2018-02-26 19:58:54,1200\nb,2018-02-26,twelve\n"
    delivery = await desk.deliver("csv", rows, source="olist", chunk=chunk)
    assert desk.outcomes(delivery) == [Outcome.NORMALISED, Outcome.QUARANTINED]
    (envelope,) = desk.once()
    assert envelope.occurred_at.isoformat() == "2018-02-26T22:58:54+00:00"
    assert b'"opportunity":"O-a"' in bytes(envelope.data) and b'"minor":1200' in bytes(envelope.data)


@pytest.mark.parametrize(
    "path",
    ["join('-', email)", "values(@)[::0]", "ceil(to_number('inf'))", '`"\\u0000"`', '`"\\ud800"`', "abs(email)"],
)
async def test_r8_a_row_on_which_an_expression_fails_is_quarantined_without_being_repeated(path: str) -> None:
    text = f"kind: lead\nfields:\n  email: email\n  attributes.revenue:\n    path: |-\n      {path}\n"
    mapping.check(text, ["email"])
    desk = Desk()
    delivery = await desk.deliver("csv", b"ann@x.example\n", chunk=Chunk("i", "f", ["email"], 1, text))
    assert desk.outcomes(delivery) == [Outcome.QUARANTINED]
    (ended,) = desk.books.outcomes.values()
    assert "ann" not in ended.reason and "mistake" not in ended.reason


@pytest.mark.parametrize("told", ["9" * 300, str(10**30), "1e308"])
async def test_r8_a_number_beyond_64_bits_in_a_row_is_quarantined(told: str) -> None:
    text = "kind: lead\nfields: {email: a, attributes.revenue: {column: b, type: int}}"
    desk = Desk()
    delivery = await desk.deliver("csv", f"a@x.example,{told}\n".encode(), chunk=Chunk("i", "f", ["a", "b"], 1, text))
    assert desk.outcomes(delivery) == [Outcome.QUARANTINED]


def test_a_line_without_end_comes_in_parts_that_are_cut_alike_again() -> None:
    content = b"a,b\n" + b"x" * (2 * table.BYTES_A_CHUNK + 1) + b"\nc,d\n"
    found = list(table.records(table.lines(BytesIO(content))))
    assert max(map(len, found)) <= table.BYTES_A_CHUNK + table.LONGEST and b"".join(found) == content
    for first in range(len(found)):
        again = list(table.records(table.lines(BytesIO(b"".join(found[first:])))))
        assert again == found[first:]
