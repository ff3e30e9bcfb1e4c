"""The four services of an installation, in the order of the story."""

from typing import Any

from leadpact.intake.main import SERVICE as INTAKE
from leadpact.kit.service import Service
from leadpact.qualifier.main import SERVICE as QUALIFIER
from leadpact.reporting.main import SERVICE as REPORTING
from leadpact.sla_monitor.main import SERVICE as SLA_MONITOR

SERVICES: tuple[Service[Any], ...] = (INTAKE, QUALIFIER, SLA_MONITOR, REPORTING)
