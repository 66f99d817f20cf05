"""From a forecast to the tables of a surface: cells, areas, past counts (surface/publish.py names them)."""

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskmap.layers.areas import read_areas
from riskmap.layers.incidents import read_events
from riskmap.model.explain import reasons_of_top_cells
from riskmap.model.risk_model import BAND_SHARES, Forecast, RiskModel, interval
from riskmap.panel.assemble import Panel
from riskmap.panel.effort import Effort, hours_by_cell, usual_hours
from riskmap.panel.holidays import flag_holidays
from riskmap.panel.periods import PERIODS_PER_YEAR
from riskmap.study import Study
from riskmap.surface.rollup import area_matrices, areas_with_whole, cell_areas, roll_up
from riskmap.surface.unplaced import count_unplaced

MOST_REASONED_CELLS = 5_000
"""Cells whose reasons are prepared; those of any other cell are worked out when somebody asks."""


def surface_cells(model: RiskModel, panel: Panel, forecast: Forecast) -> pd.DataFrame:
    """Return the forecast in the form of schema `surface`."""
    low, high = interval(model, forecast.expected)
    rank = _ranks(forecast.expected, panel)
    top = np.flatnonzero(rank <= min(MOST_REASONED_CELLS, max(1, len(panel.cells) // 10)))
    return pd.DataFrame(
        {
            "cell": panel.cells,
            "expected": forecast.expected,
            "low": low,
            "high": high,
            "need": forecast.need,
            "rank": rank,
            "band": _bands(rank, panel),
            "baseline_expected": forecast.baseline_expected,
            "baseline_rank": _ranks(forecast.baseline_expected, panel),
            "monitored": monitored_cells(panel),
            "reasons": pd.Series(reasons_of_top_cells(model, forecast, top), dtype="str"),
        }
    )


def monitored_cells(panel: Panel) -> NDArray[np.bool_]:
    """Return which cells drain to a plant that was sampled at all, shape (n,)."""
    measured = np.zeros(len(panel.cells), dtype=bool)
    for name, values in panel.plant_values.items():
        if name.startswith("detected_"):
            by_plant = np.isfinite(values[-1])
            measured |= (panel.plant_of >= 0) & by_plant[np.maximum(panel.plant_of, 0)]
    return measured


def _ranks(expected: NDArray[np.float64], panel: Panel) -> NDArray[np.int32]:
    """Return ranks from 1; equal forecasts are ordered by cell, which is arbitrary and the same every time."""
    ranks = np.empty(len(expected), dtype=np.int32)
    ranks[np.lexsort((panel.cells, -expected))] = np.arange(1, len(expected) + 1)
    return ranks


def _bands(rank: NDArray[np.int32], panel: Panel) -> NDArray[np.int8]:
    """Return 1 for the top 1 % of the area, 2 to 2 %, 3 to 5 %, 4 to 10 %, 5 to 20 %, 6 for the rest."""
    order = np.argsort(rank)
    covered = np.empty(len(rank))
    covered[order] = np.cumsum(panel.areas_km2[order]) / panel.areas_km2.sum()
    return (1 + np.searchsorted(np.array(BAND_SHARES), covered - 1e-9, side="left")).astype(np.int8)


def surface_tables(
    study: Study, model: RiskModel, panel: Panel, forecast: Forecast, cells: pd.DataFrame
) -> dict[str, pd.DataFrame]:
    """Return the tables that stand beside the cells in a snapshot (surface/publish.py names them)."""
    outline = study.boundary()
    areas = areas_with_whole(read_areas(study), study.id, outline, (study.name_zh, study.name_en))
    overlaps = area_matrices(areas, panel.cells, panel.resolution)
    known = panel.cases.known_at(panel.timeline.size)
    counts = known.matrix(len(panel.cells))
    expected = forecast.expected
    rolled = roll_up(
        areas,
        overlaps,
        expected=expected,
        baseline_expected=forecast.baseline_expected,
        variance=expected + model.dispersion(expected) * expected**2,
        last_count=counts[-1].astype(float),
        before_count=previous_counts(panel),
        monitored=cells["monitored"].to_numpy(),
    )
    starts = panel.timeline.starts()
    rolled = rolled.merge(unplaced_cases(study, areas, starts), on=["level", "area_code"], how="left")
    period, cell = np.nonzero(counts)
    features = pd.DataFrame(forecast.features, columns=list(model.feature_names), copy=False)
    hours = {} if panel.effort is None else {"hours": hours_table(panel, panel.effort)}
    return hours | {
        "areas": rolled,
        "cell_areas": cell_areas(areas, overlaps, panel.cells),
        "counts": pd.DataFrame(
            {"cell": panel.cells[cell], "period_start": starts[period], "count": counts[period, cell].astype(int)}
        ),
        "periods": pd.DataFrame(
            {
                "period_start": starts[:-1],
                "period_end": starts[1:],
                "reported": panel.cases.reported,
                "cases": counts.sum(axis=1).astype(int),
            }
        ).join(flag_holidays(starts, study)),
        "features": features.assign(cell=panel.cells)[["cell", *model.feature_names]],
    }


def hours_table(panel: Panel, effort: Effort) -> pd.DataFrame:
    """Return cell and hours: each cell's mean hours of police work a period over the last year, missing if unknown."""
    size = panel.timeline.size
    last_year = range(max(size - PERIODS_PER_YEAR[panel.timeline.period], 0), size)
    usual, _ = usual_hours(effort, last_year)
    return pd.DataFrame({"cell": panel.cells, "hours": hours_by_cell(effort, usual)})


def unplaced_cases(study: Study, areas: gpd.GeoDataFrame, starts: pd.DatetimeIndex) -> pd.DataFrame:
    """Return the last period's cases that stand on no cell, by area: level, area_code, last_unplaced."""
    events = read_events(study, "cases", starts[-1])
    known = (events["known_on"] <= starts[-1]) & ~events["on_grid"]
    last = events[known & (events["occurred_from"] >= starts[-2]) & (events["occurred_from"] < starts[-1])]
    counts = np.maximum(count_unplaced(last, areas), 0.0)
    found = areas[["level", "area_code"]].assign(last_unplaced=counts)
    return pd.DataFrame(found.groupby(["level", "area_code"], as_index=False)["last_unplaced"].max())


def previous_counts(panel: Panel) -> NDArray[np.float64]:
    """Return the last period but one as it was known one period ago, shape (n,).

    Cases are registered late: counts of unequal age would show a fall each time.
    """
    if panel.timeline.size < 2:
        return np.zeros(len(panel.cells))
    return panel.cases.known_at(panel.timeline.size - 1).matrix(len(panel.cells))[-2].astype(float)
