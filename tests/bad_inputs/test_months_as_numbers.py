"""Bad inputs: months like 2024.10 that JSON, Parquet, vector files and databases hold as numbers."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from riskmap.layers.areas import create_area
from riskmap.layers.incidents import read_events
from riskmap.study import Study
from tests.bad_inputs.given import COLUMNS, recipe, take

MONTHS = [2024.01, 2024.10, 2024.11, 2024.12]
FRAME = pd.DataFrame(
    {
        "案号": ["A1", "A2", "A3", "A4"],
        "时间": MONTHS,
        "经度": 104.50012,
        "纬度": 30.50012,
        "区划": "510100",
        "计数": 1,
        "备注": 2024.1,
    }
)
SHAPES = gpd.points_from_xy(FRAME["经度"], FRAME["纬度"], crs=4326)


@pytest.fixture
def months(home: Path, square_file: Path) -> Study:
    return create_area(home, "months", square_file, resolution=8, period="month", timezone="Asia/Shanghai")


def as_json(folder: Path) -> Path:
    path = folder / "a.json"
    path.write_text(FRAME.to_json(orient="records", force_ascii=False, double_precision=6), encoding="utf-8")
    return path


def as_parquet(folder: Path) -> Path:
    FRAME.to_parquet(path := folder / "a.parquet")
    return path


def as_narrow_parquet(folder: Path) -> Path:
    FRAME.astype({"时间": np.float32}).to_parquet(path := folder / "a.parquet")
    return path


def as_geoparquet(folder: Path) -> Path:
    gpd.GeoDataFrame(FRAME, geometry=SHAPES).to_parquet(path := folder / "a.parquet")
    return path


def as_vector(name: str) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        gpd.GeoDataFrame(FRAME, geometry=SHAPES).to_file(folder / name)
        return folder / name

    write.__name__ = name
    return write


def as_database(folder: Path) -> Path:
    with closing(sqlite3.connect(path := folder / "a.db")) as connection:
        FRAME.to_sql("cases", connection, index=False)
    return path


@pytest.mark.parametrize("dates", [{}, {"occurred": "%Y.%m"}], ids=["auto", "declared"])
@pytest.mark.parametrize(
    "make",
    [as_json, as_parquet, as_narrow_parquet, as_geoparquet, as_database, *map(as_vector, ("a.geojson", "a.gpkg"))],
    ids=lambda make: make.__name__,
)
def test_a_month_stored_as_a_number_is_january_or_october(
    months: Study, tmp_path: Path, make: Callable[[Path], Path], dates: dict[str, str]
) -> None:
    receipt = take(months, make(tmp_path), recipe(dates=dates))
    assert (receipt.read, receipt.accepted) == (4, 3)
    (kept_aside,) = [entry for entry in receipt.rows if entry["rule"] != "value_read"]
    assert (kept_aside["row"], kept_aside["rule"], kept_aside["fate"]) == (2, "date_year_month", "quarantined")
    assert kept_aside["column"] == COLUMNS["occurred"]
    assert "2024.1 in column 时间 may be January or October" in kept_aside["message_en"]
    found = read_events(months, "cases").sort_values("id")
    assert list(found["occurred_from"].astype("str").str[:7]) == ["2024-01", "2024-11", "2024-12"]


@pytest.mark.parametrize("month", ["2024.10", '"2024.10"'])
def test_october_that_json_writes_with_its_zero_is_october(months: Study, tmp_path: Path, month: str) -> None:
    row = json.dumps({**FRAME.iloc[0].to_dict(), "时间": "M"}, ensure_ascii=False, default=float)
    (tmp_path / "a.json").write_text(f"[{row}]".replace('"M"', month), encoding="utf-8")
    receipt = take(months, tmp_path / "a.json")
    assert receipt.accepted == 1
    assert str(read_events(months, "cases")["occurred_from"].iloc[0])[:7] == "2024-10"
