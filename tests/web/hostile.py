"""Text that attacks, in every text field that people's files can fill: markup, scripts, formulas, expressions."""

import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
from fabricated import build_study, write_layer, write_plan, write_samples
from shapely.geometry import Point

from riskmap.layers.folders import COVERAGE_COLUMNS
from riskmap.study import Study

MARKUP = (
    '<img src=x onerror="window.attacked=1">',
    "<script>window.attacked=1</script>",
    '"><svg onload=window.attacked=1>',
    "</div><iframe src=javascript:window.attacked=1></iframe>",
    "<a href=javascript:window.attacked=1>x</a>",
    "[x](javascript:window.attacked=1) ![y](http://attacker.example/y.png)",
    "{{constructor.constructor('window.attacked=1')()}}",
    "@@=window.attacked=1",
    "${window.attacked=1} `window.attacked=1` :material/home: $\\frac{1}{2}$",
)
FORMULAS = (
    "=1+1",
    "+1+1",
    "-1+1",
    "@SUM(1,1)",
    "\t=1+1",
    "\r=1+1",
    "=cmd|'/c calc'!A1",
    '=HYPERLINK("http://attacker.example","x")',
    '=DDE("cmd";"/c calc";"x")',
    "＝1+1",
    "＠SUM(1,1)",
)
CORPUS = (*MARKUP, *FORMULAS)
LAYERS = ("areas", "roads", "sites", "plants", "cases", "seizures", "samples", "incidents", "population", "effort")
SPARED = {"area_code", "level", "parent_code", "plant_id", "parent_id", "analyte", "qualifier", "import_id"}
"""What ties rows together or is counted by; an import lets only known words into the others of `KNOWN`."""
KNOWN = {("sites", "kind"), ("samples", "kind"), ("cases", "category"), ("cases", "origin"), ("effort", "kind")}


def texts(n: int, begin: int = 0) -> list[str]:
    """Return n texts of the corpus, one after the other."""
    return [CORPUS[(begin + at) % len(CORPUS)] for at in range(n)]


def hostile_study(home: Path) -> Study:
    """Build the invented area and fill every text of every layer, the list and the settings with the corpus."""
    study = build_study(home, surfaces=2)
    write_samples(study)
    _more_layers(study)
    for number, layer in enumerate(LAYERS):
        path = study.folder / "layers" / layer / "a" / "rows.parquet"
        rows = gpd.read_parquet(path) if "geometry" in pd.read_parquet(path) else pd.read_parquet(path)
        for column in text_columns(rows, layer):
            rows[column] = texts(len(rows), number)
        rows.to_parquet(path)
    _attack_areas_of_surfaces(study)
    write_plan(study)
    path = study.folder / "plans" / "0001" / "sites.parquet"
    sites = pd.read_parquet(path)
    for column in ("site_id", "name_zh", "name_en", "reason_zh", "reason_en"):
        sites[column] = texts(len(sites))
    sites.to_parquet(path)
    settings = study.folder / "study.toml"
    settings.write_text(settings.read_text() + f"contact = {json.dumps(MARKUP[0])}\nmarking = '<b>x</b>'\n")
    return study


def text_columns(rows: pd.DataFrame, layer: str) -> list[str]:
    """Return the columns that anybody's file can fill with text."""
    kinds = rows.dtypes.astype(str)
    free = kinds.index[kinds.isin(["str", "object", "string"])]
    return [name for name in free if name not in SPARED and (layer, name) not in KNOWN]


def _more_layers(study: Study) -> None:
    """Write the layers that the invented area has not."""
    n, day = len(CORPUS), pd.Timestamp("2025-11-03")
    dated = {"known_on": day, "occurred_from": day, "occurred_to": day + pd.Timedelta(days=1)}
    points = [Point(x, 0.4) for x in np.linspace(0.12, 0.58, n)]
    incidents = {"incident_id": "", "kind": "", "count": 1, **dated}
    write_layer(study, "incidents", gpd.GeoDataFrame(incidents, index=range(n), geometry=points, crs="EPSG:4326"))
    write_layer(
        study, "population", pd.DataFrame({"area_code": ["100101"] * n, "residents": 9.0, "year": 2024, "source": ""})
    )
    worked = {"worked_from": day, "worked_to": day + pd.Timedelta(days=7), "known_on": day}
    effort = {"effort_id": "", "area_code": ["100101"] * n, "hours": 1.0, "kind": "patrol", **worked}
    write_layer(study, "effort", gpd.GeoDataFrame(effort, geometry=points, crs="EPSG:4326"))
    nothing = pd.DataFrame(columns=list(COVERAGE_COLUMNS)).astype(COVERAGE_COLUMNS)
    nothing.to_parquet(study.folder / "layers" / "effort" / "a" / "coverage.parquet")


def _attack_areas_of_surfaces(study: Study) -> None:
    for path in study.folder.glob("surfaces/*/areas.parquet"):
        areas = pd.read_parquet(path)
        areas.assign(name_zh=texts(len(areas)), name_en=texts(len(areas))).to_parquet(path)
