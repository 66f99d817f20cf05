from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
from openpyxl import Workbook
from shapely.geometry import box

from riskmap.layers.incidents import read_events
from riskmap.layers.intake import import_files
from riskmap.layers.receipt import Receipt
from riskmap.layers.sites import read_sites
from riskmap.layers.wastewater import read_plants, read_samples
from riskmap.sources.recipe import Recipe
from riskmap.study import Study

LABORATORY = {
    "table": {"header_row": 2, "sheet": "结果"},
    "wide": {"columns": ["甲基苯丙胺", "氯胺酮"], "name": "analyte", "value": "result"},
    "columns": {
        "plant_id": "厂名",
        "sampled": "采样时间",
        "known_on": "报告日期",
        "flow_m3_d": "流量(万m³/天)",
        "analyte": "analyte",
        "concentration_ng_l": "result",
    },
    "join": {"sample_id": ["样本编号", "analyte"]},
    "values": {"analyte": {"甲基苯丙胺": "methamphetamine", "氯胺酮": "ketamine"}},
    "units": {"flow_m3_d": "万m³/天", "concentration_ng_l": "ug/L"},
    "constants": {"kind": "composite_24h"},
}


def take(study: Study, layer: str, path: Path, *, accept: bool = False, **form: object) -> Receipt:
    recipe = Recipe.model_validate({"name": "trial", "layer": layer, **form})
    return import_files(study, layer, [path], recipe, accept=accept)


def laboratory_sheet(folder: Path, *results: tuple[object, object]) -> Path:
    book = Workbook()
    sheet = book.active
    sheet.title = "结果"
    sheet.append(["某省污水监测结果"])
    sheet.append(["样本编号", "厂名", "采样时间", "报告日期", "流量(万m³/天)", "甲基苯丙胺", "氯胺酮"])
    for number, pair in enumerate(results):
        sheet.append([f"S{number}", "P1", "2024-01-02", "2024-01-20", 2.5, *pair])
    book.save(folder / "lab.xlsx")
    return folder / "lab.xlsx"


def test_a_wide_laboratory_sheet_becomes_one_row_an_analyte(square_area: Study, tmp_path: Path) -> None:
    path = laboratory_sheet(tmp_path, (0.05, "<0.002"), ("未检出", None), ("约30", 0.01))
    receipt = take(square_area, "samples", path, **LABORATORY)
    # Six cells, one of them blank: no measurement.
    assert (receipt.read, receipt.not_selected, receipt.accepted, receipt.quarantined) == (6, 1, 4, 1)
    (row,) = receipt.rows
    assert (row["sheet"], row["row"], row["column"], row["rule"]) == ("结果", 5, "甲基苯丙胺", "number_unreadable")
    samples = read_samples(square_area).set_index("sample_id")
    assert samples.loc["S0/甲基苯丙胺", "concentration_ng_l"] == pytest.approx(50)
    assert samples.loc["S0/甲基苯丙胺", "analyte"] == "methamphetamine"
    assert samples.loc["S0/甲基苯丙胺", "flow_m3_d"] == 25_000
    assert str(samples.loc["S0/甲基苯丙胺", "known_on"]) == "2024-01-21 00:00:00"
    below = samples.loc["S0/氯胺酮"]
    assert (below["qualifier"], below["lod_ng_l"]) == ("<LOD", pytest.approx(2))
    assert np.isnan(below["concentration_ng_l"])
    assert samples.loc["S1/甲基苯丙胺", "qualifier"] == "<LOD"
    assert samples["row_id"]["S0/氯胺酮"] == "lab.xlsx#结果:3:氯胺酮"


def test_zero_without_a_limit_is_asked(square_area: Study, tmp_path: Path) -> None:
    path = laboratory_sheet(tmp_path, (0, 0.1))
    asked = take(square_area, "samples", path, **LABORATORY)
    assert asked.refused[0]["refused"]["rule"] == "zero_without_limit"
    assert take(square_area, "samples", path, accept=True, **LABORATORY).accepted == 2
    assert read_samples(square_area).set_index("sample_id").loc["S0/甲基苯丙胺", "qualifier"] == "<LOD"


def test_a_negative_concentration_is_quarantined(square_area: Study, tmp_path: Path) -> None:
    receipt = take(square_area, "samples", laboratory_sheet(tmp_path, (-1, 0.1)), **LABORATORY)
    assert [row["rule"] for row in receipt.rows] == ["number_negative"]


def test_plants_need_people_and_keep_their_catchments(square_area: Study, tmp_path: Path) -> None:
    frame = gpd.GeoDataFrame(
        {"厂名": ["P1", "P2", "P3"], "人口": ["12.5", "0", None]},
        geometry=[box(104.1, 30.1, 104.2, 30.2), box(104.3, 30.1, 104.4, 30.2), box(104.5, 30.1, 104.6, 30.2)],
        crs="EPSG:4326",
    )
    frame.to_file(tmp_path / "p.gpkg")
    receipt = take(
        square_area,
        "plants",
        tmp_path / "p.gpkg",
        columns={"plant_id": "厂名", "population": "人口"},
        units={"population": "万人"},
        constants={"level": "plant"},
    )
    assert [(row["row"], row["rule"]) for row in receipt.rows] == [(2, "number_zero"), (3, "value_missing")]
    plants = read_plants(square_area)
    assert plants["population"].tolist() == [125_000]
    assert plants.geometry.iloc[0].equals(box(104.1, 30.1, 104.2, 30.2))


def test_sites_need_a_known_kind_and_may_lie_elsewhere(square_area: Study, tmp_path: Path) -> None:
    here, abroad = "104.50012,30.50012", "2.12345,48.12345"
    rows = ["id,kind,lon,lat,opened", f"1,货运站,{here},2019年5月", f"2,酒店,{here},", f"3,货运站,{abroad},"]
    (tmp_path / "s.csv").write_text("\n".join(rows) + "\n", encoding="gb18030")
    form = {
        "crs": "WGS84",
        "columns": {"site_id": "id", "kind": "kind", "lon": "lon", "lat": "lat", "opened_on": "opened"},
        "values": {"kind": {"货运站": "freight_station"}},
    }
    receipt = take(square_area, "sites", tmp_path / "s.csv", **form, outside="leave_out")
    assert (receipt.not_selected, receipt.accepted, receipt.quarantined) == (1, 1, 1)
    assert [row["rule"] for row in receipt.rows] == ["value_read", "value_unknown"]
    assert receipt.files[0]["encoding"] == "gb18030"
    site = read_sites(square_area).iloc[0]
    assert (site["kind"], str(site["opened_on"])) == ("freight_station", "2019-05-01 00:00:00")


def test_a_seizure_of_a_known_case_is_linked(square_area: Study, tmp_path: Path) -> None:
    (tmp_path / "c.csv").write_text("id,day,lon,lat\nA1,2024-01-02,104.5,30.5\n")
    place = {"lon": "lon", "lat": "lat"}
    case = {"columns": {"case_id": "id", "occurred": "day", **place}, "constants": {"category": "transport"}}
    take(square_area, "cases", tmp_path / "c.csv", crs="WGS84", **case)
    (tmp_path / "s.csv").write_text(
        "id,day,kg,case,lon,lat\n1,2024-01-02,1.5,A1,104.5,30.5\n2,2024-01-02,2,A9,104.5,30.5\n"
    )
    columns = {"seizure_id": "id", "seized": "day", "amount_g": "kg", "case_id": "case", **place}
    constants = {"substance": "methamphetamine"}
    take(
        square_area,
        "seizures",
        tmp_path / "s.csv",
        crs="WGS84",
        columns=columns,
        constants=constants,
        units={"amount_g": "kg"},
    )
    seizures = read_events(square_area, "seizures")
    assert seizures["linked"].tolist() == [True, False]
    assert seizures["case_id"].tolist() == ["A1", "A9"]
