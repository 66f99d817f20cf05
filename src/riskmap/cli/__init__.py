"""The `riskmap` command: the same functions as the pages, for people at a terminal and for scripts."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Literal

import typer

from riskmap.cli.areas import area_app, demo, status
from riskmap.cli.audit import audit
from riskmap.cli.decisions import blind_spots, brief, plan
from riskmap.cli.forecasts import evaluate, export, run
from riskmap.cli.imports import import_
from riskmap.cli.models import models_app
from riskmap.cli.recipes import fetch, recipe_app
from riskmap.cli.records import booking_points, correct, dismiss, imports, quarantine, undo
from riskmap.cli.serve import serve
from riskmap.cli.terminal import Settings, default_language, err, say
from riskmap.errors import RiskmapError
from riskmap.study import default_home
from riskmap.terms import settle_terms

app = typer.Typer(help="Weekly drug-risk forecasts for places.", no_args_is_help=True, pretty_exceptions_enable=False)
app.add_typer(area_app, name="area")
app.add_typer(models_app, name="models")
app.add_typer(recipe_app, name="recipe")
COMMANDS: dict[str, Callable[..., None]] = {
    "demo": demo,
    "fetch": fetch,
    "import": import_,
    "imports": imports,
    "undo": undo,
    "quarantine": quarantine,
    "correct": correct,
    "dismiss": dismiss,
    "booking-points": booking_points,
    "run": run,
    "evaluate": evaluate,
    "plan": plan,
    "brief": brief,
    "blind-spots": blind_spots,
    "export": export,
    "status": status,
    "audit": audit,
    "app": serve,
}
for _name, _command in COMMANDS.items():
    app.command(_name)(_command)


@app.callback()
def _begin(
    home: Annotated[Path | None, typer.Option(help="Where geodata/ and models/ lie (or RISKMAP_HOME).")] = None,
    language: Annotated[Literal["zh", "en"] | None, typer.Option(help="Language of messages.")] = None,
) -> None:
    Settings.home = home.expanduser().resolve() if home else default_home()
    Settings.language = language or default_language()
    if faulty := settle_terms(Settings.home):
        err.print(faulty.in_language(Settings.language), markup=False, highlight=False, soft_wrap=True)


def home_first(arguments: list[str]) -> list[str]:
    """Return the arguments with `--home DIR` at their head: people write it after the command as often as before."""
    moved, rest, left = [], [], list(arguments)
    while left:
        argument = left.pop(0)
        if argument == "--home" and left:
            moved += [argument, left.pop(0)]
        elif argument.startswith("--home="):
            moved.append(argument)
        else:
            rest.append(argument)
    return moved + rest


def main() -> None:
    """Run the command; errors are one readable paragraph on standard error, never a traceback."""
    try:
        app(args=home_first(sys.argv[1:]))
    except RiskmapError as error:
        err.print(error.in_language(Settings.language), markup=False, highlight=False, soft_wrap=True)
        sys.exit(1)
    except OSError as error:
        text = say(
            "The system refused: {problem} ({path}). Nothing that was published has changed.",
            problem=error.strerror or str(error),
            path=error.filename or "-",
        )
        err.print(text, markup=False, highlight=False, soft_wrap=True)
        sys.exit(1)
    except MemoryError:
        text = say("The memory of this computer did not suffice. Nothing that was published has changed.")
        err.print(text, markup=False, highlight=False, soft_wrap=True)
        sys.exit(1)
    except json.JSONDecodeError as error:
        err.print(say("A stored file is damaged: {problem}.", problem=str(error)), markup=False, soft_wrap=True)
        sys.exit(1)
