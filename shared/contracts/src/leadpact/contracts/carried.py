"""Which events occur in which topic."""

from collections.abc import Mapping
from types import MappingProxyType, ModuleType

from leadpact.contracts.events import agreement, control, health, lead, promises, qualification, returns, sla
from leadpact.contracts.registry import BY_KIND
from leadpact.contracts.topics import AGREEMENTS, LEADS, PROMISES, QUALIFICATION, RETURNS, SLA


def _of(*modules: ModuleType) -> frozenset[str]:
    homes = {module.__name__ for module in modules}
    return frozenset(declared.name for kind, declared in BY_KIND.items() if kind.__module__ in homes)


CARRIED: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        LEADS.name: _of(lead, control, health),
        AGREEMENTS.name: _of(agreement),
        QUALIFICATION.name: _of(lead, control, qualification, health) - {"lead.behaved"},
        SLA.name: _of(sla, health) | {"command.refused", "backfill.opened", "backfill.closed"},
        RETURNS.name: _of(returns),
        PROMISES.name: _of(promises),
    }
)
"""Wire names by topic; `raw` carries bytes as received, `marks` no events. Mere behaviour ends at the qualifier;
control records go no further than who needs them, but every topic says when a lane opens and closes."""
