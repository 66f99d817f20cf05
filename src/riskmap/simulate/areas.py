"""Counties and prefectures that part the province without gaps or overlaps, with borders that bend like rivers."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.csgraph import connected_components
from sklearn.cluster import AgglomerativeClustering

from riskmap.grid.cells import Cells, cell_centres, cell_polygons, cells_of_polygon
from riskmap.grid.neighbours import ring_matrix
from riskmap.simulate.names import PROVINCE_EN, PROVINCE_ZH, invent_names
from riskmap.simulate.scales import Scale, stream
from riskmap.simulate.terrain import Floats, Integers, Terrain, Waves, geometry_to_degrees, nearest, to_km

PROVINCE_CODE = "980000"
_LLOYD_ROUNDS = 12
_ROUNDS_TO_CONNECT = 40


@dataclass(frozen=True)
class Areas:
    """All areas as one table (province, prefectures, counties), and the counties' outlines in the order of codes."""

    table: gpd.GeoDataFrame

    def level(self, level: str) -> gpd.GeoDataFrame:
        """Return the areas of one level, sorted by code."""
        return self.table[self.table["level"] == level].sort_values("area_code").reset_index(drop=True)


def _relaxed_seeds(points: Floats, weight: Floats, number: int, random: np.random.Generator) -> Floats:
    """Return seats that share the weight evenly enough (Lloyd's rounds), more of them where there is more of it."""
    chosen = random.choice(len(points), number, replace=False, p=weight / weight.sum())
    seeds = points[chosen]
    for _ in range(_LLOYD_ROUNDS):
        closest = nearest(seeds, points)[1]
        total = np.bincount(closest, weight, number)
        moved = np.column_stack([np.bincount(closest, weight * points[:, axis], number) for axis in (0, 1)])
        seeds = np.where(total[:, None] > 0, moved / np.maximum(total, 1e-12)[:, None], seeds)
    return seeds


def _connected(labels: Integers, touching: sparse.csr_array) -> Integers:
    """Return labels whose areas are each in one piece: what lies apart goes to the neighbour that it touches most."""
    labels = labels.copy()
    edges = sparse.coo_array(touching)
    for _ in range(_ROUNDS_TO_CONNECT):
        same = labels[edges.row] == labels[edges.col]
        inner = sparse.coo_array((np.ones(same.sum()), (edges.row[same], edges.col[same])), shape=touching.shape)
        piece = connected_components(inner, directed=False)[1]
        size = np.bincount(piece)[piece]
        largest = pd.Series(size).groupby(labels).transform("max").to_numpy()
        apart = size < largest
        if not apart.any():
            break
        other = apart[edges.row] & ~same & ~apart[edges.col]
        votes = pd.DataFrame({"at": edges.row[other], "label": labels[edges.col[other]]}).value_counts().reset_index()
        best = votes.sort_values(["count", "label"], ascending=[False, True]).drop_duplicates("at")
        labels[best["at"].to_numpy()] = best["label"].to_numpy()
    return labels


def _bend(random: np.random.Generator, points: Floats, spacing_km: float) -> Floats:
    """Return the points moved by swirls of three sizes, so that straight borders between seats become winding ones."""
    moved = points.copy()
    for length, reach in ((0.9, 0.20), (0.3, 0.085), (0.1, 0.035)):
        for axis in (0, 1):
            wave = Waves.draw(random, length * spacing_km / 2)
            moved[:, axis] += reach * spacing_km * wave.at(points[:, 0], points[:, 1])
    return moved


def _draw_counties(scale: Scale, terrain: Terrain, seed: int) -> tuple[NDArray[np.object_], Integers, Floats]:
    """Return the counties' outlines in km, the prefecture that each belongs to, and how many people its land draws."""
    random = stream(seed, "areas")
    cells = _cells_inside(terrain, scale.drawing_resolution)
    points = np.column_stack(to_km(*cell_centres(cells)))
    weight = 0.10 + np.sqrt(terrain.habitability(points[:, 0], points[:, 1]))
    seeds = _relaxed_seeds(points, weight, scale.counties, random)
    spacing = float(np.sqrt(scale.area_km2 / scale.counties))
    labels = nearest(seeds, _bend(random, points, spacing))[1]
    touching = ring_matrix(cells, 1)
    labels = _connected(labels, touching)
    hexagons = shapely.transform(cell_polygons(cells), _round_to_km)
    outlines = gpd.GeoSeries(hexagons).groupby(labels).agg(lambda part: shapely.coverage_union_all(part.to_numpy()))
    smooth = shapely.coverage_simplify(outlines.to_numpy(), 0.62 * float(np.sqrt(hexagons[0].area)))
    worth = np.bincount(labels, terrain.habitability(points[:, 0], points[:, 1]), scale.counties).astype(float)
    return smooth, _group(seeds, labels, touching, scale.prefectures), worth


def _round_to_km(at: Floats) -> Floats:
    """Corners that two cells share differ in the last bits; rounded to a metre they are the same corner."""
    return np.column_stack(to_km(at[:, 0], at[:, 1])).round(3)


def _cells_inside(terrain: Terrain, resolution: int) -> Cells:
    outline = geometry_to_degrees(np.array([terrain.outline], dtype=object))[0]
    cells = cells_of_polygon(outline, resolution)
    east, north = to_km(*cell_centres(cells))
    inside = cells[shapely.contains_xy(terrain.outline, east, north)]
    pieces = connected_components(ring_matrix(inside, 1), directed=False)[1]
    return inside[pieces == np.bincount(pieces).argmax()]


def _group(seeds: Floats, labels: Integers, touching: sparse.csr_array, groups: int) -> Integers:
    """Return the group of each county: neighbours, as even in extent as Ward's rule makes them."""
    edges = sparse.coo_array(touching)
    pair = (labels[edges.row], labels[edges.col])
    between = sparse.csr_array((np.ones(len(pair[0])), pair), shape=(len(seeds), len(seeds)))
    return AgglomerativeClustering(groups, connectivity=between, linkage="ward").fit_predict(seeds).astype(np.int64)


def draw_areas(scale: Scale, terrain: Terrain, seed: int) -> Areas:
    """Draw province, prefectures and counties with invented names and codes that begin with 98 (no real province)."""
    outlines, group, worth = _draw_counties(scale, terrain, seed)
    counties = gpd.GeoDataFrame({"group": group}, geometry=geometry_to_degrees(outlines), crs="EPSG:4326")
    middle = counties.geometry.representative_point()
    order = counties.assign(north=middle.y).groupby("group")["north"].mean().sort_values(ascending=False).index
    counties["prefecture"] = counties["group"].map({name: number for number, name in enumerate(order, start=1)})
    counties["north"] = middle.y
    # The county that draws most people is the seat's district and comes first; the others follow from north to south.
    counties["seat"] = worth == pd.Series(worth).groupby(counties["prefecture"]).transform("max")
    counties = counties.sort_values(["prefecture", "seat", "north"], ascending=[True, False, False], ignore_index=True)
    counties["within"] = counties.groupby("prefecture").cumcount() + 1
    zh, en = invent_names(stream(seed, "names"), scale.counties + scale.prefectures)
    return Areas(_area_table(counties, zh, en, scale.prefectures))


def _area_table(counties: gpd.GeoDataFrame, zh: list[str], en: list[str], prefectures: int) -> gpd.GeoDataFrame:
    parent = "98" + counties["prefecture"].astype(str).str.zfill(2) + "00"
    # As in the real scheme: districts of the seat count from 01, counties from 21.
    district = counties["within"] == 1
    number = np.where(district, counties["within"], counties["within"] + 19)
    county_rows = gpd.GeoDataFrame(
        {
            "area_code": parent.str[:4] + pd.Series(number).astype(str).str.zfill(2),
            "level": "county",
            "parent_code": parent,
            "name_zh": pd.Series(zh[prefectures:]) + np.where(district, "区", "县"),
            "name_en": pd.Series(en[prefectures:]) + np.where(district, " District", " County"),
        },
        geometry=counties.geometry,
        crs="EPSG:4326",
    )
    parts = counties.geometry.groupby(parent).agg(lambda part: shapely.coverage_union_all(part.to_numpy()))
    prefecture_rows = gpd.GeoDataFrame(
        {
            "area_code": parts.index.to_numpy(),
            "level": "prefecture",
            "parent_code": PROVINCE_CODE,
            "name_zh": [f"{name}市" for name in zh[:prefectures]],
            "name_en": [f"{name} City" for name in en[:prefectures]],
        },
        geometry=parts.to_numpy(),
        crs="EPSG:4326",
    )
    province = gpd.GeoDataFrame(
        {
            "area_code": [PROVINCE_CODE],
            "level": ["province"],
            "parent_code": [""],
            "name_zh": [PROVINCE_ZH],
            "name_en": [PROVINCE_EN],
        },
        geometry=[shapely.coverage_union_all(counties.geometry.to_numpy())],
        crs="EPSG:4326",
    )
    return gpd.GeoDataFrame(pd.concat([province, prefecture_rows, county_rows], ignore_index=True), crs="EPSG:4326")
