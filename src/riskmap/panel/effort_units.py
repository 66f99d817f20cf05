"""From rows of hours to the units that reported them: which place, which periods, known since when."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy import sparse

from riskmap.grid.assign import areal_overlaps, points_to_cells, spread_weights
from riskmap.grid.cells import Cells, positions_in
from riskmap.layers.areas import read_areas
from riskmap.layers.effort import POINT, read_effort
from riskmap.layers.folders import coverage
from riskmap.panel.counts import Counts
from riskmap.panel.effort import Effort
from riskmap.panel.periods import Timeline, origin_index, period_index, period_starts
from riskmap.panel.reported import reported_periods
from riskmap.study import Study

POLYGONS = (3, 6)


def gather_effort(study: Study, cells: Cells, timeline: Timeline) -> Effort | None:
    """Return the hours of police work of a study on a timeline; None where none of them is known on a cell."""
    rows = read_effort(study)
    if rows.empty:
        return None
    delivered = coverage(study, "effort", spans=True)
    of_visits = delivered[delivered["source_id"].isin(rows.loc[rows["visit"], "source_id"])]
    reported = reported_periods(of_visits, timeline) if len(of_visits) else np.zeros(timeline.size, dtype=bool)
    return effort_units(rows, read_areas(study), cells, study.resolution, timeline, reported)


def effort_units(
    rows: pd.DataFrame,
    areas: gpd.GeoDataFrame,
    cells: Cells,
    resolution: int,
    timeline: Timeline,
    visits_reported: NDArray[np.bool_],
) -> Effort | None:
    """Return hours by unit, period and the first forecast that knows them.

    Parameters
    ----------
    rows
        From `read_effort`.
    areas
        Table `areas`: the shapes behind area codes.
    visits_reported
        Which periods the sources of visits delivered, shape (timeline.size,).

    Returns
    -------
    None where no row lies on a cell of the study in a period of the timeline.
    """
    place, weights = _places(rows, areas, cells, resolution)
    pieces = split_by_period(rows, timeline)
    at = place[pieces["row"].to_numpy()]
    told_by = rows[["source_id", "kind", "visit"]].iloc[pieces["row"]].reset_index(drop=True)
    pieces = pieces.join(told_by).assign(place=at)
    inside = (pieces["occurred"] >= 0) & (pieces["occurred"] < timeline.size)
    pieces = pieces[(at >= 0) & inside.to_numpy()].reset_index(drop=True)
    if pieces.empty:
        return None
    unit = pieces.groupby(["place", "source_id", "kind", "visit"], sort=True).ngroup().to_numpy()
    firsts = pieces.assign(unit=unit).drop_duplicates("unit").sort_values("unit")
    pieces = pieces.assign(unit=unit)
    return Effort(
        hours=_as_counts(pieces, "hours", visits_reported),
        told=_as_counts(_told(pieces), "told", visits_reported),
        place=firsts["place"].to_numpy(np.int64),
        visits=firsts["visit"].to_numpy(bool),
        weights=weights,
    )


def split_by_period(rows: pd.DataFrame, timeline: Timeline) -> pd.DataFrame:
    """Return rows of hours by the periods that they were worked in, spread evenly over time; totals are kept.

    Returns
    -------
    row (position in `rows`), occurred (position on the timeline, may lie outside it), usable, hours; told, the share of
    the period that the row speaks of: all of it unless the row itself lasts a period or longer.
    """
    first = period_index(rows["worked_from"], timeline.period)
    last = np.maximum(period_index(rows["worked_to"] - pd.Timedelta(1, "us"), timeline.period), first)
    lengths = last - first + 1
    row = np.repeat(np.arange(len(rows)), lengths)
    number = np.repeat(first - np.cumsum(lengths) + lengths, lengths) + np.arange(len(row))
    begin = period_starts(number, timeline.period).to_numpy()
    end = period_starts(number + 1, timeline.period).to_numpy()
    worked_from, worked_to = (rows[name].to_numpy("datetime64[us]")[row] for name in ("worked_from", "worked_to"))
    common = (np.minimum(end, worked_to) - np.maximum(begin, worked_from)) / np.timedelta64(1, "s")
    whole = (worked_to - worked_from) / np.timedelta64(1, "s")
    period = (end - begin) / np.timedelta64(1, "s")
    occurred = number - timeline.first
    known = origin_index(rows["known_on"], timeline.period)[row] - timeline.first
    return pd.DataFrame(
        {
            "row": row,
            "occurred": occurred,
            "usable": np.maximum(known, occurred + 1),
            "hours": rows["hours"].to_numpy(float)[row] * common / whole,
            "told": np.where(whole >= period, common / period, 1.0),
        }
    )


def _told(pieces: pd.DataFrame) -> pd.DataFrame:
    """Return how much of each unit's period becomes known when; all reports together tell of no more than all of it."""
    keys = ["unit", "occurred", "usable"]
    told = pieces.groupby(keys, sort=True, as_index=False)["told"].sum()
    by_then = told.groupby(["unit", "occurred"])["told"].cumsum().clip(upper=1.0)
    before = by_then.groupby([told["unit"], told["occurred"]]).shift(fill_value=0.0)
    return told.assign(told=by_then - before)


def _as_counts(pieces: pd.DataFrame, value: str, reported: NDArray[np.bool_]) -> Counts:
    keys = ["unit", "occurred", "usable"]
    summed = pieces.groupby(keys, sort=True, as_index=False)[value].sum()
    unit, occurred, usable = (summed[key].to_numpy(np.int32) for key in keys)
    return Counts(unit, occurred, usable, summed[value].to_numpy(np.float32), reported)


def _places(
    rows: pd.DataFrame, areas: gpd.GeoDataFrame, cells: Cells, resolution: int
) -> tuple[NDArray[np.int64], sparse.csr_array]:
    """Return the place of each row (-1: on no cell), and the share of each place's hours that falls on each cell.

    Hours of a polygon or an area are spread evenly over it; what lies outside the study's cells is put on those inside.
    """
    shapes, shape_of = _distinct_shapes(rows, areas)
    overlaps = areal_overlaps(gpd.GeoSeries(shapes, crs="EPSG:4326"), cells, resolution) if len(shapes) else None
    spread = sparse.csr_array((len(shapes), len(cells)))
    if overlaps is not None and overlaps.shape[0]:
        spread = spread_weights(overlaps)
    own = _cells_of_rows(rows, cells, resolution)
    alone, cell_of = np.unique(own[own >= 0], return_inverse=True)
    ones = sparse.csr_array((np.ones(len(alone)), (np.arange(len(alone)), alone)), shape=(len(alone), len(cells)))
    place = np.where(shape_of >= 0, shape_of, -1)
    place[own >= 0] = len(shapes) + cell_of
    everything = sparse.csr_array(sparse.vstack([spread, ones], format="csr"))
    empty = np.diff(everything.indptr) == 0
    place[place >= 0] = np.where(empty[place[place >= 0]], -1, place[place >= 0])
    return place, sparse.csr_array(everything.T)


def _cells_of_rows(rows: pd.DataFrame, cells: Cells, resolution: int) -> NDArray[np.int64]:
    """Return the position of the cell that each row names or whose point lies in it; -1 for other rows, and outside."""
    named = rows["cell"].to_numpy(np.uint64).copy()
    shapes = np.asarray(rows["shape"], dtype=object)
    points = shapely.get_type_id(shapes) == POINT
    named[points] = points_to_cells(shapely.get_x(shapes[points]), shapely.get_y(shapes[points]), resolution)
    at = positions_in(cells, named)
    at[named == 0] = -1
    return at


def _distinct_shapes(rows: pd.DataFrame, areas: gpd.GeoDataFrame) -> tuple[NDArray[np.object_], NDArray[np.int64]]:
    """Return the polygons and areas that rows are about, and which of them each row is about; -1 for none."""
    shapes = np.asarray(rows["shape"], dtype=object)
    given = np.isin(shapely.get_type_id(shapes), POLYGONS)
    names = pd.Series("", index=range(len(rows)), dtype="object")
    names[given] = shapely.to_wkb(shapes[given], hex=True)
    known = areas.drop_duplicates("area_code").set_index("area_code").geometry
    codes = rows["area_code"].to_numpy(object)
    by_area = pd.Series(codes).isin(known.index).to_numpy(bool)
    names[by_area] = "area " + codes[by_area]
    found = names != ""
    number, distinct = pd.factorize(names[found], sort=True)
    shape_of = np.full(len(rows), -1)
    shape_of[found] = number
    outlines = [
        known.loc[name.removeprefix("area ")] if name.startswith("area ") else shapely.from_wkb(name)
        for name in distinct
    ]
    result = np.empty(len(outlines), dtype=object)
    result[:] = outlines
    return result, shape_of
