"""`python -m leadpact.sla_monitor --role api|worker|all` runs the sla-monitor alone."""

from leadpact.kit.service import main
from leadpact.sla_monitor.main import SERVICE

if __name__ == "__main__":
    main(SERVICE)
