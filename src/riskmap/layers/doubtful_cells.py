"""Cells that may not say what they seem to, and the rows that they keep out."""

import numpy as np
import pandas as pd

from riskmap.layers.findings import Findings
from riskmap.sources.doubts import UNCOMPUTED
from riskmap.sources.mapped_columns import named_columns, time_columns
from riskmap.sources.recipe import Recipe
from riskmap.sources.source_table import SourceTable


def used_doubts(table: SourceTable, recipe: Recipe) -> pd.DataFrame:
    """Return the doubts of a table in columns that the recipe uses; of numbers, in columns of dates."""
    if table.doubts.empty:
        return table.doubts
    used = named_columns(recipe)
    is_formula = table.doubts["rule"] == UNCOMPUTED
    matters = table.doubts["column"].isin(used) & (is_formula | table.doubts["column"].isin(time_columns(recipe)))
    return table.doubts[matters]


def in_doubt(rows: pd.DataFrame, doubts: pd.DataFrame) -> np.ndarray:
    """Return which rows have a formula without a value, so that nobody knows whether the recipe takes them."""
    return rows["row"].isin(doubts.loc[doubts["rule"] == UNCOMPUTED, "row"]).to_numpy(bool)


def doubts_by_position(doubts: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """Return the doubts of `rows` by their position; in a wide table each concerns the row made of its column."""
    if doubts.empty:  # as nearly always, and the join costs half of taking a file apart
        return pd.DataFrame(columns=["position", "column", "rule", "original"])
    placed = rows.reset_index(names="position").merge(doubts, on="row")
    of_another = placed["column"].isin(rows["part"]) & (placed["part"] != placed["column"])
    return placed.loc[~of_another, ["position", "column", "rule", "original"]]


def quarantine_doubts(doubts: pd.DataFrame, findings: Findings) -> None:
    """Write the doubts down: their rows wait for somebody to say what is meant."""
    for (rule, column), cells in doubts.groupby(["rule", "column"]):
        original = cells.set_index("position")["original"].reindex(range(len(findings.out)), fill_value="")
        findings.add(str(rule), original != "", str(column), original)
