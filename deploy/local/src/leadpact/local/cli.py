"""The `leadpact` command; packages add verbs by the entry point group `leadpact.commands`."""

import sys
from importlib.metadata import entry_points

import typer

from leadpact.embedded.errors import EmbeddedError
from leadpact.kit.errors import KitError
from leadpact.local import doctor, lifecycle
from leadpact.local.errors import LocalError
from leadpact.local.show import complain
from leadpact.local.verbs import agreement, importing, key, quarantine, source, topics

FOUND, MISUSE = 1, 2

app = typer.Typer(
    name="leadpact",
    help="Keeps the promise between marketing and sales by machine.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.command()(lifecycle.up)
app.command()(lifecycle.down)
app.command()(lifecycle.status)
app.command()(lifecycle.logs)
app.command()(lifecycle.reset)
app.command("doctor")(doctor.doctor)
app.command("import")(importing.import_)
app.command()(topics.topics)
app.add_typer(agreement.app, name="agreement")
app.add_typer(source.app, name="source")
app.add_typer(key.app, name="key")
app.add_typer(quarantine.app, name="quarantine")
for point in sorted(entry_points(group="leadpact.commands"), key=lambda each: each.name):
    point.load()(app)


def main() -> None:
    """Run the command; exit codes 0, 1 (found something, failed), 2 (misuse)."""
    try:
        app()
    except (LocalError, EmbeddedError, KitError) as error:
        complain(str(error))
        sys.exit(FOUND)
