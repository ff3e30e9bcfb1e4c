"""The channel of a lead: a small versioned table over source, UTM, referrer, origin and form."""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import parse_qs, urlsplit

import yaml

CHANNELS = (
    "organic",
    "paid_search",
    "paid_social",
    "social",
    "email",
    "referral",
    "partner",
    "event",
    "direct",
    "other",
)


@dataclass(frozen=True, slots=True)
class Trail:
    """What is known of the way a person came; every part in lower case, empty where unknown."""

    source: str = ""
    medium: str = ""
    referrer: str = ""
    origin: str = ""
    form: str = ""
    click: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """The rules of one version, in order."""

    version: int
    rules: tuple[tuple[str, tuple[tuple[str, frozenset[str]], ...]], ...]

    def classify(self, trail: Trail, default: str | None) -> str:
        """The first rule that holds, else the source's own channel, else what follows from how little is known.

        A referrer is a referral; a way that somebody named and we do not know is another; none at all is direct.
        """
        for channel, tests in self.rules:
            if all(_holds(getattr(trail, part), allowed, part) for part, allowed in tests):
                return channel
        if default:
            return default
        if trail.referrer:
            return "referral"
        return "other" if trail.origin or trail.source or trail.medium else "direct"


@cache
def today() -> Table:
    """The version this code ships."""
    told: dict[str, Any] = yaml.safe_load(files(__package__).joinpath("channels.yaml").read_text(encoding="utf-8"))
    rules = []
    for rule in told["rules"]:
        tests = tuple((part, frozenset(allowed)) for part, allowed in rule.items() if part != "channel")
        rules.append((rule["channel"], tests))
    return Table(told["version"], tuple(rules))


def trail(
    *,
    utm_source: str | None = None,
    utm_medium: str | None = None,
    referrer: str | None = None,
    landing_page: str | None = None,
    origin: str | None = None,
    form: str | None = None,
) -> Trail:
    """Gather what is known; UTM parts and click ids missing in the fields are read from the landing page's address."""
    query = _query(landing_page)
    click = next((name for name in ("gclid", "msclkid", "li_fat_id") if name in query), "")
    return Trail(
        source=(utm_source or query.get("utm_source", "")).lower(),
        medium=(utm_medium or query.get("utm_medium", "")).lower(),
        referrer=host(referrer),
        origin=(origin or "").lower(),
        form=(form or "").lower(),
        click=click,
    )


def host(address: str | None) -> str:
    """The host of an address, in lower case; empty where there is none."""
    try:
        return urlsplit(address or "").hostname or ""
    except ValueError:
        return ""


def path(address: str | None) -> str:
    """The path of an address without query or fragment: the part that holds no personal data by agreement."""
    try:
        return urlsplit(address or "").path[:200]
    except ValueError:
        return ""


def _query(address: str | None) -> dict[str, str]:
    try:
        return {name: values[0] for name, values in parse_qs(urlsplit(address or "").query, max_num_fields=50).items()}
    except ValueError:
        return {}


def _holds(value: str, allowed: frozenset[str], part: str) -> bool:
    if part == "referrer":
        return any(value == domain or value.endswith("." + domain) for domain in allowed)
    return value in allowed
