"""The area under watch and what divides it: boundary, administrative areas, population, roads."""

import os
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely

from riskmap.errors import SourceError, StudyError
from riskmap.layers.row_keys import newest_years
from riskmap.layers.shapes import move_shapes
from riskmap.layers.store import read_layer
from riskmap.snapshot import lease, write_text
from riskmap.sources.datum import known_crs
from riskmap.sources.files import read_shapes
from riskmap.study import Period, Study, check_study, load_study, study_toml

WIDEST_DEGREES = 180.0


def create_area(
    home: Path,
    area: str,
    boundary: Path,
    *,
    resolution: int,
    period: Period,
    timezone: str,
    crs: str | None = None,
    name_zh: str = "",
    name_en: str = "",
    simulated: bool = False,
    **settings: Any,
) -> Study:
    """Make the area `area` whose outline is the union of the polygons in `boundary`.

    Parameters
    ----------
    crs
        The coordinate system of a boundary file that names none.
    settings
        Further settings of a study (horizon, operating_share, minimum_count, seed).

    Raises
    ------
    SourceError, StudyError
        If the boundary cannot be read, holds no polygon, names no coordinate system, or spans more than half the
        globe; if a setting is not valid; or if the area is there with other settings. The same again changes nothing.
    """
    study = check_study(
        {
            "id": area,
            "resolution": resolution,
            "period": period,
            "timezone": timezone,
            "name_zh": name_zh,
            "name_en": name_en,
            "simulated": simulated,
            **settings,
            "home": Path(home),
        }
    )
    outline = read_boundary(Path(boundary), crs)
    if (study.folder / "study.toml").is_file():
        return _unchanged(study, outline)
    with lease(study.folder, "create area"):
        frame = gpd.GeoDataFrame({"area": [study.id]}, geometry=[outline], crs="EPSG:4326")
        staging = study.folder / ".staging-boundary.parquet"
        frame.to_parquet(staging, index=False)
        with staging.open("rb") as stream:
            os.fsync(stream.fileno())
        staging.replace(study.folder / "boundary.parquet")
        # study.toml makes the area visible, so it comes last.
        write_text(study.folder / "study.toml", study_toml(study))
    return study


def _unchanged(study: Study, outline: shapely.Geometry) -> Study:
    there = load_study(study.id, study.home)
    same = there.model_dump() == study.model_dump() and there.boundary().equals(outline)
    if not same:
        raise StudyError(
            "Area {area} is there already with other settings or another boundary; choose another id, because its "
            "forecasts could not be compared.",
            area=study.id,
        )
    return there


def read_boundary(path: Path, crs: str | None = None) -> shapely.Geometry:
    """Return the union of the polygons of a vector file, WGS84.

    Raises
    ------
    SourceError, StudyError
        As `create_area`.
    """
    geometry = read_shapes(path)
    if geometry is None:
        raise SourceError("no_geometry", "{file} has no geometry column.", file=path.name)
    if geometry.crs is None and crs is None:
        raise StudyError(
            "{file} does not say in which coordinate system it is; give it with --crs (for example --crs EPSG:4490).",
            file=path.name,
        )
    source = crs if geometry.crs is None or crs in ("GCJ-02", "BD-09") else geometry.crs.to_wkt()
    if source not in ("GCJ-02", "BD-09", "CGCS2000", "WGS84"):
        known_crs(str(source))
    shapes = shapely.make_valid(move_shapes(geometry.to_numpy(), str(source)))
    polygons = shapely.get_parts(shapely.get_parts(shapes[~shapely.is_missing(shapes)]))
    polygons = polygons[shapely.get_type_id(polygons) == 3]
    if not len(polygons):
        raise StudyError("{file} holds no polygon, so it bounds no area.", file=path.name)
    outline = shapely.union_all(polygons)
    west, south, east, north = outline.bounds
    if east - west > WIDEST_DEGREES or not shapely.box(-180, -90, 180, 90).covers(shapely.box(*outline.bounds)):
        raise StudyError(
            "The boundary in {file} spans {west:.2f} to {east:.2f} degrees east and {south:.2f} to {north:.2f} north, "
            "which is no area of this system; its coordinate system is probably another one.",
            file=path.name,
            west=west,
            east=east,
            south=south,
            north=north,
        )
    return outline


def read_areas(study: Study, level: str | None = None) -> gpd.GeoDataFrame:
    """Return the administrative areas, of one `level` or all."""
    areas = read_layer(study, "areas")
    return areas if level is None else areas[areas["level"] == level].reset_index(drop=True)


def read_population(study: Study) -> pd.DataFrame:
    """Return residents by cell, point or area code, of the newest year of each."""
    return newest_years(read_layer(study, "population"))


def read_roads(study: Study) -> gpd.GeoDataFrame:
    """Return the roads' lines."""
    return read_layer(study, "roads")
