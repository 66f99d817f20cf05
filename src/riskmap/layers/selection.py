"""Which rows of a file are records that the recipe takes: wide tables unfolded, totals and misfits set aside."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd

from riskmap.errors import SourceError
from riskmap.layers.measurements import hold_results
from riskmap.sources.mapped_columns import named_columns
from riskmap.sources.numbers import normalise
from riskmap.sources.patterns import alternatives, match_patterns
from riskmap.sources.persons import mask_lines
from riskmap.sources.recipe import Recipe, Wide
from riskmap.sources.source_table import SourceTable

TOTALS = {"合计", "总计", "小计", "共计", "累计", "total", "totals", "subtotal", "sub-total", "grandtotal", "sum"}
TOTALS_OF = r"(?:[\u4e00-\u9fff]+[省市州盟县区旗镇乡]|[本各全][\u4e00-\u9fff]{1,3})(?:合计|总计|小计|共计)"
"""Of what: 成都市合计, 本页小计, 全省总计. No place is called so."""
LIKE_TOTALS = r"(?i)计|total|sum|[ｔｓ]"
"""What must be in a text before it is looked at closely."""
REMARKS = r"[\s　]|\([^()]*\)|:.*$"
"""What stands about the word: blanks, a unit in brackets, a number behind a colon."""
NAMING = ("case_id", "incident_id", "seizure_id", "site_id", "plant_id", "sample_id", "area_code", "name_zh", "name_en")


@dataclass(frozen=True)
class Unfolded:
    """A table with a wide table's columns as rows.

    `rows` says where each row stood (row, part); `others` are the columns that were unfolded though the recipe does
    not list them; `width` is how many rows each row of the file became.
    """

    frame: pd.DataFrame
    rows: pd.DataFrame
    geometry: gpd.GeoSeries | None
    others: list[str]
    width: int


def unfold(frame: pd.DataFrame, table: SourceTable, recipe: Recipe) -> Unfolded:
    """Return the frame with a wide table's columns as rows, and where each row stood."""
    rows = pd.DataFrame(
        {"row": np.asarray(table.rows, dtype="int64"), "part": pd.Series("", index=frame.index, dtype="str")}
    )
    if recipe.wide is None:
        return Unfolded(frame, rows, table.geometry, [], 1)
    wide = recipe.wide
    listed = _listed_columns(frame, table.file, wide)
    others = _other_results(frame, recipe, wide) if wide.others else []
    columns = listed + others
    rest = [name for name in frame.columns if name not in columns]
    n_columns, n_rows = len(columns), len(frame)
    order = np.repeat(np.arange(n_rows), n_columns)
    names = pd.Series(np.tile(np.array(columns, dtype=object), n_rows), dtype="str")
    values = pd.Series(frame[columns].to_numpy(dtype=object).ravel(), dtype="str")
    long = frame[rest].iloc[order].reset_index(drop=True).assign(**{wide.name: names, wide.value: values})
    geometry = table.geometry.iloc[order].reset_index(drop=True) if table.geometry is not None else None
    stood = rows.iloc[order].reset_index(drop=True).assign(part=names)
    return Unfolded(long, stood, geometry, others, n_columns)


def _listed_columns(frame: pd.DataFrame, file: str, wide: Wide) -> list[str]:
    """Return the columns of `wide` that the file has: all of them, or where `some` do at least one."""
    present = [name for name in wide.columns if name in frame.columns]
    missing = [name for name in wide.columns if name not in frame.columns]
    if missing and not (wide.some and present):
        raise missing_column(" / ".join(missing) if wide.some else missing[0], frame, file)
    return present


def _other_results(frame: pd.DataFrame, recipe: Recipe, wide: Wide) -> list[str]:
    """Return the columns that the recipe names nowhere and that hold results."""
    known = set(named_columns(recipe))
    left = pd.Series([name for name in frame.columns if name not in known], dtype="str")
    left = left[~match_patterns(left, wide.others_not)]
    return [name for name in left if hold_results(frame[name])]


def selected_rows(frame: pd.DataFrame, file: str, recipe: Recipe) -> np.ndarray:
    """Return which rows `keep`, `leave_out` and a wide table's blank cells leave."""
    chosen = np.ones(len(frame), dtype=bool)
    for conditions, wanted in ((recipe.keep, True), (recipe.leave_out, False)):
        for column, patterns in conditions.items():
            present = [name for name in alternatives(column) if name in frame.columns]
            if not present:
                raise missing_column(column, frame, file)
            chosen &= match_patterns(frame[present[0]], patterns).to_numpy(bool) == wanted
    if recipe.wide is not None:
        chosen &= (frame[recipe.wide.value].str.strip() != "").to_numpy(bool)
    return chosen


def totals_names(frame: pd.DataFrame, sources: dict[str, list[str]]) -> pd.Series:
    """Return the text by which a row says that it adds up others, "" for all other rows.

    It stands in the first cell that is filled, or where the row's id, code or name should be.

    Parameters
    ----------
    sources
        The file's columns behind each of the table's.
    """
    first = _first_filled(frame)
    found = first.where(_are_totals(first), "")
    for target in NAMING:
        for name in sources.get(target, []):
            if name in frame:
                found = found.mask((found == "") & _are_totals(frame[name]), frame[name])
    return found


def _first_filled(frame: pd.DataFrame) -> pd.Series:
    """Return each row's first cell that is not blank."""
    first = frame.iloc[:, 0]
    for at in range(1, frame.shape[1]):
        blank = first == ""
        if not blank.any():
            break
        first = first.mask(blank, frame.iloc[:, at])
    return first


def _are_totals(texts: pd.Series) -> np.ndarray:
    doubtful = texts.str.contains(LIKE_TOTALS, regex=True).to_numpy(bool)
    if not doubtful.any():
        return doubtful
    codes, distinct = pd.factorize(texts.where(doubtful, ""))
    plain = normalise(pd.Series(distinct, dtype="str")).str.replace(REMARKS, "", regex=True).str.casefold()
    return (plain.isin(TOTALS) | plain.str.fullmatch(TOTALS_OF)).to_numpy(bool)[codes]


def rejected_rows(table: SourceTable, rows: pd.Series, names: pd.Series) -> pd.DataFrame:
    """Return the rows that are no records: row, original, rule."""
    totals = pd.DataFrame({"row": rows, "original": names, "rule": "totals_row"})
    original = mask_lines(table.misfits["original"], list(table.frame.columns))
    misfits = table.misfits.assign(original=original, rule="field_count")
    if totals.empty:
        return misfits.reset_index(drop=True)
    return pd.concat([part for part in (misfits, totals) if len(part)], ignore_index=True)


def missing_column(column: str, frame: pd.DataFrame, file: str) -> SourceError:
    return SourceError(
        "missing_column",
        "{file} has no column {column!r}; its columns are {columns}. Correct the recipe or the file.",
        file=file,
        column=column,
        columns=", ".join(frame.columns[:40]),
    )
