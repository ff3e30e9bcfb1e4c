"""Whom a fact is about: keys in one form each, strongest first (rule 10).

The source's own contact id, the normalised email, the E.164 phone number, the address of a role (info@…: a key only
where there is no better one, so that two people behind one mailbox never become one), the anonymous id of a visitor.
"""

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

import phonenumbers
import tldextract
from email_validator import EmailNotValidError, validate_email

from leadpact.intake.domain import words
from leadpact.intake.errors import Unmappable

_domains = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None, include_psl_private_domains=False)


class KeyKind(StrEnum):
    """What identifies a person, strongest first."""

    CONTACT = "contact"
    EMAIL = "email"
    PHONE = "phone"
    ROLE = "role"
    ANONYMOUS = "anonymous"


@dataclass(frozen=True, slots=True)
class Key:
    """One key of a person in its normal form; `text` is personal data and leaves memory only as a keyed hash."""

    kind: KeyKind
    text: str


@dataclass(frozen=True, slots=True)
class Email:
    """A valid address in one form; `business` unless its domain is a free-mail provider's."""

    text: str
    domain: str
    role: bool
    business: bool


@dataclass(frozen=True, slots=True)
class Phone:
    """A valid number as E.164, with the country it belongs to (ISO alpha-2), if one."""

    text: str
    country: str | None


@lru_cache(maxsize=16_384)
def email(told: str) -> Email:
    """The address in its normal form: lower case, international domains in Unicode; raises `Unmappable`."""
    try:
        valid = validate_email(told.strip(), check_deliverability=False, test_environment=True)
    except (EmailNotValidError, UnicodeError, ValueError) as error:
        raise Unmappable("this is no email address", "/email") from error
    local, domain = valid.local_part.lower(), valid.domain.lower()
    return Email(f"{local}@{domain}", domain, local.split("+")[0] in words.ROLES, domain not in words.FREE_MAIL)


@lru_cache(maxsize=16_384)
def phone(told: str, country: str | None = None) -> Phone:
    """The number in E.164; one without `+` is read in `country`; raises `Unmappable`."""
    try:
        number = phonenumbers.parse(told, country)
    except phonenumbers.NumberParseException as error:
        raise Unmappable("this is no phone number", "/phone") from error
    if not phonenumbers.is_possible_number(number):
        raise Unmappable("this is no phone number", "/phone")
    region = phonenumbers.region_code_for_number(number)
    return Phone(
        phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164),
        region if region and region.isalpha() else None,  # 001: no country's number,
    )


@lru_cache(maxsize=16_384)
def business_domain(host: str) -> str | None:
    """The registrable domain of a company's host or address; None for free mail and for what is no domain."""
    name = host.strip().lower().rstrip(".")
    found = _domains(name)
    # a top level that the public suffix list does not know is a suffix by itself
    domain = found.top_domain_under_public_suffix or ("" if found.suffix else ".".join(name.split(".")[-2:]))
    return domain if "." in domain and domain not in words.FREE_MAIL else None


@lru_cache(maxsize=1024)
def top_level(host: str) -> str:
    """The last label of a host's name."""
    return host.rstrip(".").rpartition(".")[2]


def strongest_first(
    source: str, contact_id: str | None, mail: Email | None, tel: Phone | None, anonymous: str | None
) -> tuple[Key, ...]:
    """The keys of one item, strongest first; a contact id means something only in its source."""
    keys = []
    if contact_id:
        keys.append(Key(KeyKind.CONTACT, f"{source}\x1f{contact_id}"))
    if mail and not mail.role:
        keys.append(Key(KeyKind.EMAIL, mail.text))
    if tel:
        keys.append(Key(KeyKind.PHONE, tel.text))
    if mail and mail.role and not keys:
        keys.append(Key(KeyKind.ROLE, mail.text))
    if anonymous:
        keys.append(Key(KeyKind.ANONYMOUS, anonymous))
    return tuple(keys)
