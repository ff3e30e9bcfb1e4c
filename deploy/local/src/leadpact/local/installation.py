"""Making an installation ready before its services start: roles, schemas, tables, topics, the administrator's key."""

import asyncio
from collections.abc import Mapping

from leadpact.contracts.topics import TOPICS
from leadpact.embedded.find import Infrastructure
from leadpact.intake.main import MIGRATIONS as INTAKE
from leadpact.kit import roles
from leadpact.kit.access.store import Keys
from leadpact.kit.kafka import KafkaLog
from leadpact.kit.migrate import migrate
from leadpact.local.state import State, write_secret
