"""Files into a layer: a million rows of cases in GCJ-02, beside the bare reading of the same file with pandas."""

import tempfile
from pathlib import Path
from time import perf_counter
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely import box

from riskmap.grid.assign import points_to_cells
from riskmap.layers.areas import create_area
from riskmap.layers.incidents import read_events
from riskmap.layers.intake import import_files
from riskmap.sources.recipe import Recipe
from riskmap.study import Study

ROWS = 1_000_000
MONTHS = 60
ROWS_A_MONTH = 5_000
CATEGORIES = ("制毒", "贩毒", "运输", "吸毒场所", "其他")
RECIPE = {
    "name": "bench",
    "layer": "cases",
    "crs": "GCJ-02",
    "columns": {
        "case_id": "案件编号",
        "occurred": "发案时间",
        "known_on": "登记日期",
        "lon": "经度",
        "lat": "纬度",
        "area_code": "区划代码",
        "category": "类别",
    },
    "values": {"category": {"制毒": "manufacture", "贩毒": "trafficking", "运输": "transport", "吸毒场所": "use_venue",
                            "*": "other"}},
}  # fmt: skip


def made_up_rows(rows: int, first: int = 0, month: str | None = None) -> pd.DataFrame:
    """Return cases as a registry would export them, free text and a personal column among them."""
    rng = np.random.default_rng(first + 11)
    start = pd.Timestamp(month or "2022-01-01")
    minutes = rng.integers(0, 60 * 24 * (28 if month else 1000), rows)
    happened = start + pd.to_timedelta(minutes, unit="min")
    registered = happened + pd.to_timedelta(rng.integers(0, 20, rows), unit="D")
    numbers = pd.Series(np.arange(first, first + rows)).astype("str").str.zfill(9)
    return pd.DataFrame(
        {
            "案件编号": "A" + numbers,
            "发案时间": happened.strftime("%Y-%m-%d %H:%M"),
            "登记日期": registered.strftime("%Y-%m-%d"),
            "经度": rng.uniform(104, 106, rows).round(6),
            "纬度": rng.uniform(29, 31, rows).round(6),
            "区划代码": rng.integers(510100, 510199, rows),
            "类别": rng.choice(CATEGORIES, rows),
            "嫌疑人姓名": "某某",
            "简要案情": "在该处查获，现场编号 " + numbers + "，已移交处理。",
        }
    )


def write_file(work: Path, rows: int) -> Path:
    """Write one file of cases and return its path."""
    path = work / "cases.csv"
    made_up_rows(rows).to_csv(path, index=False)
    return path


def write_months(work: Path, months: int) -> Path:
    """Write a folder of monthly files and return its path."""
    folder = work / "months"
    folder.mkdir()
    for number, month in enumerate(pd.date_range("2020-01-01", periods=months, freq="MS")):
        rows = made_up_rows(ROWS_A_MONTH, number * ROWS_A_MONTH, f"{month:%Y-%m-%d}")
        rows.to_csv(folder / f"cases-{month:%Y-%m}.csv", index=False)
    return folder


def _study(home: str) -> Study:
    outline = Path(home) / "outline.gpkg"
    gpd.GeoDataFrame({"id": [1]}, geometry=[box(104, 29, 106, 31)], crs="EPSG:4326").to_file(outline)
    return create_area(Path(home), "bench", outline, resolution=8, period="week", timezone="Asia/Shanghai")


def import_ours(file: str, work: str) -> dict[str, Any]:
    """Time riskmap.layers.intake.import_files, then the cells of what was stored."""
    with tempfile.TemporaryDirectory(dir=work) as home:
        study = _study(home)
        start = perf_counter()
        receipt = import_files(study, "cases", [Path(file)], Recipe.model_validate(RECIPE))
        events = read_events(study, "cases")
        cells = points_to_cells(events["lon"].to_numpy(), events["lat"].to_numpy(), study.resolution)
        seconds = perf_counter() - start
    if receipt.accepted != receipt.read or len(cells) != receipt.read:
        raise RuntimeError(f"{receipt.accepted} of {receipt.read} rows were accepted, {len(cells)} indexed.")
    return {"seconds": seconds}


def read_with_pandas(file: str, work: str) -> dict[str, Any]:
    """Time pandas.read_csv on the same file, every column as text: nothing is checked, converted or written."""
    start = perf_counter()
    pd.read_csv(file, dtype="str")
    return {"seconds": perf_counter() - start, "note": "reads only"}


def import_months(folder: str, work: str) -> dict[str, Any]:
    """Time the import of a folder of monthly files."""
    with tempfile.TemporaryDirectory(dir=work) as home:
        study = _study(home)
        start = perf_counter()
        receipt = import_files(study, "cases", [Path(folder)], Recipe.model_validate(RECIPE))
        seconds = perf_counter() - start
    return {"seconds": seconds, "note": f"{receipt.read:,} rows"}
