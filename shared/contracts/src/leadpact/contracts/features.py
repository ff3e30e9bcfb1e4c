"""The clear attributes that definitions may read, by name; intake derives them, contact data never are (rule 13)."""

from collections.abc import Mapping
from types import MappingProxyType

DERIVED: Mapping[str, str] = MappingProxyType(
    {
        "seniority": "rank read from the job title: c_level, vp, director, manager or individual",
        "department": "department read from the job title: marketing, sales, engineering, finance, operations, other",
        "employees": "number of people in the company",
        "size_band": "size of the company: 1-10, 11-49, 50-199, 200-999 or 1000+",
        "industry": "industry of the company, lower case",
        "country": "ISO 3166-1 alpha-2 code, upper case",
        "business_email": "whether the address is one of a company (true) or of a free-mail provider (false)",
        "landing_page": "the page by which the lead came in: its path, or the source's name for it",
        "account": "keyed hash of the company's domain",
        "zone": "IANA time zone of the lead",
        "language": "language of the lead, as the source says it",
        "product_line": "product line of interest, as the source says it",
        "segment": "market segment, as the source says it",
        "interest": "what the lead asked about, as the source says it",
        "revenue": "revenue of the company, as the source says it",
    }
)
"""What intake puts into `features` of `lead.captured` and `lead.profiled`."""

FROM_EVENTS: Mapping[str, str] = MappingProxyType(
    {
        "channel": "how the lead found us, from its capture",
        "source": "the feed that captured the lead",
        "form": "the form by which the lead was captured",
        "campaign": "the campaign that the capture names",
        "visit_channel": "how the lead came to its latest visit, where the visit says so",
        "deal_status": "status of the latest opportunity: open, won or lost",
    }
)
"""What the qualifier reads from the events themselves."""

KNOWN: Mapping[str, str] = MappingProxyType({**DERIVED, **FROM_EVENTS})
"""Every attribute that a definition can read without a warning."""
