"""Roads by class: motorways between prefectures, national and provincial roads between seats, county roads to towns."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy.spatial import Delaunay, cKDTree
from shapely.geometry import Polygon

from riskmap.simulate.people import Land
from riskmap.simulate.scales import Scale, stream
from riskmap.simulate.terrain import Floats, Integers, geometry_to_degrees, nearest

ROAD_CLASSES = ("motorway", "national", "provincial", "county")
_STEP_KM = 0.35
_BENDS = 5


@dataclass(frozen=True)
class Roads:
    """Lines in EPSG:4326 with their class, and points along them in km (east, north, class)."""

    lines: gpd.GeoDataFrame
    along: pd.DataFrame

    def distance_km(self, points: Floats, *classes: str) -> Floats:
        """Return the distance from each point to the nearest road of the classes, km."""
        chosen = self.along[self.along["road_class"].isin(classes)][["east", "north"]].to_numpy()
        return nearest(chosen, points)[0]


def _neighbours(points: Floats) -> Integers:
    """Return the pairs of points with no third point between them (Gabriel graph): how road networks look."""
    if len(points) < 4:
        first, second = np.triu_indices(len(points), 1)
        return np.column_stack([first, second])
    corners = Delaunay(points).simplices
    pairs = np.unique(np.sort(np.vstack([corners[:, [0, 1]], corners[:, [1, 2]], corners[:, [0, 2]]]), axis=1), axis=0)
    middle = points[pairs].mean(axis=1)
    radius = np.hypot(*(points[pairs[:, 0]] - points[pairs[:, 1]]).T) / 2
    return pairs[nearest(points, middle)[0] >= radius * 0.999]


def _bent(random: np.random.Generator, start: Floats, end: Floats) -> NDArray[np.object_]:
    """Return lines from start to end, shape (m,), bent by moving midpoints sideways, less at each finer step."""
    path = np.stack([start, end], axis=1)
    for bend in range(_BENDS):
        middle = (path[:, :-1] + path[:, 1:]) / 2
        step = path[:, 1:] - path[:, :-1]
        aside = np.stack([-step[..., 1], step[..., 0]], axis=-1)
        middle += aside * random.normal(0, 0.11 * 0.92**bend, aside.shape[:2])[..., None]
        woven = np.empty((len(path), path.shape[1] * 2 - 1, 2))
        woven[:, ::2], woven[:, 1::2] = path, middle
        path = woven
    return np.asarray(shapely.linestrings(path), dtype=object)


def _exits(random: np.random.Generator, seats: Floats, outline: Polygon, number: int) -> tuple[Floats, Floats]:
    """Return seats and points just beyond the outline nearest to them: where roads leave the province."""
    rim = shapely.get_coordinates(shapely.segmentize(outline.exterior, 2.0))
    away, at = nearest(rim, seats)
    order = np.argsort(away, kind="stable")[: number * 3]
    chosen = np.sort(random.choice(order, min(number, len(order)), replace=False))
    return seats[chosen], rim[at[chosen]] + (rim[at[chosen]] - seats[chosen]) * 0.02


def _county_roads(places: pd.DataFrame) -> Integers:
    """Return, for each town, the pair with the nearest place that is larger: roads lead to the next market."""
    points = places[["east", "north"]].to_numpy()
    towns = np.flatnonzero(places["rank"] == "town")
    near = np.asarray(cKDTree(points).query(points[towns], k=min(9, len(points)))[1])[:, 1:]
    size = places["residents"].to_numpy()
    larger = size[near] > size[towns][:, None]
    market = near[np.arange(len(towns)), np.where(larger.any(axis=1), larger.argmax(axis=1), 0)]
    return np.column_stack([towns, market])


def build_roads(scale: Scale, land: Land, outline: Polygon, seed: int) -> Roads:
    """Draw the network inside `outline` (km)."""
    random = stream(seed, "roads")
    places = land.places
    seats = places[places["rank"] != "town"][["east", "north"]].to_numpy()
    chief = places[places["rank"].isin(("capital", "prefecture"))][["east", "north"]].to_numpy()
    points = places[["east", "north"]].to_numpy()
    leave_from, leave_to = _exits(random, seats, outline, max(4, scale.counties // 9))
    pairs = {"motorway": chief[_neighbours(chief)], "seats": seats[_neighbours(seats)]}
    lengths = np.hypot(*(pairs["seats"][:, 0] - pairs["seats"][:, 1]).T)
    national = lengths > np.median(lengths)
    ends = {
        "motorway": np.concatenate([pairs["motorway"], np.stack([leave_from, leave_to], axis=1)[::3]]),
        "national": np.concatenate([pairs["seats"][national], np.stack([leave_from, leave_to], axis=1)]),
        "provincial": pairs["seats"][~national],
        "county": points[_county_roads(places)],
    }
    drawn = {name: _bent(random, pair[:, 0], pair[:, 1]) for name, pair in ends.items()}
    frame = pd.DataFrame({"road_class": np.repeat(list(drawn), [len(lines) for lines in drawn.values()])})
    shapely.prepare(outline)
    frame["geometry"] = shapely.intersection(np.concatenate(list(drawn.values())), outline)
    parts = gpd.GeoDataFrame(frame, geometry="geometry").explode(ignore_index=True)
    parts = parts[(parts.geom_type == "LineString") & (parts.length > 0.2)].reset_index(drop=True)
    return Roads(_in_degrees(parts), _points_along(parts))


def _points_along(parts: gpd.GeoDataFrame) -> pd.DataFrame:
    dense = shapely.segmentize(parts.geometry.to_numpy(), _STEP_KM)
    at, line = shapely.get_coordinates(dense, return_index=True)
    classes = parts["road_class"].to_numpy()[line]
    return pd.DataFrame({"east": at[:, 0], "north": at[:, 1], "road_class": classes, "line": line})


def _in_degrees(parts: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    thinned = shapely.simplify(parts.geometry.to_numpy(), 0.05)
    number = parts.groupby("road_class").cumcount() + 1
    letter = parts["road_class"].map({"motorway": "G9", "national": "G", "provincial": "S", "county": "X"})
    names = letter + number.astype(str).str.zfill(3)
    columns = {"road_class": parts["road_class"], "name": names}
    return gpd.GeoDataFrame(columns, geometry=geometry_to_degrees(thinned), crs="EPSG:4326")
