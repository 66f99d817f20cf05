"""An invented weekly area with deliveries: a gap, a source that fell silent, rows kept aside, a booking point.

It is the sea of `fabricated`, and all numbers of the tests can be worked out from the constants here.
"""

import json
from pathlib import Path

import numpy as np
import pandas as pd
from fabricated import ATTACK, EAST, NORTH, SOUTH, WEST, area_boxes

from riskmap.layers.areas import create_area
from riskmap.layers.intake import import_files
from riskmap.sources.recipe import parse_recipe
from riskmap.study import Study

FIRST_WEEK = pd.Timestamp("2025-01-06")
WEEKS = 40
GAP_WEEKS = (20, 21)
ROWS_A_WEEK = 14
BOOKED = 120
"""Records on one point, more than layers/booking_points.py takes for an accident."""
BOOKING_POINT = (0.31, 0.37)
HEADER = "案号,时间,经度,纬度,类别,说明"
CASES_RECIPE = """
name = "ocean-cases"
layer = "cases"
publisher = "Ocean Office"
licence = "CC0-1.0"
crs = "WGS84"
[columns]
case_id = "案号"
occurred = "时间"
lon = "经度"
lat = "纬度"
category = "类别"
[values.category]
"持有" = "possession"
"贩卖" = "trafficking"
"""
SEIZURES_RECIPE = """
name = "ocean-seizures"
layer = "seizures"
crs = "WGS84"
[columns]
seizure_id = "编号"
seized = "时间"
lon = "经度"
lat = "纬度"
substance = "毒品"
"""
WRONG = (
    f"Q1,2025-02-03,0,0,持有,{ATTACK}",  # nowhere
    "Q2,2025-02-04,0.3,0.3,藏有,x",  # a category that the recipe does not name
    "Q3,2025-02-05,0.3,0.3,藏有,y",
    "Q4,1980-02-05,0.3,0.3,持有,z",  # before 1990
    "Q5,2025-02-06,9.5,0.3,持有,outside",  # outside the area
)


def ocean(home: Path) -> Study:
    """Return the area without any delivery."""
    path = home / "outline.geojson"
    path.parent.mkdir(parents=True, exist_ok=True)
    ring = [[WEST, SOUTH], [EAST, SOUTH], [EAST, NORTH], [WEST, NORTH], [WEST, SOUTH]]
    feature = {"type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates": [ring]}}
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    return create_area(home, "ocean", path, resolution=8, period="week", timezone="Asia/Shanghai")


def case_rows() -> list[str]:
    """Return the lines of a file of cases: 14 a week but for the gap, 120 of them on one point."""
    random = np.random.default_rng(3)
    lines, booked = [], 0
    for week in range(WEEKS):
        if week in GAP_WEEKS:
            continue
        for day in range(ROWS_A_WEEK):
            at = FIRST_WEEK + pd.Timedelta(days=7 * week + day % 7)
            lon, lat = random.uniform(WEST, EAST), random.uniform(SOUTH, NORTH)
            if day % 4 == 0 and booked < BOOKED:
                (lon, lat), booked = BOOKING_POINT, booked + 1
            lines.append(f"C{week:02d}{day:02d},{at:%Y-%m-%d},{lon:.5f},{lat:.5f},持有,")
    return lines


def write_cases(folder: Path, lines: list[str], name: str = "cases.csv") -> Path:
    """Write lines of cases under the header."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([HEADER, *lines]) + "\n", encoding="utf-8")
    return path


def delivered(home: Path) -> Study:
    """Return the area with its areas, cases (five of them wrong) and seizures that ended long before."""
    study = ocean(home)
    areas = home / "areas.geojson"
    area_boxes().to_file(areas)
    columns = "\n".join(f'{name} = "{name}"' for name in ("area_code", "level", "parent_code", "name_zh", "name_en"))
    take(study, areas, f'name = "ocean-areas"\nlayer = "areas"\ncrs = "WGS84"\n[columns]\n{columns}\n')
    take(study, write_cases(home, [*case_rows(), *WRONG]), CASES_RECIPE)
    days = [FIRST_WEEK + pd.Timedelta(days=day) for day in range(0, 70, 2)]
    lines = [f"S{n},{day:%Y-%m-%d},0.3{n:02d},0.3,海洛因" for n, day in enumerate(days)]
    seizures = home / "seizures.csv"
    seizures.write_text("\n".join(["编号,时间,经度,纬度,毒品", *lines]) + "\n", encoding="utf-8")
    take(study, seizures, SEIZURES_RECIPE)
    return study


def take(study: Study, path: Path, recipe: str) -> None:
    """Import a file by a recipe's text."""
    form = parse_recipe(recipe, path.with_suffix(".toml"))
    receipt = import_files(study, form.layer, [path], form, accept=True)
    assert receipt.import_id, receipt.data
