"""Real and simulated areas to measure skill on, made from the public data beside the project by recipes alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import shapely

from riskmap.layers.areas import create_area
from riskmap.layers.folders import list_imports
from riskmap.layers.intake import import_files
from riskmap.simulate.demo import build_demo
from riskmap.sources.recipe import Recipe
from riskmap.sources.recipe_files import load_recipe
from riskmap.study import REPOSITORY, Period, Study, load_study

PUBLIC_DATA = REPOSITORY.parent / "shared" / "data"
TEMPE_BOX = (-112.009, 33.314, -111.787, 33.486)
"""What the publisher says its calls lie in; a boundary of the city is not among the data."""


@dataclass(frozen=True)
class Source:
    """Files, as patterns below the public data, and the recipe that reads them; `changes` are made to it."""

    recipe: str
    files: tuple[str, ...]
    changes: tuple[tuple[str, Any], ...] = ()

    def read_recipe(self) -> Recipe:
        form = load_recipe(self.recipe)
        return Recipe.model_validate(form.model_dump(by_alias=True) | dict(self.changes))

    def paths(self) -> list[Path]:
        found = [path for pattern in self.files for path in sorted(PUBLIC_DATA.glob(pattern))]
        if not found:
            raise SystemExit(f"The public data is missing: nothing like {self.files} below {PUBLIC_DATA}.")
        return found


@dataclass(frozen=True)
class City:
    """A place with its boundary (None: TEMPE_BOX) and the layers that are published of it."""

    boundary: str | None
    timezone: str
    sources: tuple[Source, ...]


CITIES = {
    "south-yorkshire": City(
        "boundaries/uk_south_yorkshire_wards2013.geojson",
        "Europe/London",
        (
            Source("uk-wards", ("boundaries/uk_south_yorkshire_wards2013.geojson",)),
            Source("uk-police", ("uk_south_yorkshire/drug_events.csv.gz",)),
            Source("uk-police-other", ("uk_south_yorkshire/events.parquet",)),
        ),
    ),
    "st-louis": City(
        "boundaries/stl_neighborhoods.geojson",
        "America/Chicago",
        (
            Source("st-louis-neighborhoods", ("boundaries/stl_neighborhoods.geojson",)),
            Source("st-louis-slmpd", ("stl_slmpd/raw/*.gz",)),
            Source("st-louis-slmpd-other", ("stl_slmpd/raw/*.gz",)),
        ),
    ),
    "chicago": City(
        "boundaries/chicago_community_areas.geojson",
        "America/Chicago",
        (
            Source("chicago-community-areas", ("boundaries/chicago_community_areas.geojson",)),
            Source("chicago-crimes", ("chicago_crimes/crimes_2018_jan_aug.parquet",)),
            Source("chicago-crimes-other", ("chicago_crimes/crimes_2018_jan_aug.parquet",)),
        ),
    ),
    # Overdose calls are context elsewhere; here they are what is forecast, as there is nothing else.
    "tempe": City(
        None,
        "America/Phoenix",
        (
            Source(
                "tempe-ems",
                ("tempe_opioid_ems/tempe_opioid_calls.csv",),
                (("layer", "cases"), ("constants", {"category": "other", "origin": "reported"})),
            ),
        ),
    ),
}
AREAS: dict[str, tuple[str, int, Period]] = {
    "south-yorkshire-8-month": ("south-yorkshire", 8, "month"),
    "south-yorkshire-9-month": ("south-yorkshire", 9, "month"),
    "st-louis-8-month": ("st-louis", 8, "month"),
    "st-louis-8-quarter": ("st-louis", 8, "quarter"),
    "st-louis-9-month": ("st-louis", 9, "month"),
    "st-louis-9-quarter": ("st-louis", 9, "quarter"),
    "chicago-9-week": ("chicago", 9, "week"),
    "tempe-9-month": ("tempe", 9, "month"),
}
NAMES = (*AREAS, "demo")


def build_area(name: str, home: Path) -> Study:
    """Return the area, made from its sources where it is not there yet.

    Raises
    ------
    SystemExit
        If the public data is missing or a file of it is refused.
    """
    if name == "demo":
        return build_demo(home)
    place, resolution, period = AREAS[name]
    city = CITIES[place]
    if not (home / "geodata" / name / "study.toml").is_file():
        boundary = PUBLIC_DATA / city.boundary if city.boundary else _box_file(home, TEMPE_BOX)
        create_area(home, name, boundary, resolution=resolution, period=period, timezone=city.timezone)
    study = load_study(name, home)
    for source in city.sources:
        _import(study, source)
    return study


def _import(study: Study, source: Source) -> None:
    form = source.read_recipe()
    if list_imports(study, form.layer):
        return
    receipt = import_files(study, form.layer, source.paths(), form, accept=True)
    if receipt.exit_status:
        raise SystemExit(f"{source.recipe}: {receipt.refused}")


def _box_file(home: Path, bounds: Sequence[float]) -> Path:
    path = home / "box.geojson"
    path.parent.mkdir(parents=True, exist_ok=True)
    gpd.GeoDataFrame({"name": ["box"]}, geometry=[shapely.box(*bounds)], crs=4326).to_file(path)
    return path
