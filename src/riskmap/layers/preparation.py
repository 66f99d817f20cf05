"""An import worked out in memory: files read, rows checked, the receipt written; nothing is stored yet."""

from dataclasses import dataclass, replace

import pandas as pd

from riskmap.errors import SourceError
from riskmap.language import Text
from riskmap.layers.checking import CheckedRows, Earlier, as_table, check_rows
from riskmap.layers.covers import rows_outside
from riskmap.layers.datum_choice import choose_datum
from riskmap.layers.datum_ledger import FIT
from riskmap.layers.delivery import as_delivered, covered_intervals, gather, no_coverage, row_references
from riskmap.layers.effort import unplaced_sites
from riskmap.layers.folders import read_quarantine
from riskmap.layers.mapping import Draft
from riskmap.layers.notes import import_notes
from riskmap.layers.order import Order, Sources, read_all
from riskmap.layers.outcome import count_rows, quarantined_rows, row_fates
from riskmap.layers.receipt import FATE_COLUMNS, FileEntry, Receipt, note, receipt_data
from riskmap.layers.store import empty_layer, read_layer, row_identities, stored_rows
from riskmap.progress import Report
from riskmap.schema import COLUMNS, ID_COLUMN, TIME_COLUMNS, check_table
from riskmap.study import Study


@dataclass(frozen=True)
class Prepared:
    """An import worked out in memory: its receipt and the tables to write.

    `corrects` are the imports whose quarantined rows it corrects, where it holds nothing else.
    """

    receipt: Receipt
    rows: pd.DataFrame
    tables: dict[str, pd.DataFrame]
    corrects: tuple[str, ...] = ()


def prepare(order: Order, sources: Sources, report: Report) -> Prepared:
    """Work out an import; where a file is refused the receipt alone says so."""
    entries, drafts = read_all(order, sources, report)
    notes = list(sources.notes)
    refusal = note("A file was refused, so nothing was imported and the layer is as it was.")
    if any(entry.refused is not None for entry in entries):
        return _nothing(order, entries, [*notes, refusal])
    notes += [note("{file} holds no rows.", file=draft.file) for draft in drafts if not draft.read]
    read, rejected = sum(draft.read for draft in drafts), sum(len(draft.rejected) for draft in drafts)
    order = order.of_nothing() if read == rejected else order
    if not read and order.covers is not None:
        return _empty_delivery(order, entries, notes)
    if not read:
        return _nothing(order, entries, [*notes, note("Nothing was imported and the layer is as it was.")])
    try:
        recipe, evidence = choose_datum(order.study, order.recipe, drafts)
        by_fit = bool(evidence) and recipe.crs != order.recipe.crs
        found = [replace(entry, datum=str(recipe.crs), datum_by=FIT) if by_fit else entry for entry in entries]
        return _work_out(replace(order, recipe=recipe), found, drafts, [*notes, *evidence], report)
    except SourceError as refused:
        return _nothing(order, [replace(entry, refused=refused) for entry in entries], [*notes, refusal])


def _nothing(order: Order, entries: list[FileEntry], notes: list[Text]) -> Prepared:
    """Return an import that does not take place, and why."""
    fates = pd.DataFrame({name: [] for name in FATE_COLUMNS})
    receipt = _receipt(order, None, entries, {}, fates, no_coverage(), notes)
    return Prepared(receipt, empty_layer(order.recipe.layer), {})


def _empty_delivery(order: Order, entries: list[FileEntry], notes: list[Text]) -> Prepared:
    """Return an import of no rows: what it says is that there were none in the days that it covers."""
    fates, rows = pd.DataFrame({name: [] for name in FATE_COLUMNS}), empty_layer(order.recipe.layer)
    receipt = _receipt(order, order.target.name, entries, {}, fates, no_coverage(), notes)
    return Prepared(receipt, rows, {"rows": rows, "coverage": no_coverage()})


def _receipt(
    order: Order,
    import_id: str | None,
    entries: list[FileEntry],
    counts: dict[str, int],
    fates: pd.DataFrame,
    coverage: pd.DataFrame,
    notes: list[Text],
) -> Receipt:
    data = receipt_data(
        import_id=import_id,
        area=order.study.id,
        layer=order.recipe.layer,
        recipe=order.recipe.name,
        files=entries,
        counts=counts,
        fates=fates,
        coverage=coverage,
        notes=notes,
        covers=None if order.covers is None else str(order.covers),
    )
    return Receipt(data)


def _work_out(
    order: Order, entries: list[FileEntry], drafts: list[Draft], notes: list[Text], report: Report
) -> Prepared:
    study, layer = order.study, order.recipe.layer
    recipe = as_delivered(order.recipe, drafts)
    delivery = gather(drafts, recipe, study)
    report(Text("Checking {n} rows", {"n": len(delivery.texts)}), 0.6)
    open_rows = read_quarantine(study, layer)
    references = row_references(delivery.raw)
    named = (open_rows["import_id"] + "/" + open_rows["row_id"]).isin(references[references != ""].unique())
    settles = settled_rows_of(open_rows[named])
    earlier = earlier_rows(order, open_rows, settles)
    checked = check_rows(delivery, recipe, study, earlier, order.target.name, accept=order.accept)
    covered = covered_intervals(drafts, recipe, study, accept=order.accept)
    said = [*notes, *import_notes(study, recipe, drafts), *checked.findings.notes, *_linked(study, checked, layer)]
    said += [] if order.covers is None else rows_outside(covered, order.covers)
    if layer == "effort":
        said += unplaced_sites(study, checked.stored)
    fates = row_fates(delivery, checked.findings)
    receipt = _receipt(order, order.target.name, entries, count_rows(delivery, checked), fates, covered, said)
    rows = check_table(layer, as_table(checked.stored, layer))
    report(Text("Writing {n} rows", {"n": len(rows)}), 0.9)
    tables = {
        "rows": rows,
        "quarantine": quarantined_rows(delivery, checked.findings, layer),
        "coverage": covered,
        "identity": checked.identities,
        "conflicts": _conflicts(checked, settles, layer),
        "settles": settles if len(settles) else None,
    }
    only_corrections = bool((references != "").all()) and len(references) == delivery.read
    corrects = tuple(sorted(set(settles["import_id"]))) if only_corrections else ()
    return Prepared(receipt, rows, {name: table for name, table in tables.items() if table is not None}, corrects)


def _linked(study: Study, checked: CheckedRows, layer: str) -> list[Text]:
    """Say how many seizures belong to cases that are there already."""
    if layer != "seizures" or "case_id" not in checked.stored:
        return []
    n = int(checked.stored["case_id"].isin(row_identities(study, "cases")["id"]).sum())
    if n == 0:
        return []
    return [note("{n} seizures belong to cases that are in layer cases; each such event is counted once.", n=n)]


def earlier_rows(order: Order, quarantined: pd.DataFrame, settles: pd.DataFrame) -> Earlier:
    """Return what new rows are compared with: all that is in effect but for what the import takes the place of."""
    study, layer = order.study, order.recipe.layer
    identities = row_identities(study, layer, leave_out=order.replaced)
    areas = read_layer(study, "areas") if "area_code" in COLUMNS[layer] and layer != "areas" else None
    peers = read_layer(study, layer) if layer in ("samples", "plants") else empty_layer(layer)
    return Earlier(
        identities=identities[~identities["id"].isin(settles["id"])],
        rows=lambda ids: stored_rows(study, layer, ids),
        peers=peers[peers["import_id"] != (order.replaced or "")],
        areas=areas,
        open_rows=set(quarantined["import_id"] + "/" + quarantined["row_id"]),
    )


def _conflicts(checked: CheckedRows, settles: pd.DataFrame, layer: str) -> pd.DataFrame | None:
    """Return the ids whose earlier rows are withdrawn: contradicted by new rows, or overruled by corrected ones."""
    ids = set(checked.withdrawn)
    if layer in TIME_COLUMNS and len(settles):
        ids |= set(settles["id"]) & set(checked.stored[ID_COLUMN[layer]])
    return pd.DataFrame({"id": pd.Series(sorted(ids), dtype="str")}) if ids else None


def settled_rows_of(quarantined: pd.DataFrame) -> pd.DataFrame:
    """Return quarantined rows as `settles.parquet` names them; `id` is what a contradiction was about, else blank."""
    disputed = quarantined["original"].where(quarantined["rule"] == "duplicate_conflict", "")
    named = {"import_id": quarantined["import_id"], "row_id": quarantined["row_id"], "id": disputed}
    return pd.DataFrame(named).astype("str").reset_index(drop=True)
