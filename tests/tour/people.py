"""Who plays in the tour: two people of our own who sell, one who runs operations, and those who might buy."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody outside, as they write themselves into a form; `cookie` is what their browser carries."""

    name: str
    email: str
    title: str
    employees: int

    @property
    def cookie(self) -> str:
        """What their browser says on every page."""
        return f"cookie of {self.name}"


ADA = Person("Ada Ferro", "ada.ferro@northwind.example", "Director of Marketing", 220)
BEN = Person("Ben Okafor", "ben.okafor@contoso.example", "VP Sales", 120)
CLEO = Person("Cleo Marsh", "cleo.marsh@fabrikam.example", "Chief Marketing Officer", 900)
IVO = Person("Ivo Brandt", "ivo.brandt@vanarsdel.example", "Marketing Manager", 30)

ANN, BOB = "ann", "bob"
OPERATIONS = "olga"
CRM = "crm"
