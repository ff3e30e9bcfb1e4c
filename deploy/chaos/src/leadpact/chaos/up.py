"""`python -m leadpact.chaos.up 2`: an installation as `leadpact up` starts it, whose workers have failpoints."""

import asyncio
import sys

from leadpact.local.runner import Options
from leadpact.local.starting import stay
from leadpact.local.state import found

if __name__ == "__main__":
    asyncio.run(stay(found(), Options(workers=int(sys.argv[1]), through=("leadpact.chaos.armed",))))
