"""Logistics hubs, precursor enterprises and road checkpoints: what stands where."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from riskmap.grid.assign import points_to_cells
from riskmap.grid.cells import Cells, cell_polygons, positions_in
from riskmap.simulate.people import Land, to_whole
from riskmap.simulate.roads import Roads
from riskmap.simulate.scales import CUT_OFF, FIRST_WEEK, RESOLUTION, Scale, stream
from riskmap.simulate.terrain import Floats, nearest, to_degrees

HUB_SHARES = {
    "courier_outlet": 0.690,
    "warehouse": 0.125,
    "freight_station": 0.075,
    "sorting_centre": 0.055,
    "logistics_park": 0.0505,
    "port": 0.0035,
    "airport": 0.001,
}
ENTERPRISE_SHARES = {
    "precursor_user": 0.45,
    "precursor_dealer": 0.34,
    "precursor_store": 0.15,
    "precursor_producer": 0.06,
}
HUB_PULL = {
    "courier_outlet": 0.25,
    "warehouse": 1.0,
    "freight_station": 1.6,
    "sorting_centre": 2.0,
    "logistics_park": 3.0,
    "port": 4.0,
    "airport": 4.0,
}
"""How much more than a usual place each kind draws transport of drugs; a courier outlet is the unit's quarter."""
NAMES = {
    "courier_outlet": ("快递网点", "Courier Outlet"),
    "warehouse": ("仓储中心", "Warehouse"),
    "freight_station": ("货运站", "Freight Station"),
    "sorting_centre": ("分拨中心", "Sorting Centre"),
    "logistics_park": ("物流园", "Logistics Park"),
    "port": ("码头", "Port"),
    "airport": ("机场", "Airport"),
    "precursor_user": ("化工用料厂", "Chemical User"),
    "precursor_dealer": ("化工经营部", "Chemical Dealer"),
    "precursor_store": ("化学品仓库", "Chemical Store"),
    "precursor_producer": ("精细化工厂", "Chemical Works"),
}
_MEDIAN_SIZE_M2 = {"courier_outlet": 120.0, "logistics_park": 60_000.0, "airport": 400_000.0, "port": 90_000.0}


@dataclass(frozen=True)
class Places:
    """`sites` has one row a hub or enterprise; `checkpoints` one row a checkpoint (a fixed point on a road)."""

    sites: pd.DataFrame
    checkpoints: pd.DataFrame


def points_in_cells(random: np.random.Generator, cells: Cells) -> tuple[Floats, Floats]:
    """Return a point drawn evenly from each cell: longitude and latitude, shape (n,)."""
    unique, at = np.unique(cells, return_inverse=True)
    corners, polygon = shapely.get_coordinates(cell_polygons(unique), return_index=True)
    first = np.searchsorted(polygon, np.arange(len(unique)))
    sides = np.bincount(polygon, minlength=len(unique)) - 1
    total = np.column_stack([np.bincount(polygon, corners[:, axis], len(unique)) for axis in (0, 1)])
    # The closing corner is counted twice in the sum; the middle of a hexagon is the mean of its corners.
    middle = (total - corners[first]) / sides[:, None]
    side = first[at] + (random.random(len(cells)) * sides[at]).astype(np.int64)
    one, two = random.random((2, len(cells), 1))
    folded = one + two > 1
    one, two = np.where(folded, 1 - one, one), np.where(folded, 1 - two, two)
    centre = middle[at]
    # A hair inside, so that neither rounding nor a change of datum carries a point over the edge.
    points = centre + 0.996 * (one * (corners[side] - centre) + two * (corners[side + 1] - centre))
    return points[:, 0], points[:, 1]


def _site_rows(
    kinds: dict[str, float], number: int, weights: dict[str, Floats], random: np.random.Generator
) -> pd.DataFrame:
    """Return kind and cell position of `number` sites, each kind drawn by its own weights."""
    whole = to_whole(np.array(list(kinds.values())), number)
    at = [
        np.sort(random.choice(len(weights[kind]), count, p=weights[kind] / weights[kind].sum()))
        for kind, count in zip(kinds, whole, strict=True)
    ]
    return pd.DataFrame({"kind": np.repeat(list(kinds), whole), "at": np.concatenate(at)})


def _weights(scale: Scale, land: Land, roads: Roads, random: np.random.Generator) -> dict[str, Floats]:
    people = land.table["residents"].to_numpy(dtype=float)
    major = roads.distance_km(land.points, "motorway", "national")
    urban = people**0.8
    freight = np.exp(-major / 1.5) * (people**0.55 + 0.5) * (people > 0)
    # Chemical works stand together: in industrial parks at the edge of towns, near a good road.
    parks = random.choice(len(land.table), max(5, scale.enterprises // 160), p=freight / freight.sum())
    park = np.exp(-nearest(land.points[parks], land.points)[0] / 2.2) * (people > 0)
    industry = park / park.sum() + 0.35 * freight / freight.sum()
    city = people**1.4
    weights = dict.fromkeys(HUB_SHARES, freight) | dict.fromkeys(ENTERPRISE_SHARES, industry)
    weights |= {"courier_outlet": urban, "precursor_dealer": industry + 0.8 * urban / urban.sum(), "airport": city}
    inside = land.table["inside"].to_numpy()
    return {kind: weight * inside for kind, weight in weights.items()}


def _open_and_close(sites: pd.DataFrame, random: np.random.Generator) -> pd.DataFrame:
    """Return the sites with the days they opened and closed: some within the three years."""
    span = (CUT_OFF - FIRST_WEEK).days
    since = np.where(random.random(len(sites)) < 0.10, random.integers(7, span - 60, len(sites)), 0)
    before = random.integers(200, 6000, len(sites))
    opened = FIRST_WEEK + pd.to_timedelta(np.where(since > 0, since, -before), unit="D")
    closes = random.random(len(sites)) < 0.08
    until = np.minimum(np.maximum(since, 0) + random.integers(60, span, len(sites)), span - 1)
    closed = pd.Series(FIRST_WEEK + pd.to_timedelta(until, unit="D")).where(closes)
    return sites.assign(opened_on=opened, closed_on=closed.to_numpy())


def _name_sites(sites: pd.DataFrame, counties: pd.DataFrame) -> pd.DataFrame:
    number = (sites.groupby(["county", "kind"]).cumcount() + 1).astype(str).str.zfill(3)
    zh = counties["name_zh"].to_numpy()[sites["county"]] + sites["kind"].map({k: v[0] for k, v in NAMES.items()})
    en = counties["name_en"].to_numpy()[sites["county"]] + " " + sites["kind"].map({k: v[1] for k, v in NAMES.items()})
    return sites.assign(name_zh=zh + number + "号", name_en=en + " " + number)


def place_sites(scale: Scale, land: Land, roads: Roads, counties: gpd.GeoDataFrame, seed: int) -> Places:
    """Place hubs, enterprises and checkpoints.

    Returns
    -------
    sites
        site_id, kind, at (position of the cell), county, lon, lat, name_zh, name_en, size_m2, opened_on, closed_on.
    checkpoints
        checkpoint_id, at, lon, lat, county.
    """
    random = stream(seed, "sites")
    weights = _weights(scale, land, roads, random)
    hubs = _site_rows(HUB_SHARES, scale.hubs, weights, random)
    enterprises = _site_rows(ENTERPRISE_SHARES, scale.enterprises, weights, random)
    sites = pd.concat([hubs, enterprises], ignore_index=True)
    sites["county"] = land.table["county"].to_numpy()[sites["at"]]
    sites["lon"], sites["lat"] = points_in_cells(random, land.cells[sites["at"]])
    median = sites["kind"].map(_MEDIAN_SIZE_M2).fillna(2500.0)
    sites["size_m2"] = (median * random.lognormal(0, 0.6, len(sites))).round(-1).clip(20)
    prefix = np.where(sites["kind"].str.startswith("precursor"), "E", "H")
    sites["site_id"] = prefix + pd.Series(np.arange(1, len(sites) + 1)).astype(str).str.zfill(6)
    sites = _name_sites(_open_and_close(sites, random), counties)
    return Places(sites, _place_checkpoints(scale, land, roads, random))


def _place_checkpoints(scale: Scale, land: Land, roads: Roads, random: np.random.Generator) -> pd.DataFrame:
    """Return points on motorways and national roads, far from each other, most of them near the province's border."""
    major = roads.along[roads.along["road_class"].isin(("motorway", "national"))].reset_index(drop=True)
    lon, lat = to_degrees(major["east"].to_numpy(), major["north"].to_numpy())
    at = positions_in(land.cells, points_to_cells(lon, lat, RESOLUTION))
    usable = (at >= 0) & land.table["inside"].to_numpy()[np.maximum(at, 0)]
    points = major[["east", "north"]].to_numpy()
    rim = nearest(land.points[~land.table["inside"].to_numpy()], points)[0]
    weight = usable * (np.exp(-rim / 12) + 0.03)
    pool = random.choice(
        len(points), min(40 * scale.checkpoints, int(usable.sum())), replace=False, p=weight / weight.sum()
    )
    chosen = [int(pool[0])]
    away = np.hypot(*(points[pool] - points[chosen[0]]).T)
    while len(chosen) < scale.checkpoints:
        chosen.append(int(pool[np.argmax(away)]))
        away = np.minimum(away, np.hypot(*(points[pool] - points[chosen[-1]]).T))
    picked = np.sort(chosen)
    names = [f"C{number:02d}" for number in range(1, len(picked) + 1)]
    columns = {"checkpoint_id": names, "at": at[picked], "lon": lon[picked], "lat": lat[picked]}
    return pd.DataFrame({**columns, "county": land.table["county"].to_numpy()[at[picked]]})
