"""Where the rows of a delivery stand: on a point, in the area of a code, or at a place that tells no cell."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from riskmap.layers.area_codes import area_register, settle_area_codes
from riskmap.layers.booking_points import LAYERS_WITH_BOOKING_POINTS, find_booking_points, place_keys, place_name
from riskmap.layers.delivery import Delivery
from riskmap.layers.exactness import coarse_places, column_steps
from riskmap.layers.findings import Findings, FindingsOf
from riskmap.layers.given_places import column_numbers, columns_place, note_differences, shape_steps, with_originals
from riskmap.layers.identity import point_places
from riskmap.layers.place import area_reach, place_points, source_crs
from riskmap.layers.point_shapes import given_points, point_texts, settle_points
from riskmap.layers.shapes import move_shapes, place_shapes
from riskmap.schema import COLUMNS, TIME_COLUMNS
from riskmap.sources.datum import is_geographic
from riskmap.sources.mapped_columns import own_column
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
    parsed: pd.DataFrame, texts: pd.DataFrame, delivery: Delivery, recipe: Recipe, study: Study, findings: Findings
) -> pd.DataFrame:
    """Return the rows with `geometry`, None where a row has only an area code or a cell, and how exact it is.

    A shape, of the file or of a WKT column, comes before coordinates in columns.
    """
    coded = is_coded(parsed, texts, recipe.layer)
    if "count" in parsed:
        coded |= (parsed["count"] == -1).to_numpy(bool)  # it may take the place of the row it cancels
    reach, swap = area_reach(study), recipe.outside == "quarantine"
    shapes, given = delivery.shapes, delivery.points
    if "wkt" in texts:
        shapes, given = _from_wkt(texts["wkt"], recipe, study, findings)
    by_columns = columns_place(texts, shapes, delivery, recipe)
    if shapes is None and not by_columns.any():
        findings.add("no_location", ~coded)
        return parsed.assign(geometry=np.full(len(texts), None))
    placed = np.full(len(texts), None)
    steps = np.full((2, len(texts)), np.nan)
    numbers = steps
    if shapes is not None and given is not None:
        own = FindingsOf(findings, ~by_columns)
        settled = settle_points(shapes, given, reach, own, coded=coded, swap=swap)
        placed = place_shapes(settled, recipe.layer, reach, own, coded=coded, resolution=study.resolution)
        steps[:] = shape_steps(given)
        note_differences(texts, placed, recipe, findings)
    if by_columns.any():
        own = FindingsOf(findings, by_columns)
        names = ("lon", "lat") if "lon" in texts else ("x", "y")
        shown = (own_column(recipe, names[0]), own_column(recipe, names[1]))
        numbers = column_numbers(texts, recipe)
        points = place_points(texts, numbers, str(recipe.crs), reach, own, coded=coded, swap=swap, own=shown)
        placed = np.where(by_columns, points, placed)
        if "lon" in texts and is_geographic(str(recipe.crs)):
            chosen = texts[by_columns]
            steps[:, by_columns] = column_steps(chosen["lon"], chosen["lat"], numbers[:, by_columns])
    located = parsed.assign(geometry=placed)
    located = with_originals(located, texts, numbers, by_columns, given)
    return _exactness(located, texts, given, steps, recipe, findings)


def _from_wkt(texts: pd.Series, recipe: Recipe, study: Study, findings: Findings) -> tuple[np.ndarray, pd.DataFrame]:
    """Return the shapes of well-known texts in WGS84, and their points as delivered."""
    read = np.asarray(shapely.from_wkt(texts.to_numpy(object), on_invalid="ignore"))
    findings.add("place_unreadable", shapely.is_missing(read) & (texts != "").to_numpy(bool), "wkt", texts)
    crs = source_crs(recipe, None, recipe.name, study, has_geometry=False)
    return move_shapes(read, crs), given_points(read, crs)


def _exactness(
    parsed: pd.DataFrame,
    texts: pd.DataFrame,
    given: pd.DataFrame | None,
    steps: np.ndarray,
    recipe: Recipe,
    findings: Findings,
) -> pd.DataFrame:
    """Return the rows with `location_precision_m` where coordinates are too coarse for a cell."""
    coarse_m = coarse_places(*steps)
    shapes = np.asarray(parsed["geometry"])
    coarse = np.isfinite(coarse_m) & (shapely.get_type_id(shapes) == 0)
    if not coarse.any():
        return parsed
    by_shape = coarse & (np.isfinite(given["x"].to_numpy("float64")) if given is not None else False)
    if given is not None and by_shape.any():
        original = pd.Series("", index=parsed.index, dtype="object")
        original[by_shape] = point_texts(given["x"].to_numpy()[by_shape], given["y"].to_numpy()[by_shape])
        findings.add("coordinates_coarse", by_shape, "geometry", original)
    if "lon" in texts:
        findings.add("coordinates_coarse", coarse & ~by_shape, "lon", (texts["lon"] + " " + texts["lat"]))
    if recipe.layer not in TIME_COLUMNS:
        return parsed
    precision = parsed.get("location_precision_m", pd.Series(np.nan, index=parsed.index))
    return parsed.assign(location_precision_m=np.where(coarse, np.fmax(precision, coarse_m), precision))


def is_coded(parsed: pd.DataFrame, texts: pd.DataFrame, layer: str) -> np.ndarray:
    """Return which rows count without coordinates: by the code of an area, a cell, or (effort) the id of a site."""
    coded = np.zeros(len(texts), dtype=bool)
    if layer != "areas" and "area_code" in COLUMNS[layer] and "area_code" in texts:
        coded |= (texts["area_code"].fillna("") != "").to_numpy(bool)
    if "cell" in parsed:
        coded |= (parsed["cell"] != 0).to_numpy(bool)
    if layer == "effort" and "site_id" in texts:
        coded |= (texts["site_id"].fillna("") != "").to_numpy(bool)
    return coded
