"""The `leadpact` command: a verb is imported when it is asked for, so that asking for status loads no service.

Packages add verbs by the entry point group `leadpact.commands`: a function that is given the Typer app, under the name
of the verb; its sentence is the summary of the package.
"""

import logging
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points

import typer

from leadpact.embedded.errors import EmbeddedError
from leadpact.kit.errors import KitError
from leadpact.local.errors import FOUND, LocalError
from leadpact.local.show import STOPPED, complain

VERBS = {
    "up": ("leadpact.local.starting:up", "Start Kafka, PostgreSQL and the four services; Ctrl-C ends them."),
    "down": ("leadpact.local.lifecycle:down", "End what `up` started, and wait until nothing of it runs."),
    "status": ("leadpact.local.lifecycle:status", "What runs, and whether it is ready."),
    "doctor": ("leadpact.local.doctor:doctor", "Look for what is wrong."),
    "logs": ("leadpact.local.lifecycle:logs", "Show what the processes log."),
    "reset": ("leadpact.local.resetting:reset", "Forget everything: data, logs, keys of this state directory."),
    "import": ("leadpact.local.verbs.importing:import_", "Import a file and wait until it is judged and counted."),
    "agreement": ("leadpact.local.verbs.agreement:app", "Draft, check, sign and activate agreements."),
    "source": ("leadpact.local.verbs.source:app", "List and register sources."),
    "key": ("leadpact.local.verbs.key:app", "Make, list and revoke API keys."),
    "quarantine": (
        "leadpact.local.verbs.quarantine:app",
        "Look at what could not be mapped, try it again, or give it up.",
    ),
    "parked": ("leadpact.local.verbs.parked:app", "Keys that a service has set aside, and letting them go on."),
    "dead-letters": (
        "leadpact.local.verbs.letters:app",
        "Records that no service could read: look at them, hand them back.",
    ),
    "effects": ("leadpact.local.verbs.effects:app", "Mail that is not sent yet, or was refused for good."),
    "verify": (
        "leadpact.local.verbs.verify:verify",
        "Read the whole log and every table and say what breaks the rules.",
    ),
    "rebuild": (
        "leadpact.local.verbs.rebuild:rebuild",
        "Make what a service keeps again from the log while it works, and put it in the place of what lives.",
    ),
    "topics": ("leadpact.local.verbs.topics:topics", "Every topic: its key, who writes it, what it holds, how long."),
    "bench": ("leadpact.local.bench.command:app", "Measure this software on this machine."),
}


def command(arguments: Sequence[str]) -> typer.Typer:
    """The command with the verb that these arguments ask for, and with only a sentence for each of the others."""
    app = typer.Typer(
        name="leadpact",
        help="Keeps the promise between marketing and sales by machine.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    asked = arguments[0] if arguments else ""
    for name, (where, says) in VERBS.items():
        if name == asked:
            _load(app, name, where)
        else:
            app.command(name, help=says)(_not_asked_for)
    for point in sorted(entry_points(group="leadpact.commands"), key=lambda each: each.name):
        if point.name == asked:
            add: Callable[[typer.Typer], None] = point.load()
            add(app)
        else:
            app.command(point.name, help=_summary(point))(_not_asked_for)
    return app


def main() -> None:
    """Run the command; exit codes 0, 1 (found something, failed), 2 (what was typed cannot be), 130 (Ctrl-C)."""
    logging.basicConfig(handlers=[logging.NullHandler()])  # what libraries mutter, the verbs say in their own words
    try:
        command(sys.argv[1:])()
    except LocalError as error:
        complain(str(error))
        sys.exit(error.code)
    except (EmbeddedError, KitError) as error:
        complain(str(error))
        sys.exit(FOUND)
    except OSError as error:  # a file or a place that cannot be had: what it is says more than where we stumbled
        complain(f"{error.filename}: {error.strerror}" if error.filename else str(error))
        sys.exit(FOUND)
    except KeyboardInterrupt:
        complain("stopped")
        sys.exit(STOPPED)


def _load(app: typer.Typer, name: str, where: str) -> None:
    module, _, attribute = where.partition(":")
    verb = getattr(import_module(module), attribute)
    if isinstance(verb, typer.Typer):
        app.add_typer(verb, name=name)
    else:
        app.command(name)(verb)


def _summary(point: EntryPoint) -> str:
    return str(point.dist.metadata["Summary"]) if point.dist else ""


def _not_asked_for() -> None:
    """Stands in the list of verbs for one that is not imported."""
    raise AssertionError
