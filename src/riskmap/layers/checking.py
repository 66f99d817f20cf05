"""From the texts of a delivery to the rows of a table: read, placed, told apart; every doubt written down."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from riskmap.layers.delivery import Delivery, row_ids
from riskmap.layers.findings import Findings
from riskmap.layers.identity import fill_ids, settle_cancels, settle_duplicates
from riskmap.layers.measurements import blank_results, scale_limits, split_qualifiers
from riskmap.layers.parsing import parse_texts
from riskmap.layers.place import area_reach, move_shapes, needs_place, place_points, place_shapes, source_crs
from riskmap.schema import COLUMNS
from riskmap.sources.recipe import Recipe
from riskmap.study import Study


@dataclass(frozen=True)
class CheckedRows:
    """`stored` are the rows to write; `net_count` what they add to the layer, cancelled records taken off;
    `withdrawn` the ids of dated rows that contradict earlier imports; `identities` what later imports look up.
    """

    stored: pd.DataFrame
    net_count: int
    findings: Findings
    withdrawn: list[str]
    identities: pd.DataFrame | None


def check_rows(
    delivery: Delivery, recipe: Recipe, study: Study, before: pd.DataFrame, import_id: str, *, accept: bool
) -> CheckedRows:
    """Return the rows that can be stored, and what was found about the others.

    Parameters
    ----------
    before
        `store.row_identities` of what was imported earlier.
    """
    layer, texts = recipe.layer, delivery.texts
    findings = Findings(len(texts))
    if layer == "samples":
        texts = scale_limits(split_qualifiers(texts, recipe, accept=accept), recipe)
    parsed = parse_texts(texts, recipe, study, findings, accept=accept)
    if layer == "samples":
        findings.add("value_missing", blank_results(parsed), "concentration_ng_l")
    parsed = fill_ids(parsed, layer, delivery.rows)
    if needs_place(layer):
        parsed = parsed.assign(geometry=_places(parsed, texts, delivery.shapes, recipe, study, findings))
    if recipe.outside == "leave_out":
        findings.leave_out("outside_area")
    parsed = parsed.assign(source_id=recipe.name, row_id=row_ids(delivery.rows), import_id=import_id)
    parsed = settle_cancels(parsed, layer, before, findings)
    if "count" in parsed and needs_place(layer):
        lost = (parsed["count"] == -1).to_numpy(bool) & shapely.is_missing(np.asarray(parsed["geometry"]))
        findings.add("no_location", lost & ~_coded(parsed, texts, layer))
    repeats = settle_duplicates(parsed, layer, before, findings)
    kept = ~findings.out & ~repeats.within
    counts = parsed["count"].to_numpy("float64") if "count" in parsed else np.ones(len(parsed))
    net_count = int(counts[kept & ~repeats.across].sum())
    stored = parsed[kept].reset_index(drop=True)
    known = repeats.identities[kept].reset_index(drop=True) if len(repeats.identities.columns) else None
    return CheckedRows(stored, net_count, findings, repeats.withdrawn, known)


def _places(
    parsed: pd.DataFrame,
    texts: pd.DataFrame,
    shapes: np.ndarray | None,
    recipe: Recipe,
    study: Study,
    findings: Findings,
) -> np.ndarray:
    """Return each row's geometry, None where it has only an area code or a cell."""
    coded = _coded(parsed, texts, recipe.layer)
    if "count" in parsed:
        coded |= (parsed["count"] == -1).to_numpy(bool)  # it may take the place of the row it cancels
    reach = area_reach(study)
    if "wkt" in texts:
        read = shapely.from_wkt(texts["wkt"].to_numpy(object), on_invalid="ignore")
        unreadable = shapely.is_missing(read) & (texts["wkt"] != "").to_numpy(bool)
        findings.add("place_unreadable", unreadable, "wkt", texts["wkt"])
        shapes = move_shapes(read, source_crs(recipe, None, recipe.name, study, has_geometry=False))
    if shapes is not None:
        return place_shapes(shapes, recipe.layer, reach, findings, coded=coded)
    if "lon" in texts or "x" in texts:
        swap = recipe.outside == "quarantine"
        return place_points(texts, str(recipe.crs), reach, findings, coded=coded, swap=swap)
    findings.add("no_location", ~coded)
    return np.full(len(texts), None)


def _coded(parsed: pd.DataFrame, texts: pd.DataFrame, layer: str) -> np.ndarray:
    """Return which rows count without coordinates: by the code of an area, or by a cell."""
    coded = np.zeros(len(texts), dtype=bool)
    if layer != "areas" and "area_code" in COLUMNS[layer] and "area_code" in texts:
        coded |= (texts["area_code"] != "").to_numpy(bool)
    if "cell" in parsed:
        coded |= (parsed["cell"] != 0).to_numpy(bool)
    return coded


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
