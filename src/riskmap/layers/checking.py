"""From the texts of a delivery to the rows of a table: read, placed, told apart; every doubt written down."""

from collections.abc import Callable
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from riskmap.layers.area_codes import without_placeholders
from riskmap.layers.catchments import settle_catchments
from riskmap.layers.delivery import Delivery, overruled_rules, row_ids, row_references
from riskmap.layers.doubtful_cells import quarantine_doubts
from riskmap.layers.findings import Findings
from riskmap.layers.identity import fill_ids, settle_cancels, settle_duplicates, warn_of_lone_cancels
from riskmap.layers.location import is_coded, place_rows, settle_areas, warn_of_booking_points
from riskmap.layers.measurements import blank_results, scale_limits, split_qualifiers
from riskmap.layers.parsing import parse_texts
from riskmap.layers.place import needs_place
from riskmap.layers.receipt import note
from riskmap.layers.sample_history import flag_samples, settle_samples
from riskmap.schema import COLUMNS, ID_COLUMN
from riskmap.sources.recipe import Recipe
from riskmap.study import Study


@dataclass(frozen=True)
class CheckedRows:
    """`stored` are the rows to write; `repeated` counts further accepted ones that say the same as one of these;
    `net_count` is what they add to the layer, cancelled records taken off; `withdrawn` are the ids of dated rows that
    contradict earlier imports; `identities` what later imports look up.
    """

    stored: pd.DataFrame
    repeated: int
    net_count: int
    findings: Findings
    withdrawn: list[str]
    identities: pd.DataFrame | None


@dataclass(frozen=True)
class Earlier:
    """What was imported before, as far as new rows are compared with it.

    `identities` as `store.row_identities` gives them; `rows` returns the stored rows of some ids; `peers` are the
    layer's rows where new ones are measured against all of them (samples, plants), else none; `areas` is the layer of
    areas, None where rows cannot name any; `open_rows` are the rows of the quarantine, as corrections name them.
    """

    identities: pd.DataFrame
    rows: Callable[[list[str]], pd.DataFrame]
    peers: gpd.GeoDataFrame
    areas: gpd.GeoDataFrame | None
    open_rows: set[str]


def check_rows(
    delivery: Delivery, recipe: Recipe, study: Study, earlier: Earlier, import_id: str, *, accept: bool
) -> CheckedRows:
    """Return the rows that can be stored, and what was found about the others."""
    layer = recipe.layer
    findings = Findings(len(delivery.texts), overruled_rules(delivery.raw))
    references = row_references(delivery.raw)
    findings.add("reference_unknown", (references != "") & ~references.isin(earlier.open_rows), "", references)
    quarantine_doubts(delivery.doubts, findings)
    parsed = _read_rows(delivery, recipe, study, earlier, findings, accept=accept)
    parsed = parsed.assign(source_id=recipe.name, row_id=row_ids(delivery.rows), import_id=import_id)
    parsed = settle_cancels(parsed, layer, earlier.identities, findings)
    if "count" in parsed and needs_place(layer):
        lost = (parsed["count"] == -1).to_numpy(bool) & shapely.is_missing(np.asarray(parsed["geometry"]))
        findings.add("no_location", lost & ~is_coded(parsed, parsed, layer))
    repeats = settle_duplicates(parsed, layer, earlier.identities, earlier.rows, findings)
    warn_of_lone_cancels(parsed, layer, earlier.identities, findings)
    kept = ~findings.out & ~repeats.within
    warn_of_booking_points(parsed, kept, layer, earlier.identities, findings)
    counts = parsed["count"].to_numpy("float64") if "count" in parsed else np.ones(len(parsed))
    net_count = int(counts[kept & ~repeats.across].sum())
    if layer == "samples":
        parsed = flag_samples(parsed, earlier.peers, findings)
    if layer == "plants":
        parsed = settle_catchments(parsed, earlier.peers, study, recipe, findings, accept=accept)
    stored = parsed[kept].reset_index(drop=True)
    known = repeats.identities[kept].reset_index(drop=True) if len(repeats.identities.columns) else None
    repeated = int((repeats.within & ~findings.out).sum())
    return CheckedRows(stored, repeated, net_count, findings, repeats.withdrawn, known)


def _read_rows(
    delivery: Delivery, recipe: Recipe, study: Study, earlier: Earlier, findings: Findings, *, accept: bool
) -> pd.DataFrame:
    """Return the rows read and placed, one by one, before any is compared with another."""
    layer, texts = recipe.layer, delivery.texts
    if "area_code" in texts and layer != "areas":
        texts = texts.assign(area_code=without_placeholders(texts["area_code"]))
    if layer == "samples":
        texts = scale_limits(split_qualifiers(texts, recipe, findings, accept=accept), recipe)
    parsed = parse_texts(texts, recipe, study, findings, accept=accept)
    if layer == "samples":
        findings.add("value_missing", blank_results(parsed), "concentration_ng_l")
    parsed = _with_ids(parsed, recipe, delivery, findings)
    if layer == "samples":
        parsed = settle_samples(parsed, texts, earlier.peers, findings)
    if needs_place(layer):
        parsed = place_rows(parsed, texts, delivery, recipe, study, findings)
        parsed = settle_areas(parsed, layer, earlier.areas, findings)
    if recipe.outside == "leave_out":
        findings.leave_out("outside_area")
    return parsed


def _with_ids(parsed: pd.DataFrame, recipe: Recipe, delivery: Delivery, findings: Findings) -> pd.DataFrame:
    """Return the rows with an id each; where a column of ids has gaps, it is said how many were made up."""
    name = ID_COLUMN.get(recipe.layer, "")
    n = int((parsed[name] == "").sum()) if name in parsed else 0
    if n:
        own = " / ".join(delivery.own_names(name))
        findings.say(note("{n} rows have no id in column {column}; one was made from file and row.", n=n, column=own))
    return fill_ids(parsed, recipe.layer, delivery.rows)


def as_table(stored: pd.DataFrame, layer: str) -> pd.DataFrame:
    """Return the rows with what the table holds beyond the source's columns."""
    table = stored.copy()
    if "code" in COLUMNS[layer] and "code" not in table:
        table["code"] = table["plant_id"]
    if "cell" in COLUMNS[layer] and "cell" not in table:
        # 0 is no cell: a column of whole numbers with gaps would lose digits as floats.
        table["cell"] = np.zeros(len(table), dtype="uint64")
    if "count" in table:
        table["count"] = table["count"].astype("int64")
    if needs_place(layer):
        return gpd.GeoDataFrame(table, geometry="geometry", crs="EPSG:4326")
    return table
