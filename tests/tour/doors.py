"""Who may deliver in the tour: the registered sources, and the keys that people and the CRM hold."""

from leadpact.contracts.envelope import Actor, ActorKind
from leadpact.kit.access import Role, Scope
from leadpact.testkit.memory import MemoryAuthority
from tests.doubles.registry import registered
from tests.tour.people import ANN, BOB, CRM, OPERATIONS

FORMS = registered("forms", "typeform", "the secret we share with Typeform")
SITE = registered("site", "segment", "the website's write key")


def keys() -> MemoryAuthority:
    """Everybody's key is their own name; the CRM speaks for people, operations may load history."""
    known = MemoryAuthority()
    for rep in (ANN, BOB):
        known.issue(rep, Actor(rep, ActorKind.HUMAN), roles={Role.SALES}, scopes={Scope.INGEST, Scope.COMMAND})
    known.issue(OPERATIONS, Actor(OPERATIONS, ActorKind.HUMAN), roles={Role.ADMIN}, scopes=set(Scope))
    known.issue(CRM, Actor(CRM, ActorKind.AUTOMATION), scopes={Scope.INGEST})
    return known
