"""`python -m leadpact.chaos.armed leadpact.intake --role worker`: a service's program, with failpoints.

LEADPACT_FAILPOINT says which, as `failing.parse` reads it. The service's own program knows of none.
"""

import os
import sys
from importlib import import_module

from leadpact.chaos.failing import VARIABLE, parse
from leadpact.kit.service import main

if __name__ == "__main__":
    service = import_module(f"{sys.argv.pop(1)}.main").SERVICE
    main(service, parse(os.environ.get(VARIABLE)))
