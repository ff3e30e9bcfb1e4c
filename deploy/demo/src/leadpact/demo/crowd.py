"""Made-up people and their ways, seeded: who they are, how they found us, what they read, how reps treat them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


FIRST = _words(
    "Amara Bela Chen Dario Elif Farid Greta Hugo Ines Jonas Kaya Lars Mina Noor Omar Pia Quentin Rosa Samir Tova Uma"
    " Viktor Wanda Xenia Yara Zeno"
)
LAST = _words(
    "Abbott Bauer Costa Dietrich Eklund Fontaine Garcia Haas Ito Jensen Kowalski Lombardi Meyer Novak Olsen Park Quist"
    " Rossi Sorensen Tanaka Ulrich Vargas Weber Xu Young Zimmer"
)
FIRMS = _words(
    "Alder Birch Cedar Delta Ember Falcon Granite Harbor Indigo Juniper Keystone Lumen Meridian Nimbus Orchard"
)
TRADES = _words("Analytics Foods Freight Health Labs Media Motors Retail Robotics Systems Textiles Travel Works")

FITTING = (
    "VP Sales",
    "Director of Marketing",
    "Head of Sales",
    "CMO",
    "VP Marketing",
    "Director of Sales",
    "Head of Marketing",
)
OTHER = (
    "Marketing Manager",
    "Software Engineer",
    "Sales Representative",
    "Student",
    "HR Manager",
    "Data Analyst",
    "Office Manager",
)

# channel, weight, share that fits, share that gets rejected
CHANNELS = (
    ("organic", 46, 0.50, 0.10),
    ("paid_search", 16, 0.45, 0.14),
    ("referral", 9, 0.60, 0.06),
    ("social", 8, 0.30, 0.22),
    ("email", 7, 0.40, 0.12),
    ("event", 6, 0.50, 0.15),
    ("partner", 5, 0.55, 0.55),
    ("direct", 3, 0.40, 0.10),
)
_LOOKS = 0.85
"""The share of those who fit that look at the prices more than once."""
PAGES = ("/", "/product", "/customers", "/blog/sla", "/docs", "/integrations")
REASONS = ("not_a_fit", "no_budget", "bad_contact_data", "no_interest")


@dataclass(frozen=True, slots=True)
class Somebody:
    """A made-up lead; `visits` are instants of looking at the prices, `at` when the form was sent."""

    number: int
    name: str
    email: str
    phone: str
    title: str
    employees: int
    company: str
    channel: str
    form: str
    at: datetime
    reads: tuple[tuple[datetime, str], ...]
    rejected: bool


def somebody(random: Random, number: int, at: datetime) -> Somebody:
    """The next person, who fills in a form at `at`."""
    channel, _, fits, rejects = random.choices(CHANNELS, weights=[row[1] for row in CHANNELS])[0]
    fitting = random.random() < fits
    first, last = random.choice(FIRST), random.choice(LAST)
    firm = f"{random.choice(FIRMS)} {random.choice(TRADES)}"
    looks = random.choice((2, 2, 3, 4)) if fitting and random.random() < _LOOKS else random.choice((0, 1, 1))
    reads = [(at - timedelta(minutes=random.randint(1, 4_000)), "/pricing") for _ in range(looks)]
    reads += [
        (at - timedelta(minutes=random.randint(1, 9_000)), random.choice(PAGES)) for _ in range(random.randint(0, 4))
    ]
    return Somebody(
        number=number,
        name=f"{first} {last}",
        email=f"{first}.{last}.{number}@{firm.replace(' ', '-').lower()}-example.com".lower(),
        phone=f"+1212{5_560_000 + number:07d}",
        title=random.choice(FITTING if fitting else OTHER),
        employees=random.choice((60, 75, 120, 180, 250, 400, 900, 2_400))
        if fitting
        else random.choice((3, 8, 20, 35, 45, 80)),
        company=firm,
        channel=channel,
        form=random.choice(("demo", "demo", "pricing", "newsletter"))
        if not fitting
        else random.choice(("demo", "demo", "pricing")),
        at=at,
        reads=tuple(sorted(reads)),
        rejected=random.random() < rejects,
    )
