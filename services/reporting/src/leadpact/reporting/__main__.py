"""`python -m leadpact.reporting --role api|worker|all` runs reporting alone."""

from leadpact.kit.service import main
from leadpact.reporting.main import SERVICE

if __name__ == "__main__":
    main(SERVICE)
