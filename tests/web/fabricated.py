"""A small invented area with three weekly surfaces, one unreported week, all layers and text that attacks.

It lies in the sea where longitude and latitude are near 0, so that no real place is meant. Expected counts fall from
a peak, and the numbers of the tests can be worked out from the constants here.
"""

import asyncio
import inspect
import io
import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import geopandas as gpd
import h3
import numpy as np
import pandas as pd
from PIL import Image
from shapely.geometry import LineString, Point, box
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match, Route

from riskmap.briefing.pack import Pack
from riskmap.grid.assign import points_to_cells
from riskmap.grid.cells import cell_centres, cells_of_polygon
from riskmap.panel.holidays import flag_holidays
from riskmap.snapshot import publish_folder
from riskmap.study import Study, study_toml
from riskmap.surface.publish import publish_surface

WEST, SOUTH, EAST, NORTH = 0.10, 0.10, 0.60, 0.50
RESOLUTION = 8
FIRST_WEEK = pd.Timestamp("2025-06-02")
WEEKS = 30
GAP = 26
ATTACK = '<img src=x onerror="document.title=1">'
MARKING, MAP_NUMBER = "内部", "GS(2025)1234"
COMMENT = "珊瑚县以东请重点关注。\nWatch the east of Coral County."
PICTURE = "![x](http://192.0.2.1/x.png)"
FORMULA = '=cmd|"/c calc"!A1'
NAMES = {
    "10": ("province", None, "海洋示范区", "Ocean Demonstration Area"),
    "1001": ("prefecture", "10", "东湾市", "East Bay"),
    "1002": ("prefecture", "10", "西礁市", "West Reef"),
    "100101": ("county", "1001", "珊瑚县", "Coral County"),
    "100102": ("county", "1001", ATTACK, ATTACK),
    "100201": ("county", "1002", "灯塔区", "Lighthouse District"),
    "100202": ("county", "1002", "@@=alert(1)", "@@=alert(1)"),
}


def area_boxes() -> gpd.GeoDataFrame:
    """Return the province, two prefectures (east, west) and two counties in each (north, south)."""
    middle_x, middle_y = (WEST + EAST) / 2, (SOUTH + NORTH) / 2
    boxes = {
        "10": box(WEST, SOUTH, EAST, NORTH),
        "1001": box(middle_x, SOUTH, EAST, NORTH),
        "1002": box(WEST, SOUTH, middle_x, NORTH),
        "100101": box(middle_x, middle_y, EAST, NORTH),
        "100102": box(middle_x, SOUTH, EAST, middle_y),
        "100201": box(WEST, middle_y, middle_x, NORTH),
        "100202": box(WEST, SOUTH, middle_x, middle_y),
    }
    rows = [
        {"area_code": code, **dict(zip(("level", "parent_code", "name_zh", "name_en"), NAMES[code], strict=True))}
        for code in boxes
    ]
    return gpd.GeoDataFrame(rows, geometry=list(boxes.values()), crs="EPSG:4326")


def write_layer(study: Study, layer: str, rows: pd.DataFrame, name: str = "a") -> None:
    """Publish `rows` as the import `name` of `layer`."""
    marked = rows.assign(source_id="fabricated", row_id=[f"f:{n:06d}" for n in range(len(rows))], import_id=name)

    def fill(folder: Path) -> None:
        marked.to_parquet(folder / "rows.parquet")
        (folder / "receipt.json").write_text("{}", encoding="utf-8")

    publish_folder(study.folder / "layers" / layer / name, fill)


def build_study(home: Path, *, simulated: bool = True, surfaces: int = 3) -> Study:
    """Build the study `ocean` under `home` and return it; `surfaces` = 0 leaves it without a forecast."""
    study = Study(
        id="ocean",
        resolution=RESOLUTION,
        period="week",
        timezone="Asia/Shanghai",
        simulated=simulated,
        name_zh="海洋示范区",
        name_en="Ocean Demonstration Area",
        home=home,
    )
    study.folder.mkdir(parents=True)
    (study.folder / "study.toml").write_text(study_toml(study), encoding="utf-8")
    outline = gpd.GeoDataFrame(geometry=[box(WEST, SOUTH, EAST, NORTH)], crs="EPSG:4326")
    outline.to_parquet(study.folder / "boundary.parquet")
    if surfaces:
        _write_layers(study)
    for number in range(surfaces):
        publish_week(study, WEEKS - surfaces + 1 + number)
    return study


def _points(random: np.random.Generator, n: int) -> list[Point]:
    return [Point(x, y) for x, y in zip(random.uniform(WEST, EAST, n), random.uniform(SOUTH, NORTH, n), strict=True)]


def _write_layers(study: Study) -> None:
    random = np.random.default_rng(7)
    write_layer(study, "areas", area_boxes())
    roads = gpd.GeoDataFrame(
        {"road_class": ["trunk", "trunk"]},
        geometry=[LineString([(WEST, 0.3), (EAST, 0.32)]), LineString([(0.3, SOUTH), (0.34, NORTH)])],
        crs="EPSG:4326",
    )
    write_layer(study, "roads", roads)
    kinds = ["courier_outlet", "logistics_park", "precursor_producer", "precursor_store"] * 10
    names = [ATTACK, FORMULA, *(f"示范站点{n}" for n in range(2, 40))]
    sites = gpd.GeoDataFrame(
        {
            "site_id": [f"S{n:03d}" for n in range(40)],
            "kind": kinds,
            "name_zh": names,
            "name_en": [f"Site {n}" for n in range(40)],
        },
        geometry=_points(random, 40),
        crs="EPSG:4326",
    )
    write_layer(study, "sites", sites)
    plants = gpd.GeoDataFrame(
        {
            "plant_id": ["P1", "P2"],
            "code": ["WW-01", "WW-02"],
            "level": "plant",
            "parent_id": None,
            "population": [120000.0, 80000.0],
        },
        geometry=[box(0.36, 0.32, 0.56, 0.47), box(0.14, 0.14, 0.30, 0.30)],
        crs="EPSG:4326",
    )
    write_layer(study, "plants", plants)
    days = FIRST_WEEK + pd.to_timedelta(random.integers(0, WEEKS * 7, 600), unit="D")
    cases = gpd.GeoDataFrame(
        {
            "case_id": [f"C{n:04d}" for n in range(600)],
            "occurred_from": days,
            "occurred_to": days + pd.Timedelta(days=1),
            "known_on": days + pd.Timedelta(days=2),
            "category": "possession",
            "origin": "patrol",
            "count": 1,
        },
        geometry=_points(random, 600),
        crs="EPSG:4326",
    )
    write_layer(study, "cases", cases)
    seizures = gpd.GeoDataFrame(
        {
            "seizure_id": [f"Z{n:03d}" for n in range(60)],
            "seized_from": days[:60],
            "seized_to": days[:60] + pd.Timedelta(days=1),
            "known_on": days[:60],
            "substance": [ATTACK, *["methamphetamine"] * 59],
        },
        geometry=_points(random, 60),
        crs="EPSG:4326",
    )
    write_layer(study, "seizures", seizures)


def surface_cells(week: int) -> pd.DataFrame:
    """Return the forecast for `week`: a peak that wanders east, 0.5 a cell at its top."""
    cells = cells_of_polygon(box(WEST, SOUTH, EAST, NORTH), RESOLUTION)
    lon, lat = cell_centres(cells)
    peak = 0.40 + 0.02 * (week - WEEKS)
    expected = 0.5 * np.exp(-(((lon - peak) / 0.06) ** 2 + ((lat - 0.36) / 0.06) ** 2)) + 0.002
    rank = np.empty(len(cells), dtype=np.int32)
    rank[np.lexsort((cells, -expected))] = np.arange(1, len(cells) + 1)
    share = rank / len(cells)
    monitored = ((lon > 0.36) & (lon < 0.56) & (lat > 0.32) & (lat < 0.47)) | (
        (lon > 0.14) & (lon < 0.30) & (lat > 0.14) & (lat < 0.30)
    )
    reasons = json.dumps([["decayed_13", 1.8], ["ring1_4", 1.3]])
    return pd.DataFrame(
        {
            "cell": cells,
            "expected": expected,
            "low": 0.0,
            "high": np.ceil(expected * 3),
            "need": expected * 1.2,
            "rank": rank,
            "band": np.searchsorted([0.01, 0.02, 0.05, 0.1, 0.2], share).astype(np.int8) + 1,
            "baseline_expected": expected * 0.9,
            "baseline_rank": rank,
            "monitored": monitored,
            "reasons": np.where(share <= 0.2, reasons, ""),
        }
    )


def publish_week(study: Study, week: int) -> None:
    cells = surface_cells(week)
    start = FIRST_WEEK + pd.Timedelta(weeks=week)
    end = start + pd.Timedelta(weeks=1)
    starts = FIRST_WEEK + pd.to_timedelta(np.arange(week) * 7, unit="D")
    reported = np.arange(week) != GAP
    random = np.random.default_rng(11)
    counts = pd.DataFrame(
        {
            "cell": random.choice(cells["cell"].to_numpy(), 4000, p=cells["expected"] / cells["expected"].sum()),
            "period_start": FIRST_WEEK + pd.to_timedelta(random.integers(0, WEEKS, 4000) * 7, unit="D"),
        }
    )
    counts = counts[(counts["period_start"] < start) & (counts["period_start"] != starts[GAP])]
    counts = counts.value_counts(["cell", "period_start"]).rename("count").reset_index()
    totals = counts.groupby("period_start")["count"].sum().reindex(starts, fill_value=0).to_numpy()
    periods = pd.DataFrame(
        {"period_start": starts, "period_end": starts + pd.Timedelta(weeks=1), "reported": reported, "cases": totals}
    ).join(flag_holidays(starts.append(pd.DatetimeIndex([start])), study))
    coming = flag_holidays(pd.DatetimeIndex([start, end]), study).iloc[0]
    located = locate(cells["cell"].to_numpy())
    manifest = {
        "snapshot_id": "",
        "area": study.id,
        "as_of": start.isoformat(),
        "data_cut_off": (start - pd.Timedelta(days=1)).isoformat(),
        "period_start": start.isoformat(),
        "period_end": end.isoformat(),
        "period": "week",
        "horizon": 1,
        "resolution": RESOLUTION,
        "cells": len(cells),
        "area_km2": 2460.0,
        "model_id": "m1",
        "baseline": "ewma_ring",
        "simulated": study.simulated,
        "inputs": {},
        "versions": {},
        "freshness": {
            "cases": {"latest": (start - pd.Timedelta(days=1)).isoformat(), "rows": 600, "source": ["fabricated"]},
            "seizures": {"latest": None, "rows": 0, "source": []},
        },
        "holidays": {"zh": coming["holidays_zh"], "en": coming["holidays_en"]},
        "gaps": [starts[GAP].isoformat()] if week > GAP else [],
        "expected_total": float(cells["expected"].sum()),
        "baseline_total": float(cells["baseline_expected"].sum()),
        "seed": 1,
    }
    tables = {
        "areas": _areas(cells, located, counts, start),
        "periods": periods,
        "counts": counts,
        "cell_areas": located,
        "features": cells[["cell"]].assign(decayed_13=1.0),
    }
    publish_surface(study, cells, tables, manifest)


def locate(cells: np.ndarray) -> pd.DataFrame:
    """Return the areas in which each cell's centre lies."""
    lon, lat = cell_centres(cells)
    east, north = lon > (WEST + EAST) / 2, lat > (SOUTH + NORTH) / 2
    prefecture = np.where(east, "1001", "1002")
    county = np.char.add(prefecture, np.where(north, "01", "02"))
    return pd.DataFrame({"cell": cells, "province": "10", "prefecture": prefecture, "county": county, "township": None})


def _areas(cells: pd.DataFrame, located: pd.DataFrame, counts: pd.DataFrame, start: pd.Timestamp) -> pd.DataFrame:
    parts = []
    for level in ("province", "prefecture", "county"):
        code = located.set_index("cell")[level]
        frame = cells.assign(area_code=cells["cell"].map(code))
        sums = (
            frame.groupby("area_code")
            .agg(
                cells=("cell", "size"),
                expected=("expected", "sum"),
                baseline_expected=("baseline_expected", "sum"),
                monitored_share=("monitored", "mean"),
            )
            .reset_index()
        )
        for name, weeks in (("last_count", 1), ("before_count", 2)):
            chosen = counts[counts["period_start"] == start - pd.Timedelta(weeks=weeks)]
            sums[name] = (
                sums["area_code"].map(chosen.groupby(chosen["cell"].map(code))["count"].sum()).fillna(0).astype(int)
            )
        parts.append(sums.assign(level=level))
    areas = pd.concat(parts, ignore_index=True)
    areas["z"] = 2 * (np.sqrt(areas["last_count"]) - np.sqrt(areas["before_count"]))
    areas["low"], areas["high"] = np.floor(areas["expected"] * 0.8), np.ceil(areas["expected"] * 1.2)
    names = pd.DataFrame.from_dict(NAMES, orient="index", columns=["_", "parent_code", "name_zh", "name_en"])
    return areas.join(names[["parent_code", "name_zh", "name_en"]], on="area_code")


def write_plan(study: Study, visits: int = 12) -> None:
    """Freeze a list of `visits` sites in the form that decisions/inspections.py reads."""
    sites = gpd.read_parquet(study.folder / "layers" / "sites" / "a" / "rows.parquet").head(visits)
    lon, lat = sites.geometry.x.to_numpy(), sites.geometry.y.to_numpy()
    cells = points_to_cells(lon, lat, RESOLUTION)
    county = locate(cells)["county"].to_numpy()
    frame = pd.DataFrame(sites[["site_id", "kind", "name_zh", "name_en"]]).assign(
        visit=np.arange(1, visits + 1),
        lon=lon,
        lat=lat,
        cell=cells,
        county_code=county,
        score=1.0,
        expected=0.2,
        need=0.3,
        arm=["ranked"] * (visits - 2) + ["random"] * 2,
        propensity=0.05,
        reason_zh="周边预期数高",
        reason_en=ATTACK,
    )

    def fill(folder: Path) -> None:
        frame.to_parquet(folder / "sites.parquet", index=False)
        frame.drop(columns="cell").to_excel(folder / "plan.xlsx", index=False, engine="openpyxl")
        manifest = {"number": 1, "data_cut_off": "2025-12-28", "snapshot_id": "", "visits": visits}
        (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")

    publish_folder(study.folder / "plans" / "0001", fill)


def write_samples(study: Study) -> None:
    """Write a sample a week and plant: ketamine rises fourfold at P1 over the last four, nothing else moves."""
    rows = [
        {
            "sample_id": f"W{plant}-{analyte}-{week}",
            "plant_id": plant,
            "sampled_from": FIRST_WEEK + pd.Timedelta(weeks=week),
            "sampled_to": FIRST_WEEK + pd.Timedelta(weeks=week, days=1),
            "known_on": FIRST_WEEK + pd.Timedelta(weeks=week, days=3),
            "kind": "composite_24h",
            "analyte": analyte,
            "concentration_ng_l": 100.0 * (4 if (plant, analyte) == ("P1", "ketamine") and week >= WEEKS - 4 else 1),
            "qualifier": "=",
            "flow_m3_d": 20000.0,
        }
        for plant in ("P1", "P2")
        for analyte in ("ketamine", "methamphetamine")
        for week in range(WEEKS)
    ]
    write_layer(study, "samples", pd.DataFrame(rows))


def write_troubled_samples(study: Study) -> None:
    """Add places of which little is known: an old point, one below detection, one unsampled, one too small, a gap.

    Their codes attack, and so does a substance's name.
    """
    box_of = {"P3": Point(0.2, 0.42), "P4": box(0.44, 0.14, 0.52, 0.22), "P5": box(0.18, 0.34, 0.24, 0.40)}
    plants = gpd.GeoDataFrame(
        {
            "plant_id": ["P3", "P4", "P5", "P6", "P7"],
            "code": [ATTACK, PICTURE, "@@=alert(1)", "WW-06", "WW-07"],
            "level": ["plant", "plant", "plant", "plant", "street"],
            "parent_id": [None, None, None, None, "P1"],
            "population": [30000.0, 40000.0, 50000.0, 4000.0, 20000.0],
        },
        geometry=[*box_of.values(), box(0.12, 0.44, 0.16, 0.48), box(0.38, 0.34, 0.46, 0.42)],
        crs="EPSG:4326",
    )
    write_layer(study, "plants", plants, "b")
    weeks = {"P3": range(WEEKS - 12), "P4": [*range(8), *range(20, WEEKS)], "P6": range(WEEKS), "P7": range(WEEKS)}
    rows = [
        {
            "sample_id": f"W{plant}-{week}",
            "plant_id": plant,
            "sampled_from": FIRST_WEEK + pd.Timedelta(weeks=week),
            "sampled_to": FIRST_WEEK + pd.Timedelta(weeks=week, days=1),
            "known_on": FIRST_WEEK + pd.Timedelta(weeks=week, days=3),
            "kind": "composite_24h",
            "analyte": ATTACK if plant == "P7" else "ketamine",
            "qualifier": "<LOD" if plant == "P4" and week % 5 else "=",
            "concentration_ng_l": None if plant == "P4" and week % 5 else 60.0 + 5 * (week % 4),
            "lod_ng_l": 20.0,
            "flow_m3_d": 20000.0,
            "rain_flag": plant == "P3" and week % 6 == 0,
        }
        for plant, sampled in weeks.items()
        for week in sampled
    ]
    write_layer(study, "samples", pd.DataFrame(rows).astype({"rain_flag": "boolean"}), "b")


def write_evaluation(study: Study) -> None:
    """Keep an evaluation in which the model is a little better than its baseline."""
    share = {"hit_rate": 0.42, "ci_low": 0.37, "ci_high": 0.47, "events": 1234}
    models = {
        "boosting": {"poisson_deviance": 0.40, "shares": {"0.05": share}},
        "ewma_ring": {"poisson_deviance": 0.50, "shares": {"0.05": {**share, "hit_rate": 0.39}}},
    }
    result = {"origins": ["2025-09-01", "2025-11-24"], "events": 1234.0, "models": models}
    (study.folder / "evaluation.json").write_text(json.dumps(result), encoding="utf-8")


def peak_cell(week: int = WEEKS) -> str:
    """Return the name of the cell with the highest expected count."""
    return h3.int_to_str(int(surface_cells(week).sort_values("rank")["cell"].iloc[0]))


def run_apart(answer):
    """Run `answer` in a thread of its own: a browser driven by an earlier test leaves its event loop running here."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, answer).result()


def answer_of(routes: Sequence[Route], address: str) -> Response:
    """Answer as the server does to a GET of `address`."""
    path, _, query = address.partition("?")
    scope = {"type": "http", "method": "GET", "path": path, "headers": [], "query_string": query.encode()}
    for route in routes:
        match, found = route.matches(scope)
        if match is Match.FULL:
            answer = route.endpoint(Request({**scope, **found}))
            return run_apart(answer) if inspect.isawaitable(answer) else answer
    raise AssertionError(f"no route answers {path}")


def blank_slides(monkeypatch) -> None:
    """Give the slides' pictures without drawing them, which takes seconds and tells nothing of the page around."""
    drawn, blank = Pack.file, io.BytesIO()
    Image.new("RGB", (16, 9)).save(blank, "PNG")
    monkeypatch.setattr(
        Pack, "file", lambda pack, name: blank.getvalue() if name in pack.pictures else drawn(pack, name)
    )


__all__ = ["ATTACK", "FORMULA", "answer_of", "build_study", "peak_cell", "points_to_cells", "surface_cells"]
