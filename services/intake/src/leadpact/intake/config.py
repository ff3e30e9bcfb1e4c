"""What intake is told by its environment."""

from leadpact.kit.service import ServiceSettings


class IntakeSettings(ServiceSettings):
    """Nothing beside what every service is told."""
