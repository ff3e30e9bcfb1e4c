"""What reporting is told by its environment."""

from leadpact.kit.settings import Settings


class ReportingSettings(Settings):
    """`port`: where the process answers, 0 for any free one; `failpoint`: see `leadpact.kit.failpoints`, for tests."""

    port: int = 0
    failpoint: str | None = None
