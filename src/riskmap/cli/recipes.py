"""Recipes: listed, checked, drafted from a file; and the files that they say how to fetch."""

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from riskmap.cli.terminal import Settings, err, out, read_study, say, with_progress
from riskmap.errors import RecipeError, StudyError

recipe_app = typer.Typer(help="How sources are read.", no_args_is_help=True)


@recipe_app.command("list")
def recipe_list() -> None:
    """List the recipes that are here."""
    from riskmap.sources.recipe_files import list_recipes, load_recipe

    table = Table(say("recipe"), say("layer"), say("publisher"), say("can be fetched"))
    for name in list_recipes():
        try:
            recipe = load_recipe(name)
        except RecipeError as invalid:
            err.print(invalid.in_language(Settings.language), markup=False, highlight=False, soft_wrap=True)
            continue
        table.add_row(name, recipe.layer, recipe.publisher, say("yes") if recipe.fetch else "")
    out.print(table)


@recipe_app.command("check")
def recipe_check(recipe: Annotated[str, typer.Argument(help="A recipe's name or file.")]) -> None:
    """Check a recipe; an error names the file, the line and the key."""
    from riskmap.sources.recipe_files import load_recipe

    read = load_recipe(recipe)
    text = say("Recipe {name} is in order; it is for layer {layer}.", name=read.name, layer=read.layer)
    out.print(text, markup=False, highlight=False, soft_wrap=True)


@recipe_app.command("draft")
def recipe_draft(
    file: Annotated[Path, typer.Argument(help="A file of the source.")],
    layer: Annotated[str | None, typer.Option(help="The layer, where it is known.")] = None,
    area: Annotated[str | None, typer.Option(help="An area, whose boundary tells datums apart.")] = None,
    out_file: Annotated[Path | None, typer.Option("--out", help="Where to write it; default: print it.")] = None,
) -> None:
    """Propose a recipe for a file, every guess with its evidence."""
    from riskmap.sources.draft import draft_recipe

    if out_file is not None and out_file.exists():
        raise StudyError("{path} is there already; name another file.", path=str(out_file))
    draft = draft_recipe(file, layer=layer, study=read_study(area) if area else None)
    text = draft.in_language(Settings.language)
    if out_file is None:
        typer.echo(text, nl=False)
    else:
        out_file.write_text(text, encoding="utf-8")
        out.print(str(out_file), markup=False, highlight=False, soft_wrap=True)
    for question in draft.open_questions:
        err.print("? " + question.in_language(Settings.language), markup=False, highlight=False, soft_wrap=True)
    if draft.invalid is not None:
        err.print(draft.invalid.in_language(Settings.language), markup=False, highlight=False, soft_wrap=True)


def fetch(
    recipe: Annotated[str, typer.Argument(help="A recipe's name or file.")],
    out_folder: Annotated[Path, typer.Option("--out", help="Folder for the files.")],
    first: Annotated[str | None, typer.Option("--from", help="First month, such as 2024-01.")] = None,
    last: Annotated[str | None, typer.Option("--to", help="Last month.")] = None,
) -> None:
    """Fetch a source from its publisher; what is there already stays, what broke off goes on."""
    from riskmap.sources.fetch import fetch_source
    from riskmap.sources.recipe_files import load_recipe

    months = [first or last or "", last or first or ""] if first or last else None
    read = load_recipe(recipe)
    files: list[Path] = []
    with_progress(lambda report: files.extend(fetch_source(read, out_folder, months=months, report=report)))
    for path in files:
        out.print(str(path), markup=False, highlight=False, soft_wrap=True)
