"""A database with a role and schema per service, for tests; a pytest plugin beside `infra`."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from leadpact.embedded.waiting import run
from leadpact.kit import roles

MASTER = bytes(range(32))


@dataclass(frozen=True, slots=True)
class Installation:
    """Where a test's services find their schemas, and the master key they share."""

    admin_dsn: str
    master: bytes = MASTER

    def dsn(self, schema: str) -> str:
        """The address for the role of one schema."""
        return roles.dsn(self.admin_dsn, schema, roles.password(self.admin_dsn, schema, self.master))


@pytest.fixture
def installation(database: str) -> Iterator[Installation]:
    """Roles and empty schemas of all services in a database of this test's own; gone afterwards."""
    run(roles.provision(database, MASTER))
    yield Installation(database)
    run(roles.remove(database))
