"""`python -m leadpact.intake`."""

from leadpact.intake.main import SERVICE
from leadpact.kit.service import main

main(SERVICE)
