"""From text to an agreement: what is right resolves to the same bytes, what is wrong is told with its place."""

from contextlib import suppress
from copy import deepcopy
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadpact import calendar
from leadpact.contracts.agreement import Agreement, Unit, canonical
from leadpact.qualifier import starters
from leadpact.qualifier.agreement import check, content_hash, overlapping, read
from leadpact.qualifier.agreement.source import parse
from leadpact.qualifier.errors import Finding, Unsound

TODAY = date(2026, 5, 5)
SAMPLE = starters.text("sample").decode()


def made(text: str | bytes, *, json: bool = False) -> Agreement:
    raw = text.encode() if isinstance(text, str) else text
    return read(parse(raw, json=json), version=1, today=TODAY)


def findings(text: str | bytes, *, json: bool = False) -> tuple[Finding, ...]:
    with pytest.raises(Unsound) as caught:
        made(text, json=json)
    return caught.value.findings


@pytest.mark.parametrize("name", starters.names())
def test_every_starter_can_be_signed_as_it_is(name: str) -> None:
    agreement = made(starters.text(name))
    assert agreement.id == name
    assert check(agreement) == check(agreement).__class__((), ())


def test_the_sample_says_what_the_well_known_sample_says() -> None:
    sample = made(SAMPLE)
    assert sample.target_per_month == 400
    assert [(each.channel, each.at_least_percent) for each in sample.pledges] == [("organic", 40)]
    assert (sample.first_response.budget_seconds, sample.first_response.unit) == (3_600, "business")
    assert (sample.cadence.calls, sample.cadence.emails, sample.cadence.window_seconds) == (3, 3, 7 * 86_400)
    assert sample.cadence.unit == "days"


@pytest.mark.parametrize(("said", "seconds"), [("", 3_600), ("freshness: 90m", 5_400), ("freshness: 7d", 604_800)])
def test_r30_how_long_a_feed_may_be_silent_is_agreed(said: str, seconds: int) -> None:
    assert made(SAMPLE.replace("freshness: 1h", said)).freshness_seconds == seconds


def test_r30_more_than_a_week_is_no_freshness() -> None:
    (found,) = findings(SAMPLE.replace("freshness: 1h", "freshness: 8d"))
    assert (found.pointer, found.says) == ("/sales/freshness", "longer than a week")


def test_r30_the_feeds_that_prove_promises_are_agreed_each_with_its_time() -> None:
    assert made(SAMPLE).feeds == {}
    agreement = made(SAMPLE.replace("freshness: 1h", "feeds: {dialer: 4h, crm: 1d, web.2: 10m}"))
    assert agreement.feeds == {"crm": 86_400, "dialer": 14_400, "web.2": 600}
    assert content_hash(agreement) != content_hash(made(SAMPLE))


@pytest.mark.parametrize(
    ("said", "pointer", "says"),
    [
        ("feeds: {dialer: 8d}", "/sales/feeds/dialer", "longer than a week"),
        (
            "feeds: {crm: 9m}",
            "/sales/feeds/crm",
            "shorter than ten minutes, in which we may stand still ourselves unnoticed",
        ),
        (
            "feeds: {dialer: soon}",
            "/sales/feeds/dialer",
            "a duration is a number and one of s, m, h, d, w: 15m, 1h, 7d",
        ),
        ("feeds: [dialer]", "/sales/feeds", "this is to be an object with fields"),
        (
            "feeds: {Dialer/1: 1h}",
            "/sales/feeds/Dialer~11",
            "this is not of the form of a name: up to 64 small letters, digits, . _ and -",
        ),
    ],
)
def test_r30_a_feed_whose_time_is_none_is_told_with_its_place(said: str, pointer: str, says: str) -> None:
    (found,) = findings(SAMPLE.replace("freshness: 1h", said))
    assert (found.pointer, found.says) == (pointer, says) and found.line > 0


@pytest.mark.parametrize(
    ("within", "counted"),
    [
        ("7d, unit: elapsed", (7 * 86_400, Unit.DAYS)),
        ("7d", (7 * 86_400, Unit.DAYS)),
        ("7d, unit: business", (7 * 86_400, Unit.BUSINESS_DAYS)),
        ("2w, unit: business", (14 * 86_400, Unit.BUSINESS_DAYS)),
        ("168h, unit: elapsed", (168 * 3_600, Unit.ELAPSED)),
        ("56h, unit: business", (56 * 3_600, Unit.BUSINESS)),
    ],
)
def test_r05_days_are_calendar_days_unless_the_agreement_says_business_days(
    within: str, counted: tuple[int, Unit]
) -> None:
    cadence = made(SAMPLE.replace("within: 7d, unit: elapsed", f"within: {within}")).cadence
    assert (cadence.window_seconds, cadence.unit) == counted


@pytest.mark.parametrize("currency", ["usd", "US", "DOLLAR", "[USD, EUR]", "$"])
def test_r46_an_agreement_has_one_currency(currency: str) -> None:
    assert made(SAMPLE).currency == "USD"
    (found,) = findings(SAMPLE.replace("currency: USD", f"currency: {currency}"))
    assert found.pointer == "/currency"


def test_r05_any_promise_may_count_days() -> None:
    response = made(SAMPLE.replace("within: 1h, unit: business", "within: 2d, unit: business")).first_response
    assert (response.budget_seconds, response.unit) == (2 * 86_400, Unit.BUSINESS_DAYS)


def test_r03_holidays_and_zones_are_resolved_to_dates_for_three_years_on() -> None:
    resolved = calendar.from_dict(made(SAMPLE).calendar)
    assert date(2026, 7, 3) in resolved.closed  # the Fourth falls on a Saturday
    assert date(2029, 12, 25) in resolved.closed
    new_york = ZoneInfo("America/New_York")
    noon = datetime(2029, 7, 2, 12, tzinfo=new_york).astimezone(UTC)
    assert calendar.is_open(resolved, noon)
    assert calendar.due(resolved, noon, timedelta(hours=6)) == datetime(2029, 7, 3, 10, tzinfo=new_york)


def test_the_same_text_makes_the_same_hash_and_any_change_another() -> None:
    once, again = made(SAMPLE), made(SAMPLE)
    assert content_hash(once) == content_hash(again)
    assert content_hash(made(SAMPLE.replace("at_least: 50", "at_least: 51"))) != content_hash(once)
    read_again = msgspec.json.decode(canonical(once), type=Agreement)
    assert read_again == once and content_hash(read_again) == content_hash(once)


def test_json_says_the_same_as_yaml() -> None:
    plain = parse(SAMPLE.encode(), json=False).data
    assert content_hash(made(msgspec.json.encode(plain), json=True)) == content_hash(made(SAMPLE))


def test_no_is_a_word_and_times_are_no_numbers() -> None:
    data = parse(b"lands: [no, se, on, y]\nhours: 09:00\nday: 2026-05-05\nbig: 1e5\nold: 010\nn: -1.5", json=False).data
    assert data.pop("n") == -1.5
    assert data.pop("lands") == ["no", "se", "on", "y"]
    assert data == {"hours": "09:00", "day": "2026-05-05", "big": "1e5", "old": "010"}


@pytest.mark.parametrize(
    ("old", "new", "pointer", "says"),
    [
        ("at_least: 50", 'at_least: "50"', "/mql/all/2/at_least", "number"),
        ("within: 1h", "within: 1 hour", "/sales/first_response/within", "15m, 1h, 7d"),
        ("within: 1h", "within: 0h", "/sales/first_response/within", "15m, 1h, 7d"),
        ("unit: elapsed, warn_at", "unit: business_days, warn_at", "/sales/cadence/unit", "'business' or 'elapsed'"),
        ("zone: America/New_York", "zone: America/New_Amsterdam", "/zone", "New_Amsterdam"),
        ("country: US", "country: ZZ", "/holidays", "ZZ"),
        ('mon: ["09:00-17:00"]', 'mon: ["17:00-09"]', "/hours/mon/0", "17:00-09"),
        ('mon: ["09:00-17:00"]', 'lundi: ["09:00-17:00"]', "/hours/lundi", "no weekday"),
        ("mqls_per_month: 400", "mqls_per_month: 0", "/marketing/mqls_per_month", "at least 1"),
        ("name: Sample agreement", "nmae: Sample agreement", "/name", "missing"),
        ("times: 2", "tmies: 2", "/mql/all/4/tmies", "nothing of this name"),
        ("times: 2", "at_least: 2", "/mql/all/4", "at_least does not go with signal"),
        ("at_least: 50", "signal: page", "/mql/all/2", "exactly one of"),
        (", at_least: 50", "", "/mql/all/2", "say what the attribute must be"),
        ("id: looked-at-prices", "id: asked", "/mql/all/4", "stands at /mql/all/3 already"),
        ("calls: 3, emails: 3,", "", "/sales/cadence", "promises nothing"),
        ("id: sample", "id: Sample!", "/id", "small letters"),
    ],
)
def test_a_mistake_is_told_with_its_pointer_and_line(old: str, new: str, pointer: str, says: str) -> None:
    assert SAMPLE.count(old) >= 1
    found = [each for each in findings(SAMPLE.replace(old, new, 1)) if each.pointer == pointer]
    assert found and says in found[0].says
    line = next(number for number, text in enumerate(SAMPLE.splitlines(), 1) if old.splitlines()[0] in text)
    assert pointer == "/name" or abs(found[0].line - line) <= 1


def test_all_mistakes_are_told_at_once() -> None:
    slips = {
        "attribute: seniority": "attribute: seniorty",
        "within: 1h": "within: 1 hour",
        'mon: ["09:00-17:00"]': 'mno: ["09:00-17:00"]',
        "name: Sample agreement": "nmae: Sample agreement",
        "zone: America/New_York": "zone: Mars",
    }
    text = SAMPLE
    for right, slip in slips.items():
        assert right in text
        text = text.replace(right, slip, 1)
    told = {each.pointer: each.says for each in findings(text)}
    places = {"/name", "/nmae", "/zone", "/hours/mno", "/sales/first_response/within"}
    assert places < told.keys()
    assert [says for says in told.values() if "seniorty is none we derive" in says]
    assert not [says for says in told.values() if "Value error" in says or "String should" in says]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a: &x [1]\nb: *x", "aliases"),
        ("a: !!python/object/apply:os.system [true]", "tags"),
        ("[" * 1_500 + "]" * 1_500, "deeper"),
        ("a: 1\na: 2", "twice"),
        ("? [a]\n: 1", "a key is a word"),
        ("a: [1", "not YAML"),
        ("a: \x00", "not YAML"),
        ('a: "\\0"', "control character"),
        ('a: "\\ud800"', "control character"),
        ('a: "\\U99999999"', "not YAML"),
        (b"\xff\xfe\xff", "not UTF-8"),
        ("x" * 300_000, "at most"),
    ],
)
def test_text_that_is_no_document_is_refused_with_a_reason(text: str | bytes, says: str) -> None:
    assert says in findings(text)[0].says


@pytest.mark.parametrize("text", ["", "null", "[]", "5", "sample", "{}", "mql: {all: []}", "id: [[[]]]"])
def test_a_document_of_another_shape_is_refused(text: str) -> None:
    assert findings(text)


@pytest.mark.parametrize("text", ["{", "[" * 100_000, '{"a": NaN}', '"\\u0000"', '"\\ud800"', "1e999", "{'a': 1}"])
def test_json_that_is_none_is_refused(text: str) -> None:
    assert findings(text, json=True)


words = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


def replaced(data: Any, steps: list[int], weird: object) -> Any:  # noqa: ANN401 - plain data
    """The data with something weird in the place that the steps lead to."""
    if not steps or not isinstance(data, dict | list) or not data:
        return weird
    keys = list(data) if isinstance(data, dict) else list(range(len(data)))
    key = keys[steps[0] % len(keys)]
    data[key] = replaced(data[key], steps[1:], weird)
    return data


READ = parse(SAMPLE.encode(), json=False).data


@given(st.lists(st.integers(0, 40), min_size=1, max_size=4), words)
@settings(max_examples=300, deadline=None)
def test_whatever_stands_anywhere_in_the_sample_it_is_an_agreement_or_unsound(steps: list[int], weird: object) -> None:
    data = replaced(deepcopy(READ), steps, weird)
    with suppress(Unsound):
        agreement = made(msgspec.json.encode(data), json=True)
        check(agreement)
        assert content_hash(msgspec.json.decode(canonical(agreement), type=Agreement)) == content_hash(agreement)


def test_r44_overlapping_scopes_need_a_priority() -> None:
    def scoped(id_: str, scope: str, priority: int = 1, line: str = "null") -> Agreement:
        text = SAMPLE.replace("id: sample", f"id: {id_}", 1)
        return made(f"{text}\nscope: {scope}\npriority: {priority}\nproduct_line: {line}\n")

    us, de = "[{attribute: country, one_of: [US]}]", "[{attribute: country, one_of: [DE]}]"
    mine = scoped("mine", us)
    assert overlapping(mine, [scoped("other", "[]")])
    assert check(mine, [scoped("other", us)]).errors
    assert not overlapping(mine, [mine])  # its own next version
    assert not overlapping(mine, [scoped("other", de)])
    assert not overlapping(mine, [scoped("other", us, priority=2)])
    assert not overlapping(mine, [scoped("other", us, line="erp")])


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("within: 7d}", "within: 401d}", "400 days"),
        (
            "at_least_percent: 40",
            "at_least_percent: 60}\n    - {channel: sms, at_least_percent: 41",
            "more than 100 %",
        ),
        ("at_least_percent: 40", "at_least_percent: 40}\n    - {channel: organic, at_least_percent: 1", "twice"),
        ("id: no_budget", "id: not_a_fit", "twice"),
        ("times: 2, within: 7d", "times: 97, within: 1d", "never 97 times"),
    ],
)
def test_what_can_never_be_kept_is_an_error(old: str, new: str, says: str) -> None:
    assert old in SAMPLE
    assert any(says in error for error in check(made(SAMPLE.replace(old, new, 1))).errors)


def test_what_nobody_derives_is_a_warning() -> None:
    odd = made(SAMPLE.replace("attribute: seniority", "attribute: shoes").replace("channel: organic", "channel: sms"))
    assert check(odd).errors == ()
    assert [warning.split()[2] for warning in check(odd).warnings] == ["shoes", "sms"]


@pytest.mark.parametrize(
    ("said", "means"), [("", "keep"), (", exhausted: keep", "keep"), (", exhausted: recycle", "recycle")]
)
def test_r27_what_an_exhausted_cadence_leads_to_is_said_or_else_nothing(said: str, means: str) -> None:
    before = "cadence: {calls: 3, emails: 3, within: 7d, unit: elapsed, warn_at: [80], exhausted: recycle}"
    after = f"cadence: {{calls: 3, emails: 3, within: 7d{said}}}"
    assert made(SAMPLE.replace(before, after)).cadence.exhausted.value == means


def test_r27_another_word_for_it_is_a_mistake() -> None:
    (finding,) = findings(SAMPLE.replace("exhausted: recycle", "exhausted: nurture"))
    assert finding.pointer == "/sales/cadence/exhausted"
