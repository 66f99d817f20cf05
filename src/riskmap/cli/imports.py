"""Files into layers."""

from pathlib import Path
from typing import Annotated

import typer

from riskmap.cli.terminal import Area, Settings, err, out, read_study, say, with_progress
from riskmap.errors import TableError
from riskmap.layers.receipt import Receipt

ReceiptFile = Annotated[Path | None, typer.Option("--receipt", help="Where to write the receipt, JSON.")]
Yes = Annotated[bool, typer.Option("--yes", help="Agree to what is asked.")]
RECEIPT_NOT_WRITTEN = 1
"""Exit status of an import that was done and could not write its receipt where it was asked to."""
COUNTS = ("read", "not_selected", "accepted", "repaired", "quarantined", "rejected", "net_count")


def import_(
    area: Area,
    layer: Annotated[str, typer.Argument(help="cases, incidents, seizures, sites, plants, samples, areas, ...")],
    files: Annotated[list[str], typer.Argument(help="Files, folders, patterns or a database, imported together.")],
    recipe: Annotated[str, typer.Option(help="A recipe's name or file.")],
    receipt: ReceiptFile = None,
    yes: Yes = False,
    replace: Annotated[str | None, typer.Option(help="Id of the import in whose stead this one is to stand.")] = None,
    covers: Annotated[
        str | None,
        typer.Option(
            metavar="FROM..TO",
            help="Days that the files cover, both inclusive (2024-01-01..2024-01-31): a whole period among them in "
            "which no row came is zero, not unknown. A file without rows needs it. Given again for the same files it "
            "changes what was declared.",
        ),
    ] = None,
) -> None:
    """Import files into a layer: all of them with a receipt, or nothing."""
    from riskmap.layers.covers import parse_covers
    from riskmap.layers.intake import import_files
    from riskmap.sources.recipe_files import load_recipe

    study, form = read_study(area), load_recipe(recipe)
    days = parse_covers(covers, study, layer) if covers is not None else None
    check_receipt_file(receipt)
    made = with_progress(
        lambda report: import_files(study, layer, files, form, accept=yes, replace=replace, covers=days, report=report)
    )
    status = tell_receipt(made, receipt)
    if status:
        raise typer.Exit(status)


def check_receipt_file(path: Path | None) -> None:
    """Make the folder of a receipt and see that the file can be written, before anything is imported.

    Raises
    ------
    TableError
        If it cannot.
    """
    if path is None:
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a"):
            pass
    except OSError as refused:
        raise TableError(
            "The receipt cannot be written to {path} ({reason}); nothing was imported. Name another place with "
            "--receipt.",
            path=path,
            reason=refused.strerror or str(refused),
        ) from None


def tell_receipt(made: Receipt, path: Path | None) -> int:
    """Print what a receipt comes to, write it to `path` where one is given, and return the exit status."""
    written = path is None or _write_receipt(made, path)
    summary = "  ".join(f"{key} {made.data[key]}" for key in COUNTS)
    out.print(f"{made.data['layer']} {made.import_id or '-'}: {summary}", markup=False, highlight=False, soft_wrap=True)
    if made.covers is not None:
        said = say("Declared to cover {covers}: whole periods in it without a row count as zero.", covers=made.covers)
        err.print(said, markup=False, highlight=False)
    for note in made.notes:
        err.print(note[Settings.language], markup=False, highlight=False)
    for entry in made.refused:
        message = entry["refused"][f"message_{Settings.language}"]
        err.print(f"{Path(entry['path']).name}: {message}", markup=False, highlight=False)
    return made.exit_status if written else made.exit_status or RECEIPT_NOT_WRITTEN


def _write_receipt(made: Receipt, path: Path) -> bool:
    """Write a receipt and return whether that went well; the import stands either way, and its folder has the same."""
    try:
        made.write(path)
    except OSError as refused:
        reason = refused.strerror or str(refused)
        text = say(
            "The receipt could not be written to {path} ({reason}). The import itself is as told here; its receipt is "
            "kept with it.",
            path=path,
            reason=reason,
        )
        err.print(text, markup=False, highlight=False, soft_wrap=True)
        if path.is_file() and not path.stat().st_size:
            path.unlink()
        return False
    return True
