"""Every event of the four services; importing this package fills the registry."""

from leadpact.contracts.events import agreement, control, health, lead, promises, qualification, returns, sla

__all__ = ["agreement", "control", "health", "lead", "promises", "qualification", "returns", "sla"]
