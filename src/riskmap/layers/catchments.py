"""Catchments beside each other: how long each holds, which overlap, and how many people live there at all."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from h3ronpy.vector import cells_to_coordinates

from riskmap.errors import SourceError
from riskmap.layers.findings import Findings
from riskmap.layers.store import read_layer
from riskmap.sources.recipe import Recipe
from riskmap.study import Study

OVERLAP_SHARE = 0.01
"""Share of the smaller catchment from which an overlap is asked about; below it lie slivers of drawing."""
FIRST_MOMENT, LAST_MOMENT = pd.Timestamp("1677-09-22"), pd.Timestamp("2262-04-11")
POLYGONS = (3, 6)


def settle_catchments(
    rows: pd.DataFrame, earlier: gpd.GeoDataFrame, study: Study, recipe: Recipe, findings: Findings, *, accept: bool
) -> pd.DataFrame:
    """Return plants with `overlap` said wherever their catchments overlap, and warn of more people than there are.

    Parameters
    ----------
    rows
        Table `plants`, with those that are out already.
    earlier
        The plants imported before.
    accept
        Whether the analyst agreed that overlaps are shared out where the recipe says nothing about them.

    Raises
    ------
    SourceError
        If catchments of one level overlap at one time, here or with earlier imports, and neither the recipe nor the
        analyst has said whose the people in both are.
    """
    _warn_of_people(rows, study, findings)
    others = _overlapped(rows, ~findings.out, earlier)
    involved = others != ""
    if not involved.any():
        return rows
    said = rows["overlap"] if "overlap" in rows else pd.Series(pd.NA, index=rows.index, dtype="str")
    unsaid = involved & said.isna().to_numpy(bool)
    if unsaid.any() and not accept:
        raise SourceError(
            "catchments_overlap",
            "{n} catchments overlap others, the first {plant} and {other}. Agree (--yes at a terminal) that the people "
            "in both are shared out, or say under [constants] of recipe {name} whose they are: overlap = 'split', or "
            "'priority' for the first plant_id.",
            n=int(unsaid.sum()),
            plant=rows["plant_id"].to_numpy()[unsaid][0],
            other=others[unsaid][0],
            name=recipe.name,
        )
    said = said.mask(unsaid, "split")
    for mode in ("split", "priority"):
        chosen = (said == mode).to_numpy(bool, na_value=False)
        findings.add(f"overlap_{mode}", involved & chosen, "geometry", pd.Series(others))
    return rows.assign(overlap=said)


def _overlapped(rows: pd.DataFrame, sound: np.ndarray, stored: pd.DataFrame) -> np.ndarray:
    """Return the plant whose catchment each row's overlaps, here or in an earlier import; "" where there is none."""
    names = np.full(len(rows), "", dtype=object)
    positions = np.flatnonzero(sound)
    both = pd.concat([rows[sound], stored], ignore_index=True)
    pairs = overlapping_pairs(both)
    turned = pairs.rename(columns={"first": "second", "second": "first"})
    met = pd.concat([pairs, turned]).drop_duplicates("first")
    met = met[met["first"] < len(positions)]
    names[positions[met["first"]]] = both["plant_id"].to_numpy(object)[met["second"]]
    return names


def with_validity(plants: pd.DataFrame) -> pd.DataFrame:
    """Return the plants with `valid_from` and `valid_to` filled: a catchment holds until it is redrawn.

    Open ends are far away; a catchment without an end ends where the next one of the same plant begins.
    """
    dated = plants.copy()
    for name in ("valid_from", "valid_to"):
        if name not in dated:
            dated[name] = pd.Series(pd.NaT, index=dated.index, dtype="datetime64[us]")
    order = dated.sort_values(["plant_id", "valid_from"], na_position="first", kind="stable")
    following = order.groupby("plant_id")["valid_from"].shift(-1).reindex(dated.index)
    ends = pd.concat([dated["valid_to"], following], axis=1).min(axis=1)
    return dated.assign(valid_from=dated["valid_from"].fillna(FIRST_MOMENT), valid_to=ends.fillna(LAST_MOMENT))


def overlapping_pairs(plants: pd.DataFrame, least_share: float = OVERLAP_SHARE) -> pd.DataFrame:
    """Return the positions of catchments of one level that overlap while both hold.

    Parameters
    ----------
    plants
        plant_id, level, geometry (EPSG:4326, valid), and valid_from, valid_to where shapes change.
    least_share
        Share of the smaller one's area that must be exceeded.

    Returns
    -------
    first, second; `first` below `second`, sorted. Catchments of one plant never overlap: they follow each other.
    """
    dated = with_validity(plants.reset_index(drop=True))
    shapes = np.array(dated["geometry"], dtype=object)
    shapes[~np.isin(shapely.get_type_id(shapes), POLYGONS)] = None
    first, second = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    first, second = first[first < second], second[first < second]
    one, other = dated.iloc[first].reset_index(drop=True), dated.iloc[second].reset_index(drop=True)
    together = (one["level"] == other["level"]) & (one["plant_id"] != other["plant_id"])
    together &= (one["valid_from"] < other["valid_to"]) & (other["valid_from"] < one["valid_to"])
    pairs = pd.DataFrame({"first": first, "second": second})[together.to_numpy(bool)]
    a, b = shapes[pairs["first"]], shapes[pairs["second"]]
    common, smaller = shapely.area(shapely.intersection(a, b)), np.minimum(shapely.area(a), shapely.area(b))
    return pairs[common > least_share * smaller].sort_values(["first", "second"], ignore_index=True)


def _warn_of_people(rows: pd.DataFrame, study: Study, findings: Findings) -> None:
    counties, residents = county_residents(study)
    if not len(counties):
        return
    shapes = np.asarray(rows["geometry"], dtype=object)
    row, county = shapely.STRtree(np.asarray(counties.geometry)).query(shapes, predicate="intersects")
    living = pd.Series(residents[county]).groupby(row).sum(skipna=False).reindex(range(len(rows)))
    served = rows["population"].reset_index(drop=True)
    said = served.map("{:.0f}".format) + " > " + living.map("{:.0f}".format)
    findings.add("population_above_county", served > living, "population", said)


def county_residents(study: Study) -> tuple[gpd.GeoDataFrame, np.ndarray]:
    """Return the counties and how many people live in each, shape (counties,), missing where nobody has said.

    A county's own figure of the latest year is taken, else the sum of what lies in it: townships, cells, points.
    """
    areas, population = read_layer(study, "areas"), read_layer(study, "population")
    counties = areas[areas["level"] == "county"].drop_duplicates("area_code", keep="last").reset_index(drop=True)
    if counties.empty or population.empty:
        return counties.head(0), np.empty(0)
    if "year" in population:
        population = population[population["year"] == population["year"].max()]
    codes = population["area_code"] if "area_code" in population else pd.Series(pd.NA, index=population.index)
    own = population.groupby(codes)["residents"].sum().reindex(counties["area_code"]).to_numpy(float)
    parts = population[~codes.isin(counties["area_code"])]
    inside = pd.Series(_county_of(parts, areas, counties), index=parts.index)
    sums = parts.groupby(inside)["residents"].sum().reindex(counties["area_code"]).to_numpy(float)
    return counties, np.where(np.isnan(own), sums, own)


def _county_of(population: pd.DataFrame, areas: pd.DataFrame, counties: gpd.GeoDataFrame) -> np.ndarray:
    """Return the code of the county in which each row's people live, missing where none is found."""
    found = np.full(len(population), None, dtype=object)
    if "area_code" in population and "parent_code" in areas:
        parents = areas.drop_duplicates("area_code").set_index("area_code")["parent_code"]
        found = population["area_code"].map(parents).to_numpy(object)
    points = np.full(len(population), None, dtype=object)
    if "cell" in population:
        named = (population["cell"] != 0).to_numpy(bool)
        centres = cells_to_coordinates(population["cell"].to_numpy("uint64")[named])
        points[named] = shapely.points(centres["lng"].to_numpy(), centres["lat"].to_numpy())
    elif "geometry" in population:
        points = np.asarray(population["geometry"], dtype=object)
    row, county = shapely.STRtree(np.asarray(counties.geometry)).query(points, predicate="within")
    found[row] = counties["area_code"].to_numpy(object)[county]
    return found
