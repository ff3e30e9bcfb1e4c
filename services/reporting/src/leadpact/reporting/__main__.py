"""`python -m leadpact.reporting --role api|worker|all` runs reporting alone."""

import argparse
import sys
from functools import partial

from leadpact.kit.runtime import run
from leadpact.kit.settings import load
from leadpact.reporting import main
from leadpact.reporting.config import ReportingSettings

if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="leadpact.reporting", description=__doc__)
    parser.add_argument("--role", choices=("api", "worker", "all"), default="all")
    role = parser.parse_args().role
    settings = load(ReportingSettings)
    sys.exit(run("reporting", settings, partial(main.run, settings=settings, role=role)))
