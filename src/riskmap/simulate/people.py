"""Where people live: one county seat a county, towns, villages; every resident in one cell."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy.spatial import cKDTree

from riskmap.grid.cells import Cells, cell_centres, cells_of_polygon
from riskmap.simulate.areas import Areas
from riskmap.simulate.scales import RESOLUTION, Scale, stream
from riskmap.simulate.terrain import Floats, Integers, Terrain, Waves, nearest, to_km

_SHARES = {"seat": 0.44, "town": 0.20, "village": 0.36}
_PREFECTURE_SEAT, _CAPITAL = 3.5, 5.0
"""How many times larger a prefecture's seat is than another, and the capital than another prefecture's seat."""


@dataclass(frozen=True)
class Land:
    """The cells of the study and who lives there; row i of `table` is cell i.

    `table` has cell, lon, lat, east, north (km), inside (its centre lies in the province), county (position in the
    counties sorted by code), habitability, residents. `places` has the seats and towns: east, north, county, rank
    (capital, prefecture, county, town), residents.
    """

    table: pd.DataFrame
    places: pd.DataFrame

    @property
    def cells(self) -> Cells:
        """Sorted H3 cells, shape (n,)."""
        return self.table["cell"].to_numpy()

    @property
    def points(self) -> Floats:
        """Centres in km, shape (n, 2)."""
        return self.table[["east", "north"]].to_numpy()


def to_whole(amounts: Floats, total: int) -> Integers:
    """Return whole numbers in proportion to `amounts` that sum to `total` (largest remainders)."""
    exact = amounts * (total / amounts.sum())
    whole = np.floor(exact).astype(np.int64)
    missing = total - int(whole.sum())
    whole[np.argsort(whole - exact, kind="stable")[:missing]] += 1
    return whole


def label_cells(counties: gpd.GeoDataFrame, province: gpd.GeoDataFrame, terrain: Terrain) -> pd.DataFrame:
    """Return the province's cells with centre, county and habitability."""
    cells = cells_of_polygon(province.geometry.iloc[0], RESOLUTION)
    lon, lat = cell_centres(cells)
    centres = gpd.GeoSeries.from_xy(lon, lat, crs="EPSG:4326")
    cell_at, county_at = counties.sindex.query(centres, predicate="within", output_format="indices")
    county = np.full(len(cells), -1)
    county[cell_at] = county_at
    inside = county >= 0
    east, north = to_km(lon, lat)
    points = np.column_stack([east, north])
    # A cell at the rim whose centre lies outside goes to the county of the nearest cell that lies inside.
    county[~inside] = county[inside][nearest(points[inside], points[~inside])[1]]
    habitability = terrain.habitability(east, north) * inside
    columns = {"cell": cells, "lon": lon, "lat": lat, "east": east, "north": north, "inside": inside}
    return pd.DataFrame({**columns, "county": county, "habitability": habitability})


def _choose_places(scale: Scale, table: pd.DataFrame, chief: Integers, random: np.random.Generator) -> pd.DataFrame:
    """Return seats and towns with their relative size: seats where the county is best and most central."""
    middle = table.groupby("county")[["east", "north"]].transform("mean")
    away = np.hypot(table["east"] - middle["east"], table["north"] - middle["north"])
    appeal = np.log(table["habitability"].clip(1e-9)) - away / 14
    seats = appeal.groupby(table["county"]).idxmax().to_numpy()
    worth = table["habitability"].groupby(table["county"]).sum().to_numpy() ** 0.8
    size = worth * random.lognormal(0, 0.35, len(seats))
    rank = np.full(len(seats), "county", dtype=object)
    rank[chief] = "prefecture"
    size[chief] *= _PREFECTURE_SEAT
    capital = chief[np.argmax(size[chief])]
    rank[capital], size[capital] = "capital", size[capital] * _CAPITAL
    weight = table["habitability"].to_numpy() ** 0.9
    towns = np.sort(random.choice(len(table), scale.towns, replace=False, p=weight / weight.sum()))
    places = pd.concat(
        [
            pd.DataFrame({"at": seats, "rank": rank, "size": size / size.sum() * _SHARES["seat"]}),
            pd.DataFrame({"at": towns, "rank": "town", "size": random.pareto(2.2, scale.towns) + 0.4}),
        ],
        ignore_index=True,
    )
    town = places["rank"] == "town"
    places.loc[town, "size"] *= _SHARES["town"] / places.loc[town, "size"].sum()
    places["residents"] = places["size"] * scale.residents
    return places.join(table[["east", "north", "county"]], on="at").drop(columns="size")


def _spread_places(places: pd.DataFrame, points: Floats, texture: Floats) -> Floats:
    """Return the people of seats and towns per cell: density falls with distance, wider around larger places."""
    # Half-densities of real cities grow with about the 0.4th power of their people.
    reach_km = 0.33 * (places["residents"].to_numpy() / 1e4) ** 0.42
    near = cKDTree(points).query_ball_point(
        places[["east", "north"]].to_numpy(), 7 * reach_km + 0.6, return_sorted=True
    )
    place = np.repeat(np.arange(len(places)), [len(cells) for cells in near])
    cell = np.concatenate(near).astype(np.int64)
    away = np.hypot(*(points[cell] - places[["east", "north"]].to_numpy()[place]).T)
    pull = np.exp(-away / reach_km[place]) * texture[cell]
    share = pull / np.bincount(place, pull, len(places))[place]
    return np.bincount(cell, share * places["residents"].to_numpy()[place], len(points)).astype(float)


def settle_people(scale: Scale, terrain: Terrain, areas: Areas, seed: int) -> Land:
    """Settle the scale's residents: seats and towns draw two thirds of them, villages the rest."""
    random = stream(seed, "people")
    counties = areas.level("county")
    table = label_cells(counties, areas.level("province"), terrain)
    # A code that ends in 01 is the district of the prefecture's seat.
    chief = np.flatnonzero(counties["area_code"].str.endswith("01").to_numpy())
    places = _choose_places(scale, table, chief, random)
    points = table[["east", "north"]].to_numpy()
    texture = np.exp(0.45 * Waves.draw(random, 2.5).at(*points.T) + random.normal(0, 0.45, len(points)))
    texture *= table["inside"].to_numpy()
    urban = _spread_places(places, points, texture + 1e-9)
    villages = table["habitability"].to_numpy() ** 1.2 * texture
    rural = villages / villages.sum() * _SHARES["village"] * scale.residents
    people = np.where(table["inside"], urban + rural, 0.0)
    # Under half a person a cell is nobody: the mountains are empty, not thinly smeared.
    people[people < 0.5] = 0.0
    table["residents"] = to_whole(people, scale.residents)
    return Land(table, places)
