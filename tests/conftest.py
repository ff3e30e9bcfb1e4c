"""What every test may use: a real Kafka and a real PostgreSQL, if it asks for them."""

import logging
import signal
from collections.abc import Iterator

import pytest
import structlog
from hypothesis import settings

pytest_plugins = ["leadpact.testkit.infra", "leadpact.testkit.installation"]

signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it, and all they start

settings.register_profile("leadpact", derandomize=True, deadline=None)  # one commit, one outcome
settings.load_profile("leadpact")

structlog.configure(  # its default draws each failure in colours, which took half the time of tests that cause many
    processors=[
        structlog.processors.add_log_level,
        structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
    ]
)


@pytest.fixture
def logging_of_its_own() -> Iterator[None]:
    """The test configures logs as a process does; afterwards they are as before."""
    handlers, level, lines = logging.root.handlers[:], logging.root.level, structlog.get_config()
    yield
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)
    structlog.configure(**lines)
