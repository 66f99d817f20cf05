"""Where the rows of a delivery stand: on a point, in the area of a code, or at a place that tells no cell."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from riskmap.layers.area_codes import area_register, settle_area_codes
from riskmap.layers.booking_points import LAYERS_WITH_BOOKING_POINTS, find_booking_points, place_keys, place_name
from riskmap.layers.findings import Findings
from riskmap.layers.identity import point_places
from riskmap.layers.place import area_reach, coarse_places, place_points, source_crs
from riskmap.layers.shapes import move_shapes, place_shapes
from riskmap.schema import COLUMNS, TIME_COLUMNS
from riskmap.sources.datum import is_geographic
from riskmap.sources.recipe import Recipe
from riskmap.study import Study


def settle_areas(parsed: pd.DataFrame, layer: str, areas: gpd.GeoDataFrame | None, findings: Findings) -> pd.DataFrame:
    """Return the rows with the codes of the areas that they name, as far as there are areas to compare with."""
    if areas is None or areas.empty or "area_code" not in parsed or layer not in TIME_COLUMNS:
        return parsed
    moments = parsed[TIME_COLUMNS[layer][0]]
    shapes = np.asarray(parsed["geometry"])
    codes = settle_area_codes(parsed["area_code"], moments, shapes, area_register(areas), findings)
    return parsed.assign(area_code=codes)


def warn_of_booking_points(
    parsed: pd.DataFrame, kept: np.ndarray, layer: str, before: pd.DataFrame, findings: Findings
) -> None:
    """Mark rows on points that hold too many records to be where they happened; `layers.incidents` leaves them out."""
    if layer not in LAYERS_WITH_BOOKING_POINTS:
        return
    lon, lat = point_places(np.asarray(parsed["geometry"]))
    stored = before.drop_duplicates(["id", "count"])
    found = find_booking_points(np.append(lon[kept], stored["lon"]), np.append(lat[kept], stored["lat"]))
    keys = place_keys(lon, lat)
    names = pd.Series(keys).map({key: place_name(key) for key in found.index})
    records = pd.Series(keys).map(found.astype("str"))
    findings.add("booking_point", kept & np.isin(keys, found.index), "geometry", names, records)


def place_rows(
    parsed: pd.DataFrame,
    texts: pd.DataFrame,
    shapes: np.ndarray | None,
    recipe: Recipe,
    study: Study,
    findings: Findings,
) -> pd.DataFrame:
    """Return the rows with `geometry`, None where a row has only an area code or a cell, and how exact it is."""
    coded = is_coded(parsed, texts, recipe.layer)
    if "count" in parsed:
        coded |= (parsed["count"] == -1).to_numpy(bool)  # it may take the place of the row it cancels
    reach = area_reach(study)
    if "wkt" in texts:
        read = shapely.from_wkt(texts["wkt"].to_numpy(object), on_invalid="ignore")
        unreadable = shapely.is_missing(read) & (texts["wkt"] != "").to_numpy(bool)
        findings.add("place_unreadable", unreadable, "wkt", texts["wkt"])
        shapes = move_shapes(read, source_crs(recipe, None, recipe.name, study, has_geometry=False))
    if shapes is not None:
        placed = place_shapes(shapes, recipe.layer, reach, findings, coded=coded, resolution=study.resolution)
        return parsed.assign(geometry=placed)
    if "lon" in texts or "x" in texts:
        swap = recipe.outside == "quarantine"
        points = place_points(texts, str(recipe.crs), reach, findings, coded=coded, swap=swap)
        return _exactness(parsed.assign(geometry=points), texts, recipe, findings)
    findings.add("no_location", ~coded)
    return parsed.assign(geometry=np.full(len(texts), None))


def _exactness(parsed: pd.DataFrame, texts: pd.DataFrame, recipe: Recipe, findings: Findings) -> pd.DataFrame:
    """Return the rows with `location_precision_m` where coordinates are too coarse for a cell."""
    if "lon" not in texts or not is_geographic(str(recipe.crs)):
        return parsed
    coarse_m = coarse_places(texts["lon"], texts["lat"])
    coarse = np.isfinite(coarse_m) & ~shapely.is_missing(np.asarray(parsed["geometry"]))
    findings.add("coordinates_coarse", coarse, "lon", (texts["lon"] + " " + texts["lat"]))
    if recipe.layer not in TIME_COLUMNS or not coarse.any():
        return parsed
    given = parsed.get("location_precision_m", pd.Series(np.nan, index=parsed.index))
    return parsed.assign(location_precision_m=np.where(coarse, np.fmax(given, coarse_m), given))


def is_coded(parsed: pd.DataFrame, texts: pd.DataFrame, layer: str) -> np.ndarray:
    """Return which rows count without coordinates: by the code of an area, or by a cell."""
    coded = np.zeros(len(texts), dtype=bool)
    if layer != "areas" and "area_code" in COLUMNS[layer] and "area_code" in texts:
        coded |= (texts["area_code"] != "").to_numpy(bool)
    if "cell" in parsed:
        coded |= (parsed["cell"] != 0).to_numpy(bool)
    return coded
