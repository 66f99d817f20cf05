"""A published forecast as a reader of some of its areas may see it: their cells, their sums, nothing else.

Ranks are counted anew among those cells. What a period had and what the whole expects are the sums over the areas.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskmap.schema import AREA_LEVELS

SUMMED = ["cells", "area_km2", "expected", "baseline_expected", "last_count", "before_count", "last_unplaced"]


@dataclass(frozen=True)
class Part:
    """The part of a surface inside the areas `within`.

    `cells` are its cells, sorted; `areas` the rows of its table of areas that may be seen, led by one of level
    province, which stands for all of the part.
    """

    within: tuple[str, ...]
    cells: NDArray[np.uint64]
    areas: pd.DataFrame

    def table(self, name: str, table: pd.DataFrame, counts: pd.DataFrame | None) -> pd.DataFrame:
        """Return what may be seen of one of the surface's tables; `counts` is asked for `periods` only."""
        if name == "areas":
            return self.areas
        if name == "periods":
            if counts is None or "cases" not in table:
                return table
            inside = counts[counts["cell"].isin(self.cells)].groupby("period_start")["count"].sum()
            return table.assign(cases=table["period_start"].map(inside).fillna(0).astype(int))
        return table[table["cell"].isin(self.cells)].reset_index(drop=True)

    def manifest(self, manifest: Mapping[str, Any]) -> dict[str, Any]:
        """Return the manifest with the part's totals; how many rows the sources hold in all is left out."""
        whole = self.areas.iloc[0]
        fresh = {layer: {**entry, "rows": None} for layer, entry in (manifest.get("freshness") or {}).items()}
        totals = {"expected_total": float(whole["expected"]), "baseline_total": float(whole["baseline_expected"])}
        return {**manifest, **totals, "cells": len(self.cells), "freshness": fresh, "within": list(self.within)}


def part_of(within: tuple[str, ...], study_id: str, cell_areas: pd.DataFrame, areas: pd.DataFrame) -> Part:
    """Return the part inside the areas `within`; empty where no such area is on the surface."""
    levels = [level for level in AREA_LEVELS if level in cell_areas]
    inside = cell_areas[levels].isin(within).any(axis=1).to_numpy()
    named = _with_all_below(areas, within)
    return Part(within, cell_areas["cell"].to_numpy(np.uint64)[inside], _with_total(named, within, study_id))


def cells_of_part(part: Part, cells: pd.DataFrame) -> pd.DataFrame:
    """Return the part's cells with ranks among themselves."""
    own = cells[cells["cell"].isin(part.cells)].reset_index(drop=True)
    ranks = {
        name: own[name].rank(method="first").astype(own[name].dtype)
        for name in ("rank", "baseline_rank")
        if name in own
    }
    return own.assign(**ranks)


def _with_all_below(areas: pd.DataFrame, within: tuple[str, ...]) -> pd.DataFrame:
    codes, reached = set(within), -1
    while len(codes) != reached:
        reached = len(codes)
        codes |= set(areas.loc[areas["parent_code"].isin(codes), "area_code"])
    return areas[areas["area_code"].isin(codes)]


def _with_total(areas: pd.DataFrame, within: tuple[str, ...], study_id: str) -> pd.DataFrame:
    """Return areas led by their sum; its interval is that of the only one, and not known of several."""
    tops = areas[areas["area_code"].isin(within) & ~areas["parent_code"].isin(areas["area_code"])]
    if len(tops) == 1 and tops["level"].iloc[0] == "province":
        return areas.reset_index(drop=True)
    total: dict[str, object] = {name: float(tops[name].sum()) for name in SUMMED if name in tops}
    total |= {name: tops[name].iloc[0] if len(tops) == 1 else np.nan for name in ("low", "high")}
    total |= {"area_code": study_id, "level": "province", "parent_code": None, "name_zh": None, "name_en": None}
    last, before = (max(float(tops[name].sum()), 0.0) for name in ("last_count", "before_count"))
    total["z"] = 2 * (np.sqrt(last) - np.sqrt(before))
    weights = tops["cells"].to_numpy(float)
    total["monitored_share"] = float(np.average(tops["monitored_share"], weights=weights)) if weights.sum() > 0 else 0.0
    lead = pd.DataFrame([total]).reindex(columns=areas.columns)
    lead = lead.astype({name: kind for name, kind in areas.dtypes.items() if not str(kind).startswith("int")})
    rest = areas[areas["level"] != "province"]
    return pd.concat([lead, rest], ignore_index=True) if len(rest) else lead
