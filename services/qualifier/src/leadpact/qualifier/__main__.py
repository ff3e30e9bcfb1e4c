"""`python -m leadpact.qualifier --role api|worker|all` runs the qualifier alone."""

from leadpact.kit.service import main
from leadpact.qualifier.main import SERVICE

if __name__ == "__main__":
    main(SERVICE)
