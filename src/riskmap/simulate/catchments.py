"""Sewer catchments: county plants and, within them, the networks of streets and communities."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from riskmap.grid.cells import cell_polygons
from riskmap.simulate.people import Land, to_whole
from riskmap.simulate.scales import Scale, stream
from riskmap.simulate.terrain import Integers

_SMALLEST_CELLS = 8
_CORE = 0.75
"""Share of a plant's people, the most densely living, that networks with their own sampling place divide among them."""


def _served_cells(scale: Scale, land: Land, random: np.random.Generator) -> pd.DataFrame:
    """Return the cells with sewers, at least a handful a county, densest and nearest the seat first."""
    seats = land.places[land.places["rank"] != "town"].set_index("county")[["east", "north"]]
    table = land.table.loc[land.table["residents"] > 0, ["county", "east", "north", "residents"]].copy()
    table["at"] = table.index
    seat = seats.loc[table["county"]].to_numpy()
    table["away"] = np.hypot(table["east"].to_numpy() - seat[:, 0], table["north"].to_numpy() - seat[:, 1])
    table["score"] = np.log(table["residents"]) - table["away"] / 18 + random.normal(0, 0.15, len(table))
    table = table.sort_values(["county", "score", "at"], ascending=[True, False, True])
    # Where a county stops being sewered: where the province's total of people served is reached at one common score,
    # bent by county so that some are better served than others.
    taste = random.normal(0, 0.35, scale.counties)
    table["order"] = table["score"] + taste[table["county"]]
    first = table.groupby("county").cumcount() < _SMALLEST_CELLS
    table.loc[first, "order"] = np.inf
    ranked = table.sort_values(["order", "at"], ascending=[False, True])
    kept = ranked[ranked["residents"].cumsum() <= scale.served * 1.0005]
    return kept.sort_values("at").reset_index(drop=True)


def _number_plants(cells: pd.DataFrame, scale: Scale) -> Integers:
    """Return the plant of each cell: one a county, two (west and east) in the counties that serve most."""
    people = cells.groupby("county")["residents"].sum()
    double = people.nlargest(scale.plants - scale.counties).index
    by_east = cells.sort_values(["county", "east", "at"])
    gone = by_east.groupby("county")["residents"].cumsum() / by_east.groupby("county")["residents"].transform("sum")
    second = (gone.reindex(cells.index) > 0.5) & cells["county"].isin(double)
    return (cells["county"] * 2 + second).factorize(sort=True)[0].astype(np.int64)


def _number_networks(cells: pd.DataFrame, scale: Scale) -> Integers:
    """Return the network of each cell, -1 outside: sectors around the middle of each plant's densest part."""
    people = cells.groupby("plant")["residents"].sum().to_numpy()
    count = 1 + to_whole(np.sqrt(people.astype(float)), scale.networks - len(people))
    dense = cells.sort_values(["plant", "residents", "at"], ascending=[True, False, True])
    before = dense.groupby("plant")["residents"].cumsum() - dense["residents"]
    nth = dense.groupby("plant").cumcount()
    # One cell a network at least, whatever the share says.
    core = dense[(before < _CORE * people[dense["plant"]]) | (nth < 2 * count[dense["plant"]])].copy()
    for axis in ("east", "north"):
        core[axis] -= (core[axis] * core["residents"]).groupby(core["plant"]).transform("sum") / core.groupby("plant")[
            "residents"
        ].transform("sum")
    core["angle"] = np.arctan2(core["north"], core["east"])
    core = core.sort_values(["plant", "angle", "at"])
    position = core.groupby("plant").cumcount().to_numpy()
    size = core.groupby("plant")["at"].transform("size").to_numpy()
    gone = (core.groupby("plant")["residents"].cumsum() - core["residents"] / 2).to_numpy()
    share = gone / core.groupby("plant")["residents"].transform("sum").to_numpy()
    parts = count[core["plant"]]
    by_people = np.floor(share * parts).astype(np.int64)
    # Where one cell holds so many that a sector would be empty, sectors are cut by cells instead.
    filled = core.assign(part=by_people).groupby("plant")["part"].nunique().to_numpy()
    part = np.where((filled < count)[core["plant"]], position * parts // size, by_people)
    offset = np.concatenate([[0], np.cumsum(count)[:-1]])
    number = np.full(len(cells), -1)
    number[core.index] = offset[core["plant"]] + part
    return number


def draw_catchments(
    scale: Scale, land: Land, counties: gpd.GeoDataFrame, seed: int
) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Draw all sampling places.

    Returns
    -------
    plants
        plant_id, code, level, parent_id, name_zh, name_en, county, population, geometry (EPSG:4326; whole cells).
        The plants' populations sum to the scale's people served; a network's is part of its plant's.
    cells
        at (position in the land's cells), plant and network (row in `plants`; -1 for no network), residents.
    """
    random = stream(seed, "catchments")
    cells = _served_cells(scale, land, random)
    cells["plant"] = _number_plants(cells, scale)
    cells["network"] = _number_networks(cells, scale)
    people = cells.groupby("plant")["residents"].sum().to_numpy(dtype=float)
    population = to_whole(people, scale.served)
    members = cells[cells["network"] >= 0]
    parent = members.groupby("network")["plant"].first().to_numpy()
    part = members.groupby("network")["residents"].sum().to_numpy() / people[parent]
    children = np.maximum(1, np.floor(part * population[parent]).astype(np.int64))
    # Corners that cells share differ in their last bits; rounded they are the same, and neighbours do not overlap.
    hexagons = gpd.GeoSeries(shapely.transform(cell_polygons(land.cells[cells["at"]]), lambda at: at.round(7)))
    outlines = [
        hexagons[chosen].groupby(number[chosen]).agg(lambda group: shapely.union_all(group.to_numpy()))
        for number, chosen in (
            (cells["plant"].to_numpy(), np.ones(len(cells), dtype=bool)),
            (cells["network"].to_numpy(), cells["network"].to_numpy() >= 0),
        )
    ]
    county = cells.groupby("plant")["county"].first().to_numpy()
    plants = _plant_rows(counties, county, parent, np.concatenate([population, children]))
    geometry = np.concatenate([part.to_numpy() for part in outlines])
    cells["network"] = np.where(cells["network"] >= 0, cells["network"] + len(population), -1)
    return gpd.GeoDataFrame(plants, geometry=geometry, crs="EPSG:4326"), cells[["at", "plant", "network", "residents"]]


def _plant_rows(counties: gpd.GeoDataFrame, county: Integers, parent: Integers, population: Integers) -> pd.DataFrame:
    number = pd.Series(county).groupby(county).cumcount() + 1
    child = pd.Series(parent).groupby(parent).cumcount() + 1
    plant_id = pd.Series("WP" + counties["area_code"].to_numpy()[county] + number.astype(str))
    own = population[len(county) :]
    street = own >= 25_000
    zh, en = counties["name_zh"].to_numpy(), counties["name_en"].to_numpy()
    numbered = child.astype(str).str.zfill(2)
    rows = {
        "plant_id": [*plant_id, *(plant_id.to_numpy()[parent] + "-" + numbered)],
        # Codes shown to others say nothing about the place.
        "code": [f"P{n:03d}" for n in range(1, len(county) + 1)] + [f"N{n:03d}" for n in range(1, len(parent) + 1)],
        "level": ["plant"] * len(county) + list(np.where(street, "street", "community")),
        "parent_id": [*[""] * len(county), *plant_id.to_numpy()[parent]],
        "name_zh": [
            *(zh[county] + "第" + number.astype(str) + "污水处理厂"),
            *(zh[county[parent]] + numbered + "号管网"),
        ],
        "name_en": [*(en[county] + " Plant " + number.astype(str)), *(en[county[parent]] + " Network " + numbered)],
        "county": [*county, *county[parent]],
        "population": population,
    }
    return pd.DataFrame(rows)
