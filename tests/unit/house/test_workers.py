"""A worker starts without the app that it does not serve: composing one loads no FastAPI."""

import subprocess
import sys

import pytest

from leadpact.local.services import SERVICES

_APPS = {"fastapi", "jinja2", "leadpact.web"}


@pytest.mark.parametrize("service", [service.schema for service in SERVICES])
@pytest.mark.parametrize(("composed", "loads"), [("main", False), ("app", True)])
def test_a_worker_loads_no_app(service: str, composed: str, loads: bool) -> None:  # noqa: FBT001 - a parameter of the test
    program = f"import sys, leadpact.{service}.{composed}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert bool(_APPS & set(done.stdout.split())) is loads
