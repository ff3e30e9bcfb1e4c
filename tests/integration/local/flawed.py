"""`python -m tests.integration.local.flawed leadpact.qualifier --role worker`: its code has a fault while a file says.

As if a bad version ran until a good one comes.

`raises`: judging a lead fails. `older`: it does not know what people look at.
"""

import os
import sys
from importlib import import_module
from pathlib import Path
from typing import Any
from unittest.mock import patch

from leadpact.contracts.errors import UnknownType
from leadpact.kit import stage
from leadpact.kit.decider import Fact
from leadpact.kit.reading import read_fact
from leadpact.kit.rows import Record
from leadpact.kit.service import main
from leadpact.qualifier.domain.decider import Qualifier

VARIABLE = "LEADPACT_FLAW"


def flawed(place: Path) -> None:
    """From now on the code has what the file at this place says."""
    decide = Qualifier.decide

    def deciding(*told: Any, **more: Any) -> Any:  # noqa: ANN401 - passed on as it is
        if _says(place) == "raises":
            raise KeyError("a fault of ours")
        return decide(*told, **more)

    def reading(record: Record) -> Fact:
        fact = read_fact(record)
        if _says(place) == "older" and fact.envelope.type == "lead.behaved":
            raise UnknownType(fact.envelope.type)
        return fact

    patch.object(Qualifier, "decide", deciding).start()
    patch.object(stage, "read_fact", reading).start()


def _says(place: Path) -> str:
    return place.read_text() if place.exists() else ""


if __name__ == "__main__":
    service = import_module(f"{sys.argv.pop(1)}.main").SERVICE
    flawed(Path(os.environ[VARIABLE]))
    main(service)
