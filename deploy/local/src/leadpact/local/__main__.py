"""`python -m leadpact.local` is the `leadpact` command."""

from leadpact.local.cli import main

main()
