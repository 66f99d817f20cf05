"""What was imported: listed, undone, kept aside, corrected, ruled on."""

from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.table import Table

from riskmap.cli.imports import ReceiptFile, Yes, check_receipt_file, tell_receipt
from riskmap.cli.terminal import Area, Settings, err, logged, out, read_study, say
from riskmap.layers.covers import WITHOUT_SPANS

Layer = Annotated[str, typer.Argument(metavar="LAYER", help="cases, incidents, seizures, sites, plants, ...")]
Reason = Annotated[str, typer.Option(help="Why; it is kept.")]


def imports(area: Area) -> None:
    """List what was imported and what was undone."""
    from riskmap.layers.covers import imports_without_spans
    from riskmap.layers.folders import import_folders, list_imports
    from riskmap.layers.undo import list_undone
    from riskmap.schema import LAYERS

    study = read_study(area)
    columns = ("import", "layer", "recipe", "read", "accepted", "quarantined", "rejected", "covers", "undone")
    table = Table(*(say(name) for name in columns))
    gone = [undone for layer in LAYERS for undone in list_undone(study, layer)]
    listed = [(receipt, "") for receipt in list_imports(study)]
    listed += [(undone.receipt, f"{undone.at}: {undone.reason}") for undone in gone]
    for receipt, undone in listed:
        counts = (receipt.read, receipt.accepted, receipt.quarantined, receipt.rejected)
        named = (str(receipt.import_id), receipt.data["layer"], receipt.data["recipe"])
        table.add_row(*named, *(str(count) for count in counts), receipt.covers or "", undone)
    out.print(table)
    old = [name for layer in LAYERS for name in imports_without_spans(import_folders(study, layer))]
    if old:
        err.print(say(WITHOUT_SPANS, imports=", ".join(old)), markup=False, highlight=False)


def undo(
    area: Area,
    import_id: Annotated[str, typer.Argument(metavar="IMPORT", help="The import's id, or how it begins.")],
    reason: Reason,
) -> None:
    """Take an import back, all of it."""
    from riskmap.layers.undo import corrections_of, find_import, undo_import

    study = read_study(area)
    corrections = corrections_of(study, find_import(study, import_id).name)
    receipt = undo_import(study, import_id, reason)
    text = say(
        "Import {import_id} of layer {layer} is undone; {n} rows are gone.",
        import_id=receipt.import_id,
        layer=receipt.data["layer"],
        n=receipt.accepted,
    )
    out.print(text, markup=False, highlight=False, soft_wrap=True)
    if corrections:
        n = sum(one.accepted for one in corrections)
        text = say("{n} corrections of its rows went with it, {rows} rows accepted.", n=len(corrections), rows=n)
        out.print(text, markup=False, highlight=False, soft_wrap=True)


def quarantine(
    area: Area,
    layer: Layer,
    out_file: Annotated[
        Path | None, typer.Option("--out", help="Excel file to correct; `riskmap correct` takes it.")
    ] = None,
) -> None:
    """Show the rows kept aside, by rule, or write them to a file."""
    from riskmap.decisions.workbook import write_workbook
    from riskmap.layers.corrections import MESSAGE, RULE, quarantine_table

    study = read_study(area)
    rows = quarantine_table(study, layer, Settings.language)
    table = Table(say("rule"), say("rows"), say("for example"))
    for rule, part in rows.groupby(RULE):
        table.add_row(str(rule), str(len(part)), part[MESSAGE].iloc[0])
    out.print(table)
    if out_file is not None:
        with logged(study, "export", layer, "quarantine"):
            write_workbook(out_file, rows, {"area": study.id, "layer": layer}, "")
        out.print(say("Wrote {n} rows to {path}", n=len(rows), path=out_file), markup=False, soft_wrap=True)


def correct(
    area: Area,
    layer: Layer,
    file: Annotated[Path, typer.Argument(help="The corrected file of `riskmap quarantine --out`, .xlsx or .csv.")],
    recipe: Annotated[str | None, typer.Option(help="Another recipe to read the rows by.")] = None,
    receipt: ReceiptFile = None,
    yes: Yes = False,
) -> None:
    """Import corrected rows of the quarantine."""
    from riskmap.layers.corrections import correct_rows, read_corrections
    from riskmap.sources.recipe_files import load_recipe

    form = load_recipe(recipe) if recipe else None
    check_receipt_file(receipt)
    made = correct_rows(read_study(area), layer, read_corrections(file), form, accept=yes)
    statuses = [tell_receipt(one, receipt if len(made) == 1 else None) for one in made]
    if receipt is not None and len(made) > 1:
        err.print(say("The rows came from several imports; --receipt is written where they came from one."))
    if any(statuses):
        raise typer.Exit(max(statuses))


def dismiss(
    area: Area,
    layer: Layer,
    rows: Annotated[list[str], typer.Argument(help="Rows as the column riskmap_row names them.")],
    reason: Reason,
) -> None:
    """Leave rows of the quarantine out for good."""
    from riskmap.layers.corrections import dismiss_rows

    made = dismiss_rows(read_study(area), layer, rows, reason)
    out.print(f"{layer} {made.import_id}: {made.notes[0][Settings.language]}", markup=False, soft_wrap=True)


def booking_points(
    area: Area,
    layer: Layer,
    place: Annotated[str | None, typer.Option(help='The point to rule on, "longitude latitude".')] = None,
    decision: Annotated[Literal["keep", "leave_out"] | None, typer.Option(help="What to do with its records.")] = None,
    reason: Reason = "",
) -> None:
    """List points with so many records that they were booked there, or rule on one of them."""
    from riskmap.errors import TableError
    from riskmap.layers.booking_points import rule_on_booking_point
    from riskmap.layers.incidents import booking_points as find

    study = read_study(area)
    if (place is None) != (decision is None):
        raise TableError("Name the point with --place and what to do with --decision keep or leave_out.")
    if place is not None and decision is not None:
        rule_on_booking_point(study, layer, place, decision, reason)
    columns = ("place", "records", "share", "first", "last", "decision", "reason")
    table = Table(*(say(name) for name in columns))
    for point in find(study, layer).to_dict("records"):
        days = (f"{point['first']:%Y-%m-%d}", f"{point['last']:%Y-%m-%d}")
        counts = (f"{point['records']}", f"{point['share']:.1%}")
        table.add_row(point["place"], *counts, *days, point["decision"], point["reason"])
    out.print(table)
