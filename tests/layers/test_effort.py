"""Hours of police work come in as every other dated layer does: by recipe, with a fate for each row."""

from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError
from shapely.geometry import box

from riskmap.decisions.hours_and_risk import hours_of_cells
from riskmap.grid.assign import points_to_cells
from riskmap.layers.effort import read_effort
from riskmap.layers.folders import coverage, read_quarantine
from riskmap.layers.intake import import_files
from riskmap.layers.store import read_layer
from riskmap.layers.undo import undo_import
from riskmap.panel.build import build_panel
from riskmap.panel.sample import draw_sample
from riskmap.sources.draft import draft_recipe
from riskmap.sources.recipe import Recipe
from riskmap.study import Study
from riskmap.surface.compose import hours_table
from riskmap.surface.narrow import Part
from riskmap.surface.publish import Surface
from tests.bad_inputs.given import fates, only_line, take
from tests.panel.patrolled import patrolled_world

COLUMNS = {"worked": "日期", "known_on": "上报", "hours": "工时", "kind": "类型", "area_code": "区划"}
WORDS = {"巡逻": "patrol", "检查": "inspection"}
HEADER = "日期,上报,工时,类型,区划"
GOOD = "2024-01-02,2024-01-09,12.5,巡逻,510100"


def recipe(**changes: object) -> Recipe:
    form = {"name": "duty", "layer": "effort", "crs": "WGS84", "columns": COLUMNS, "values": {"kind": WORDS}}
    return Recipe.model_validate(form | changes)


def write(folder: Path, *rows: str, header: str = HEADER, name: str = "duty.csv") -> Path:
    path = folder / name
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


def test_a_report_by_county_is_stored_with_its_interval_and_when_it_was_known(square_area: Study, tmp_path: Path):
    path = write(tmp_path, GOOD, "2024年1月3日,2024-01-09,８,检查,510100")
    receipt = take(square_area, path, recipe())
    assert (receipt.read, receipt.accepted, receipt.quarantined) == (2, 2, 0)
    rows = read_layer(square_area, "effort").sort_values("worked_from")
    assert rows["hours"].tolist() == [12.5, 8]
    assert rows["kind"].tolist() == ["patrol", "inspection"]
    assert rows["worked_to"].iloc[0] == pd.Timestamp("2024-01-03")
    assert rows["known_on"].iloc[0] == pd.Timestamp("2024-01-10")  # the end of the day that it says
    assert read_effort(square_area)["area_code"].tolist() == ["510100"] * 2
    covered = coverage(square_area, "effort")
    assert covered["covered_from"].min() == pd.Timestamp("2024-01-09")


@pytest.mark.parametrize(
    ("unit", "hours"), [("分钟", 12.5 / 60), ("人时", 12.5), ("min", 12.5 / 60), (8, 100.0), ("person-hours", 12.5)]
)
def test_hours_may_be_given_in_other_units(square_area: Study, tmp_path: Path, unit: object, hours: float):
    take(square_area, write(tmp_path, GOOD), recipe(units={"hours": unit}))
    assert read_layer(square_area, "effort")["hours"].tolist() == pytest.approx([hours])


def test_an_unknown_unit_is_refused_with_the_known_ones():
    with pytest.raises(ValidationError, match="known are h, hours, 小时"):
        recipe(units={"hours": "人次"})


@pytest.mark.parametrize(
    ("row", "rule"),
    [
        ("2024-01-02,2024-01-09,-3,巡逻,510100", "number_negative"),
        ("2024-01-02,2024-01-09,约30,巡逻,510100", "number_unreadable"),
        ("2024-01-02,2024-01-09,,巡逻,510100", "value_missing"),
        ("2024-01-02,2024-01-09,3,喝茶,510100", "value_unknown"),
        ("2024-01-02,2024-01-09,3,巡逻,", "no_location"),
        ("2024-01-02,2023-12-01,3,巡逻,510100", "known_before_event"),
    ],
)
def test_a_row_that_is_not_right_is_kept_aside(square_area: Study, tmp_path: Path, row: str, rule: str):
    receipt = take(square_area, write(tmp_path, GOOD, row), recipe())
    assert (receipt.accepted, receipt.quarantined) == (1, 1)
    assert (3, rule, "quarantined") in fates(receipt)
    assert len(read_quarantine(square_area, "effort")) == 1


def test_a_reported_zero_is_taken(square_area: Study, tmp_path: Path):
    assert take(square_area, write(tmp_path, "2024-01-02,2024-01-09,0,巡逻,510100"), recipe()).accepted == 1


def test_a_month_is_a_sources_own_period_and_welcome_in_a_weekly_area(square_area: Study, tmp_path: Path):
    take(square_area, write(tmp_path, "2024-01,2024-02-03,310,巡逻,510100"), recipe())
    (row,) = read_layer(square_area, "effort").itertuples()
    assert (row.worked_from, row.worked_to) == (pd.Timestamp("2024-01-01"), pd.Timestamp("2024-02-01"))


def test_the_same_bytes_change_nothing_and_an_undo_takes_them_back(square_area: Study, tmp_path: Path):
    path = write(tmp_path, GOOD)
    first = take(square_area, path, recipe())
    assert take(square_area, path, recipe()).import_id == first.import_id
    assert len(read_layer(square_area, "effort")) == 1
    undo_import(square_area, str(first.import_id), "wrong month")
    assert read_layer(square_area, "effort").empty


def test_people_and_teams_stop_at_the_door(square_area: Study, tmp_path: Path):
    path = write(tmp_path, GOOD + ",张三,三中队", header=HEADER + ",民警姓名,中队")
    receipt = take(square_area, path, recipe())
    assert not {"民警姓名", "中队"} & set(read_layer(square_area, "effort").columns)
    said = " ".join(note["en"] for note in receipt.notes)
    assert "Personal columns were dropped before anything was written: 民警姓名" in said
    assert "nothing of them is kept: 中队" in said
    with pytest.raises(ValidationError, match="'team' is no column of effort"):
        recipe(columns=COLUMNS | {"team": "中队"})


def test_points_beats_cells_and_sites_are_places(square_area: Study, tmp_path: Path):
    sites = write(tmp_path, "W1,warehouse,104.3,30.3", header="编号,类型,经度,纬度", name="sites.csv")
    columns = {"site_id": "编号", "kind": "类型", "lon": "经度", "lat": "纬度"}
    take(square_area, sites, Recipe.model_validate({"name": "s", "layer": "sites", "crs": "WGS84", "columns": columns}))
    cell = points_to_cells(np.array([104.7]), np.array([30.7]), 8)[0]
    named = write(
        tmp_path,
        f"2024-01-02,1,{cell:x},,,",
        "2024-01-02,2,,W1,,",
        "2024-01-02,3,,,104.51234,30.51234",
        "2024-01-02,4,,W9,,",
        "2024-01-02,5,zzz,,,",
        header="日期,工时,格,场所,经度,纬度",
    )
    form = {"worked": "日期", "hours": "工时", "cell": "格", "site_id": "场所", "lon": "经度", "lat": "纬度"}
    receipt = take(square_area, named, recipe(columns=form, constants={"kind": "patrol"}))
    assert {rule for _, rule, _ in fates(receipt)} >= {"cell_invalid"}
    assert any("name a site that layer sites does not hold, such as W9" in note["en"] for note in receipt.notes)
    found = read_effort(square_area).sort_values("hours")
    assert found["cell"].tolist() == [cell, 0, 0, 0]
    assert [None if at is None else (at.x, at.y) for at in found["shape"]] == [
        None,
        pytest.approx((104.3, 30.3)),
        pytest.approx((104.51234, 30.51234)),
        None,
    ]
    assert found["visit"].tolist() == [False, True, True, False]


def test_a_beat_is_a_polygon_of_a_vector_file(square_area: Study, tmp_path: Path):
    path = tmp_path / "beats.gpkg"
    beats = {"日期": ["2024-01-02"] * 2, "工时": [3.0, 4.0]}
    shapes = [box(104.2, 30.2, 104.3, 30.3), box(104.3, 30.2, 104.4, 30.3).boundary]
    gpd.GeoDataFrame(beats, geometry=shapes, crs=4326).to_file(path)
    form = recipe(columns={"worked": "日期", "hours": "工时"}, constants={"kind": "patrol"}, crs=None)
    receipt = take(square_area, path, form)
    assert only_line(receipt)["rule"] == "geometry_kind"
    (row,) = read_effort(square_area).itertuples()
    assert row.shape.area == pytest.approx(0.01)
    assert (row.cell, row.visit) == (0, False)


def test_a_point_too_coarse_for_a_cell_stands_for_its_area(square_area: Study, tmp_path: Path):
    path = write(tmp_path, "2024-01-02,3,104.5,30.5,510100", header="日期,工时,经度,纬度,区划")
    columns = {"worked": "日期", "hours": "工时", "lon": "经度", "lat": "纬度", "area_code": "区划"}
    take(square_area, path, recipe(columns=columns, constants={"kind": "other"}))
    (row,) = read_effort(square_area).itertuples()
    assert (row.cell, row.area_code, row.visit) == (0, "510100", False)


@pytest.mark.parametrize(
    ("header", "columns", "unit", "kind"),
    [
        (
            "统计周,县区代码,勤务类型,警力投入(人时)",
            {"worked": "统计周", "area_code": "县区代码", "kind": "勤务类型", "hours": "警力投入(人时)"},
            "人时",
            "卡点查缉",
        ),
        (
            "shift date,beat,duty type,hours worked",
            {"worked": "shift date", "area_code": "beat", "kind": "duty type", "hours": "hours worked"},
            None,
            "patrol",
        ),
        (
            "巡逻日期,行政区划,巡逻类型,巡逻时长(分钟)",
            {"worked": "巡逻日期", "area_code": "行政区划", "kind": "巡逻类型", "hours": "巡逻时长(分钟)"},
            "分钟",
            "巡逻",
        ),
    ],
)
def test_a_draft_knows_reports_of_hours(tmp_path: Path, header: str, columns: dict, unit: str | None, kind: str):
    path = write(tmp_path, f"2024-01-02,510100,{kind},12", f"2024-01-09,510100,{kind},9", header=header)
    text = draft_recipe(path).text
    assert 'layer = "effort"' in text
    for target, name in columns.items():
        assert f'{target} = "{name}"' in text
    assert (f'hours = "{unit}"' in text) == (unit is not None)


def test_the_panel_sees_hours_by_area_code(square_area: Study, tmp_path: Path):
    weeks = pd.date_range("2024-01-01", periods=20, freq="7D").strftime("%Y-%m-%d")
    cases = write(tmp_path, *(f"{day},104.51234,30.51234" for day in weeks), header="时间,经度,纬度", name="c.csv")
    columns = {"occurred": "时间", "lon": "经度", "lat": "纬度"}
    constants = {"category": "possession", "origin": "patrol"}
    form = {"name": "c", "layer": "cases", "crs": "WGS84", "columns": columns, "constants": constants}
    import_files(square_area, "cases", [cases], Recipe.model_validate(form))
    shapes = tmp_path / "areas.gpkg"
    area = {"code": ["510100"], "level": ["county"]}
    gpd.GeoDataFrame(area, geometry=[box(104, 30, 105, 31)], crs=4326).to_file(shapes)
    columns = {"area_code": "code", "level": "level"}
    import_files(
        square_area, "areas", [shapes], Recipe.model_validate({"name": "a", "layer": "areas", "columns": columns})
    )
    assert build_panel(square_area).effort is None
    take(square_area, write(tmp_path, *(f"{day},{day},70,巡逻,510100" for day in weeks)), recipe())
    assert build_panel(square_area.model_copy(update={"weigh_by_effort": False})).weighed is None
    panel = build_panel(square_area)
    assert panel.weighed.count.sum() == panel.cases.count.sum()  # every case was found
    every = np.arange(len(panel.cells))
    now = range(panel.timeline.size, panel.timeline.size + 1)
    found = panel.effort.look_up(every, np.zeros_like(every), now, 4)
    assert found.sum() == pytest.approx(70, rel=1e-4)
    published = hours_table(panel, panel.effort)
    manifest = {"as_of": f"{panel.timeline.starts()[-1]:%Y-%m-%d}"}
    surface = Surface(tmp_path, manifest, pd.DataFrame({"cell": panel.cells}))
    assert not surface.has("hours")  # so they are worked out from the layer
    assert hours_of_cells(square_area, surface) == pytest.approx(published["hours"].to_numpy(), nan_ok=True)
    assert published["hours"].sum() == pytest.approx(70, rel=1e-4)
    published.to_parquet(tmp_path / "hours.parquet")
    assert hours_of_cells(square_area, surface) == pytest.approx(published["hours"].to_numpy(), nan_ok=True)
    half = Part((), panel.cells[::2], pd.DataFrame())
    narrowed = Surface(tmp_path, manifest, surface.cells.iloc[::2], half)
    assert hours_of_cells(square_area, narrowed) == pytest.approx(published["hours"].to_numpy()[::2], nan_ok=True)


def test_hours_that_tell_nothing_of_where_cases_were_found_make_no_need():
    panel, _ = patrolled_world(36, steps=4)
    nobody = replace(panel.effort, visits=np.ones(len(panel.effort.place), dtype=bool))
    assert draw_sample(replace(panel, effort=nobody), 12, 30, 1, seed=1).need is None
    assert draw_sample(panel, 12, 30, 1, seed=1).need is not None
