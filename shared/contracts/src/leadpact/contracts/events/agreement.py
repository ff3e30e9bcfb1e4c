"""The life of agreements: topic `agreements`. Only their position in `leads` counts (rule 51)."""

from leadpact.contracts.agreement import Agreement
from leadpact.contracts.registry import Event, event


@event("agreement.drafted")
class Drafted(Event):
    """Somebody wrote down a version."""

    agreement: str
    version: int
    hash: str


@event("agreement.approved")
class Approved(Event):
    """One team's named approver signed a content hash; the envelope's actor is the person (rule 45)."""

    agreement: str
    version: int
    hash: str
    team: str


@event("agreement.activated")
class Activated(Event):
    """Both teams signed the same hash and somebody switched it on; the normaliser turns this into control records."""

    agreement: Agreement
    hash: str


@event("agreement.withdrawn")
class Withdrawn(Event):
    """The agreement is to govern no new engagement."""

    agreement: str
    version: int
