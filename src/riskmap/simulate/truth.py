"""What is true of the simulated province and no office knows: kept beside it, to score forecasts against."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from riskmap.simulate.province import Province
from riskmap.simulate.scales import CUT_OFF, WEEKS, week_starts
from riskmap.simulate.wastewater import load_table


def intensity_table(province: Province) -> pa.Table:
    """Return the true expected count of cases: column `cell`, then one float32 column a week, named by its Monday."""
    names = [f"{start:%Y-%m-%d}" for start in week_starts()]
    columns = {"cell": province.land.cells} | dict(zip(names, province.draws.rates, strict=True))
    return pa.table(columns)


def drawn_counts(province: Province) -> pd.DataFrame:
    """Return cell, period_start, drawn (what happened) and registered (known before the cut-off); non-zero only."""
    cases = province.cases
    week = (cases["occurred"].to_numpy() - week_starts(1).to_numpy()[0]) // np.timedelta64(7, "D")
    rows = pd.DataFrame({"at": cases["at"], "week": week, "registered": cases["known_on"] < CUT_OFF})
    counts = rows.groupby(["at", "week"])["registered"].agg(["size", "sum"]).reset_index()
    return pd.DataFrame(
        {
            "cell": province.land.cells[counts["at"]],
            "period_start": week_starts().to_numpy()[counts["week"]],
            "drawn": counts["size"].astype("int32"),
            "registered": counts["sum"].astype("int32"),
        }
    )


def effort_table(province: Province) -> pd.DataFrame:
    """Return police effort against its usual level: county_code, period_start, effort."""
    codes = province.areas.level("county")["area_code"].to_numpy()
    effort = province.draws.effort
    return pd.DataFrame(
        {
            "county_code": np.repeat(codes, WEEKS),
            "period_start": np.tile(week_starts(), len(codes)),
            "effort": effort.T.ravel(),
        }
    )


def cell_table(province: Province) -> pd.DataFrame:
    """Return what does not change with time: cell, county_code, residents, demand (log), draw (share of the risk)."""
    table = province.land.table
    return pd.DataFrame(
        {
            "cell": table["cell"],
            "county_code": province.areas.level("county")["area_code"].to_numpy()[table["county"]],
            "residents": table["residents"],
            "demand": province.structure.demand.astype(np.float32),
            "draw": province.structure.draw,
        }
    )


def write_truth(province: Province, folder: Path) -> None:
    """Write the truth as Parquet files into `folder`."""
    intensity = intensity_table(province)
    # Bytes of equal weight side by side compress: the rates' lowest twelve bits are zero.
    pq.write_table(
        intensity,
        folder / "intensity.parquet",
        compression="zstd",
        use_dictionary=False,
        use_byte_stream_split=intensity.column_names[1:],
        row_group_size=1 << 17,
        write_statistics=False,
    )
    posts = province.places.checkpoints
    codes = province.areas.level("county")["area_code"].to_numpy()
    checkpoints = posts.assign(cell=province.land.cells[posts["at"]], county_code=codes[posts["county"]])
    tables = {
        "counts": drawn_counts(province),
        "effort": effort_table(province),
        "cells": cell_table(province),
        "loads": load_table(province.loads, province.plants, week_starts()),
        "dumped": province.dumped,
        "hazards": province.hazards,
        "inspections": province.inspections,
        "checkpoints": checkpoints[["checkpoint_id", "cell", "county_code", "lon", "lat"]],
    }
    for name, table in tables.items():
        table.to_parquet(folder / f"{name}.parquet", index=False, compression="zstd")
