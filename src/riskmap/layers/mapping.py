"""From a file's columns to the table's: which source column is which, which rows the recipe takes."""

from dataclasses import dataclass

import geopandas as gpd
import pandas as pd

from riskmap.errors import RecipeError, SourceError
from riskmap.layers.doubtful_cells import doubts_by_position, in_doubt, used_doubts
from riskmap.layers.selection import missing_column, rejected_rows, selected_rows, totals_names, unfold
from riskmap.schema import COLUMNS, ID_COLUMN, TIME_COLUMNS
from riskmap.sources.mapped_columns import named_columns
from riskmap.sources.patterns import match_patterns
from riskmap.sources.persons import mask_lines, personal_columns
from riskmap.sources.recipe import PLACE_COLUMNS, Recipe
from riskmap.sources.source_table import SourceTable

DEFAULTS: dict[str, dict[str, str]] = {
    "cases": {"origin": "unknown", "count": "1"},
    "incidents": {"count": "1"},
    "samples": {"qualifier": "="},
}
"""What a row is where neither file nor recipe says otherwise."""

ROW_REFERENCE = "riskmap_row"
"""The column in which corrected rows name the row of the quarantine that they settle."""
OVERRULED = "riskmap_overruled"
"""The column in which corrected rows name the rule that does not hold for them (`rules.OVERRULABLE`)."""

PLACE_NAMES = ("area_code", "cell", "site_id")
"""Columns that name a place instead of giving its coordinates."""
PLACES = {"lon": "lat", "lat": "lon", "x": "y", "y": "x", "wkt": "wkt"}


@dataclass(frozen=True)
class Draft:
    """The selected rows of one file under the table's column names, everything still text.

    `rows` holds `row` and `part` (the source column of a wide table); `delivered` counts every row read by the text of
    the column that says what the delivery covers; `sources` names the file's columns behind each of the table's; `raw`
    is the source's own row, in the columns that the recipe names. `rejected` (row, original, rule) are rows that are no
    records, `undecodable` (row, original) rows in another encoding than the file's; `not_selected` counts those that
    the recipe leaves out. `doubts` (position, column, rule, original) are cells of the selected rows that may not say
    what they seem to. `personal` columns and those `unused` by the recipe stop here; `others` are columns of results
    that it does not list.
    """

    file: str
    sha256: str
    sheet: str
    texts: pd.DataFrame
    rows: pd.DataFrame
    raw: pd.DataFrame
    geometry: gpd.GeoSeries | None
    crs: str | None
    read: int
    not_selected: int
    rejected: pd.DataFrame
    undecodable: pd.DataFrame
    doubts: pd.DataFrame
    delivered: pd.Series
    sources: dict[str, list[str]]
    personal: list[str]
    absent: list[str]
    unused: list[str]
    others: list[str]


def draft_rows(table: SourceTable, recipe: Recipe) -> Draft:
    """Return the rows of `table` that `recipe` selects, under the table's names.

    Raises
    ------
    SourceError
        If a column that the recipe needs is not in the file; the message names it and the columns that are.
    """
    personal = personal_columns(list(table.frame.columns))
    _check_personal(personal, recipe)
    wide = unfold(table.frame.drop(columns=personal), table, recipe)
    frame, rows, geometry = wide.frame, wide.rows, wide.geometry
    sources, absent = _sources(frame, table, recipe, geometry is not None)
    unused = _unused(frame, recipe)
    blank = ["", *recipe.table.blank]
    delivered = _texts(frame, sources.get(delivery_target(recipe), []), blank).value_counts()
    names = totals_names(frame, sources)
    totals = (names != "").to_numpy(bool)
    rejected = rejected_rows(table, rows["row"][totals], names[totals])
    doubts = used_doubts(table, recipe)
    selected = selected_rows(frame, table.file, recipe) | in_doubt(rows, doubts)
    chosen = selected & ~totals
    if not chosen.all():
        frame, rows = frame[chosen], rows[chosen]
    frame, rows = frame.reset_index(drop=True), rows.reset_index(drop=True)
    texts = pd.DataFrame({target: _texts(frame, names, blank) for target, names in sources.items()}, index=frame.index)
    return Draft(
        file=table.file,
        sha256=table.sha256,
        sheet=table.sheet,
        texts=_with_values(texts, recipe),
        rows=rows,
        raw=frame.drop(columns=unused),
        geometry=geometry[chosen].reset_index(drop=True) if geometry is not None else None,
        crs=table.crs,
        # Counted from the file, not from what is left of it, so that a row that gets lost here is missed.
        read=len(table.rows) * wide.width + len(table.misfits) + len(table.undecodable),
        not_selected=int((~selected & ~totals).sum()),
        rejected=rejected,
        undecodable=table.undecodable.assign(
            original=mask_lines(table.undecodable["original"], list(table.frame.columns))
        ),
        doubts=doubts_by_position(doubts, rows),
        delivered=delivered,
        sources=sources,
        personal=personal,
        absent=absent,
        unused=unused,
        others=wide.others,
    )


def _unused(frame: pd.DataFrame, recipe: Recipe) -> list[str]:
    """Return the columns that nothing in the recipe names; they are kept nowhere."""
    made = {recipe.wide.name, recipe.wide.value} if recipe.wide is not None else set()
    used = {*named_columns(recipe), *made, ROW_REFERENCE, OVERRULED}
    return [name for name in frame.columns if name not in used]


def _check_personal(personal: list[str], recipe: Recipe) -> None:
    """A recipe cannot bring in what is dropped at the door."""
    wanted = [name for names in [*recipe.columns.values(), *recipe.join.values()] for name in names if name in personal]
    if wanted:
        raise RecipeError(
            "Recipe {name} maps the personal column {column}; personal data is never taken in.",
            name=recipe.name,
            column=wanted[0],
        )


def _sources(
    frame: pd.DataFrame, table: SourceTable, recipe: Recipe, has_geometry: bool
) -> tuple[dict[str, list[str]], list[str]]:
    """Return target -> source columns that are in the file, and the targets that the file lacks."""
    needed = {name for name, column in COLUMNS[recipe.layer].items() if column.required}
    needed |= {*PLACE_COLUMNS, ID_COLUMN.get(recipe.layer, ""), *_time_targets(recipe.layer)}
    needed -= set(recipe.optional) | set(recipe.constants)
    found: dict[str, list[str]] = {}
    absent: list[str] = []
    for target, names in recipe.columns.items():
        present = [name for name in names if name in frame.columns][:1]
        if not present and target in needed:
            raise missing_column(" / ".join(names), frame, table.file)
        if present:
            found[target] = present
        else:
            absent.append(target)
    for target, names in recipe.join.items():
        missing = [name for name in names if name not in frame.columns]
        if missing and target in needed:
            raise missing_column(missing[0], frame, table.file)
        if missing:
            absent.append(target)
        else:
            found[target] = names
    _check_places(found, recipe, has_geometry, table.file)
    return found, absent


def _check_places(found: dict[str, list[str]], recipe: Recipe, has_geometry: bool, file: str) -> None:
    """A recipe whose layer has places must say where they stand."""
    given = [name for name in (*PLACE_COLUMNS, *PLACE_NAMES) if name in found or name in recipe.constants]
    if any(PLACES.get(name, name) not in found for name in given if name in PLACE_COLUMNS):
        raise RecipeError("Recipe {name}: lon and lat, and x and y, come in pairs.", name=recipe.name)
    if "geometry" in COLUMNS[recipe.layer] and not given and not has_geometry:
        raise SourceError(
            "no_place",
            "{file} has no geometry, and recipe {name} maps neither lon and lat, x and y, wkt nor area_code.",
            file=file,
            name=recipe.name,
        )


def _texts(frame: pd.DataFrame, names: list[str], blank: list[str]) -> pd.Series:
    """Return one column, or several joined by "/", blanks stripped; blank where any part is."""
    if not names:
        return pd.Series([""] * len(frame), index=frame.index, dtype="str")
    parts = [frame[name].str.strip() for name in names]
    if set(blank) != {""}:
        parts = [part.mask(part.isin(blank), "") for part in parts]
    if len(parts) == 1:
        return parts[0]
    joined = parts[0].str.cat(pd.concat(parts[1:], axis=1), sep="/")
    return joined.mask(pd.concat([part == "" for part in parts], axis=1).any(axis=1), "")


def _time_targets(layer: str) -> set[str]:
    if layer not in TIME_COLUMNS:
        return set()
    start, end = TIME_COLUMNS[layer]
    return {start, end, start.removesuffix("_from"), "known_on"}


def delivery_target(recipe: Recipe) -> str:
    """Return the column whose dates say what a delivery covers: when known, else when it happened; "" for none."""
    start = TIME_COLUMNS.get(recipe.layer, ("_from", ""))[0]
    for target in ("known_on", start.removesuffix("_from"), start):
        if target in recipe.columns or target in recipe.join:
            return target
    return ""


def _with_values(texts: pd.DataFrame, recipe: Recipe) -> pd.DataFrame:
    """Return the texts with [values], [constants] and the layer's defaults applied."""
    for target, table in recipe.value_maps.items():
        source = texts[target] if target in texts else pd.Series("", index=texts.index, dtype="str")
        texts[target] = _mapped(source, table)
    for target, value in {**DEFAULTS.get(recipe.layer, {}), **recipe.constants}.items():
        constant = str(value).lower() if isinstance(value, bool) else str(value)
        if target in texts:
            texts[target] = texts[target].mask(texts[target] == "", constant)
        else:
            texts[target] = pd.Series(constant, index=texts.index, dtype="str")
    return texts


def _mapped(source: pd.Series, table: dict[str, str]) -> pd.Series:
    """Return the values that `table` gives, exact texts before wildcards, `*` last; others as they came."""
    codes, texts = pd.factorize(source)
    distinct = pd.Series(texts, dtype="str")
    result = distinct.map({name: value for name, value in table.items() if name != "*"}).astype("object")
    open_rows = result.isna()
    for pattern, value in sorted(table.items(), key=lambda item: (item[0] == "*", -len(item[0]))):
        if open_rows.any() and any(mark in pattern for mark in "*?"):
            hit = open_rows & match_patterns(distinct, [pattern])
            result = result.mask(hit, value)
            open_rows &= ~hit
    values = result.fillna(distinct).astype("str")
    return pd.Series(values.array.take(codes), index=source.index)
