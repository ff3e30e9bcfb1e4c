"""What definitions may read, derived here and kept in the clear; all else about a person is sealed (rule 13)."""

import re
from collections.abc import Callable

import phonenumbers

from leadpact.contracts.events.lead import Feature
from leadpact.intake.domain import channel, keys, times, titles, words
from leadpact.intake.domain.keys import Email, Phone
from leadpact.intake.domain.shapes import Lead

CLEAR = ("industry", "product_line", "segment", "interest", "language", "revenue")
"""Attributes that are clear unless the source says otherwise."""

_SIZES = ((10, "1-10"), (49, "11-49"), (199, "50-199"), (999, "200-999"))
_NUMBER = re.compile(r"\d{1,3}(?:[,.' ]\d{3})+|\d{1,9}")
_MOST_PEOPLE = 10_000_000
_REGIONS = frozenset(phonenumbers.SUPPORTED_REGIONS)


def derive(
    lead: Lead, mail: Email | None, tel: Phone | None, clear: frozenset[str], hashed: Callable[[str], str]
) -> dict[str, Feature]:
    """The clear attributes that this item tells; `hashed` gives the keyed hash of an account's domain."""
    found: dict[str, Feature] = {}
    if title := text(lead.job_title):
        found["seniority"] = titles.seniority(title)
        found["department"] = titles.department(title)
    if (size := employees(lead.employees)) is not None:
        found["employees"] = size
        found["size_band"] = size_band(size)
    domain = keys.business_domain(channel.host(_address(lead.website)) or (mail.domain if mail else ""))
    if domain:
        found["account"] = hashed(domain)
    if land := country(lead.country, tel, domain):
        found["country"] = land
    if mail:
        found["business_email"] = mail.business
    if page := text(lead.landing_page):
        found["landing_page"] = channel.path(page) or "/"
    if zone := text(lead.zone):
        found["zone"] = times.zone(zone).key
    return found | _attributes(lead, clear)


def contact(lead: Lead, mail: Email | None, tel: Phone | None, clear: frozenset[str]) -> dict[str, str]:
    """What is sealed: how to reach the person, and every attribute that nobody declared clear."""
    told = {
        name: value
        for name in (
            "name",
            "first_name",
            "last_name",
            "company",
            "website",
            "job_title",
            "landing_page",
            "referrer",
            "phone",
        )
        if (value := text(getattr(lead, name)))
    }
    if mail:
        told["email"] = mail.text
    if tel:
        told["phone"] = tel.text
    others = {name: str(value) for name, value in lead.attributes.items() if name not in clear and value is not None}
    return others | told


def employees(told: float | str | None) -> int | None:
    """The number of people, of a range its lower end; None where there is none to read."""
    if isinstance(told, str):
        number = _NUMBER.search(told)
        told = int(re.sub(r"\D", "", number[0])) if number else None
    return int(told) if told is not None and 0 < told < _MOST_PEOPLE else None


def size_band(size: int) -> str:
    """The band that a company of so many people belongs to."""
    return next((band for most, band in _SIZES if size <= most), "1000+")


def country(told: str | None, tel: Phone | None, domain: str | None) -> str | None:
    """ISO alpha-2: as told, else of the phone number, else of the company's domain."""
    name = (text(told) or "").casefold()
    if name.upper() in _REGIONS:
        return name.upper()
    if name in words.COUNTRIES:
        return words.COUNTRIES[name]
    if tel and tel.country:
        return tel.country
    return words.TOP_LEVELS.get(keys.top_level(domain)) if domain else None


def text(told: str | None) -> str | None:
    """Blank means null."""
    return (told.strip() or None) if told else None


def _address(website: str | None) -> str:
    website = text(website) or ""
    return website if "://" in website or not website else f"https://{website}"


def _attributes(lead: Lead, clear: frozenset[str]) -> dict[str, Feature]:
    # the field `origin` is the attribute of that name for whoever does not tell it twice
    told = [("origin", lead.origin), *lead.attributes.items()]
    plain = ((name, _plain(value)) for name, value in told if name in clear)
    return {name: value for name, value in plain if value is not None}


def _plain(value: Feature | None) -> Feature | None:
    return text(value) if isinstance(value, str) else value
