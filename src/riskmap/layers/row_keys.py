"""What makes a row of a layer itself: an id of its own, or for people the place and the year."""

import numpy as np
import pandas as pd

from riskmap.schema import ID_COLUMN

KEYED = frozenset({*ID_COLUMN, "population"})
"""Layers whose rows can repeat or contradict one another."""


def row_keys(rows: pd.DataFrame, layer: str) -> pd.Series:
    """Return what names each row of a layer in `KEYED`; "" for people at a point, who have no name."""
    return rows[ID_COLUMN[layer]] if layer in ID_COLUMN else _people_keys(rows)


def key_column(rows: pd.DataFrame, layer: str) -> str:
    """Return the column that stands for the key where one is shown."""
    return ID_COLUMN.get(layer, "area_code" if "area_code" in rows else "cell")


def _people_keys(rows: pd.DataFrame) -> pd.Series:
    """Return cell or area code, and the year where there are several years to tell apart."""
    places = people_places(rows)
    if "year" not in rows:
        return places
    years = pd.to_numeric(rows["year"]).astype("float64").map("{:.0f}".format)
    return places.where(places == "", places + "@" + years).astype("str")


def people_places(rows: pd.DataFrame) -> pd.Series:
    """Return the cell (hexadecimal), else the area code, of rows of population; "" where a row has neither."""
    codes = rows["area_code"].fillna("").astype("str") if "area_code" in rows else _blank(rows)
    if "cell" not in rows:
        return codes
    cells = rows["cell"].fillna(0).to_numpy("uint64")
    distinct, at = np.unique(cells, return_inverse=True)
    names = pd.Series([f"{cell:x}" if cell else "" for cell in distinct.tolist()], dtype="str")
    named = pd.Series(names.to_numpy()[at], index=rows.index, dtype="str")
    return named.where(named != "", codes)


def newest_years(population: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of population of the newest year of each place: people are not added up over the years."""
    if "year" not in population or population.empty:
        return population
    newest = population["year"].groupby(people_places(population)).transform("max")
    return population[population["year"] == newest].reset_index(drop=True)


def _blank(rows: pd.DataFrame) -> pd.Series:
    return pd.Series("", index=rows.index, dtype="str")
