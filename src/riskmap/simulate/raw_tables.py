"""The sources as offices would hand them in: Chinese headers, GCJ-02 degrees, a few rows that are not right.

What is wrong on purpose: cases without coordinates (only a county code), some far outside or at 0/0, some with
longitude and latitude swapped, some twice; registration that came after the cut-off is simply not there yet.
"""

import geopandas as gpd
import numpy as np
import pandas as pd

from riskmap.simulate.province import Province
from riskmap.simulate.raw_words import (
    ANALYTES_ZH,
    AREA_LEVELS_ZH,
    CATEGORIES_ZH,
    INCIDENTS_ZH,
    LEVELS_ZH,
    ORIGINS_ZH,
    OUTCOMES_ZH,
    PLACE_TYPES_ZH,
    ROADS_ZH,
    SITES_ZH,
    SUBSTANCES_ZH,
    VISITS_ZH,
)
from riskmap.simulate.scales import CUT_OFF, stream
from riskmap.simulate.terrain import Floats
from riskmap.sources.datum import from_wgs84

_MINUTE, _DAY = "%Y-%m-%d %H:%M", "%Y-%m-%d"


def _degrees(values: Floats) -> pd.Series:
    return pd.Series(np.char.mod("%.6f", values))


def _offset(lon: pd.Series, lat: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Return GCJ-02 degrees as texts, which is what Chinese map services hand out."""
    east, north = from_wgs84(lon.to_numpy(), lat.to_numpy(), "GCJ-02")
    return _degrees(east), _degrees(north)


def _codes(province: Province, county: pd.Series) -> pd.Series:
    return pd.Series(province.areas.level("county")["area_code"].to_numpy()[county])


def _registered(rows: pd.DataFrame) -> pd.DataFrame:
    return rows[rows["known_on"] < CUT_OFF].reset_index(drop=True)


def case_table(province: Province) -> pd.DataFrame:
    """Return the case register as handed in, flaws included."""
    rows = _registered(province.cases)
    lon, lat = _offset(rows["lon"], rows["lat"])
    table = pd.DataFrame(
        {
            "案件编号": rows["case_id"],
            "案件类别": rows["category"].map(CATEGORIES_ZH),
            "线索来源": rows["origin"].map(ORIGINS_ZH),
            "发案时间": rows["occurred"].dt.strftime(_MINUTE),
            "登记时间": rows["known_on"].dt.strftime(_MINUTE),
            "县区代码": _codes(province, rows["county"]),
            "经度": lon,
            "纬度": lat,
        }
    )
    return _spoil(table, stream(province.seed, "flaws"))


def _spoil(table: pd.DataFrame, random: np.random.Generator) -> pd.DataFrame:
    """Return the table with the flaws that real registers have: few, and each of a known kind."""
    table = table.copy()
    n = len(table)
    chosen = random.permutation(n)
    blank, wrong = max(5, n // 250), max(3, n // 6000)
    at = np.split(chosen[: blank + 5 * wrong], blank + wrong * np.arange(0, 5))
    unlocated, nowhere, outside, swapped, twice, changed = at[:6]
    table.loc[unlocated, ["经度", "纬度"]] = ""
    table.loc[nowhere, ["经度", "纬度", "县区代码"]] = ["0", "0", ""]
    table.loc[outside, "经度"] = (table.loc[outside, "经度"].astype(float) - 14.0).map("{:.6f}".format)
    table.loc[swapped, ["经度", "纬度"]] = table.loc[swapped, ["纬度", "经度"]].to_numpy()
    other = table.loc[changed].copy()
    was_other = other["案件类别"] == CATEGORIES_ZH["other"]
    other["案件类别"] = np.where(was_other, CATEGORIES_ZH["possession"], CATEGORIES_ZH["other"])
    table = pd.concat([table, table.loc[twice], other])
    return table.sort_values(["登记时间", "案件编号"], kind="stable", ignore_index=True)


def incident_table(province: Province) -> pd.DataFrame:
    """Return other recorded events as handed in."""
    rows = _registered(province.incidents)
    lon, lat = _offset(rows["lon"], rows["lat"])
    columns = {
        "警情编号": rows["incident_id"],
        "警情类别": rows["kind"].map(INCIDENTS_ZH),
        "接警时间": rows["occurred"].dt.strftime(_MINUTE),
        "录入时间": rows["known_on"].dt.strftime(_MINUTE),
        "县区代码": _codes(province, rows["county"]),
        "经度": lon,
        "纬度": lat,
    }
    return pd.DataFrame(columns)


def seizure_table(province: Province) -> pd.DataFrame:
    """Return seizures as handed in."""
    rows = _registered(province.seizures)
    lon, lat = _offset(rows["lon"], rows["lat"])
    columns = {
        "查获编号": rows["seizure_id"],
        "关联案件": rows["case_id"],
        "毒品种类": rows["substance"].map(SUBSTANCES_ZH),
        "重量(克)": rows["amount_g"],
        "数量(支)": rows["amount_units"],
        "查获部位": rows["place_type"].map(PLACE_TYPES_ZH),
        "查获时间": rows["occurred"].dt.strftime(_MINUTE),
        "登记时间": rows["known_on"].dt.strftime(_MINUTE),
        "县区代码": _codes(province, rows["county"]),
        "经度": lon.astype(float),
        "纬度": lat.astype(float),
    }
    return pd.DataFrame(columns)


def site_table(province: Province, *, precursor: bool) -> pd.DataFrame:
    """Return the register of precursor enterprises, or that of logistics hubs."""
    sites = province.places.sites
    rows = sites[sites["kind"].str.startswith("precursor") == precursor].reset_index(drop=True)
    lon, lat = _offset(rows["lon"], rows["lat"])
    columns = {
        "编号": rows["site_id"],
        "场所名称": rows["name_zh"],
        "英文名称": rows["name_en"],
        "类型": rows["kind"].map(SITES_ZH),
        "启用日期": rows["opened_on"].dt.strftime(_DAY),
        "停用日期": rows["closed_on"].dt.strftime(_DAY),
        "占地面积(平方米)": rows["size_m2"],
        "县区代码": _codes(province, rows["county"]),
        "经度": lon.astype(float),
        "纬度": lat.astype(float),
    }
    return pd.DataFrame(columns)


def inspection_table(province: Province) -> pd.DataFrame:
    """Return past inspections as the offices noted them."""
    rows = province.inspections
    columns = {
        "检查编号": rows["inspection_id"],
        "场所编号": rows["site_id"],
        "检查日期": rows["inspected_on"].dt.strftime(_DAY),
        "录入日期": rows["known_on"].dt.strftime(_DAY),
        "检查方式": rows["kind"].map(VISITS_ZH),
        "耗时(小时)": rows["hours"],
        "检查结果": rows["outcome"].map(OUTCOMES_ZH),
    }
    return pd.DataFrame(columns)


def sample_table(province: Province) -> pd.DataFrame:
    """Return the laboratories' report: one row a measurement, limits as texts."""
    rows = province.samples
    not_detected = rows["laboratory"].map({"甲实验室": "未检出", "乙实验室": "<LOD"})
    result = rows["text"].where(rows["text"] != "<LOD", not_detected)
    columns = {
        "检测编号": rows["measurement"],
        "样品编号": rows["sample"],
        "采样点编号": rows["plant_id"],
        "采样开始": rows["sampled_from"].dt.strftime(_MINUTE),
        "采样结束": rows["sampled_to"].dt.strftime(_MINUTE),
        "报告时间": rows["known_on"].dt.strftime(_MINUTE),
        "样品类型": np.where(rows["grab"], "瞬时样", "24小时混合样"),
        "检测物": rows["analyte"].map(ANALYTES_ZH),
        "浓度(ng/L)": result,
        "检出限(ng/L)": rows["lod"],
        "定量限(ng/L)": rows["loq"],
        "进水流量(万m3/d)": (rows["flow_m3_d"] / 1e4).round(4),
        "是否降雨": np.where(rows["rain"], "是", "否"),
        "检测单位": rows["laboratory"],
        "检测方法": "LC-MS/MS",
    }
    return pd.DataFrame(columns)


def plant_table(province: Province) -> gpd.GeoDataFrame:
    """Return sampling places with their catchments."""
    plants = province.plants
    columns = {
        "采样点编号": plants["plant_id"],
        "代号": plants["code"],
        "级别": plants["level"].map(LEVELS_ZH),
        "上级编号": plants["parent_id"],
        "名称": plants["name_zh"],
        "服务人口": plants["population"],
        "人口来源": "设计服务人口",
    }
    return gpd.GeoDataFrame(columns, geometry=plants.geometry, crs="EPSG:4326")


def area_table(province: Province, level: str) -> gpd.GeoDataFrame:
    """Return the areas of one level; field names of a Shapefile have ten bytes at most."""
    rows = province.areas.level(level)
    columns = {
        "CODE": rows["area_code"],
        "LEVEL": rows["level"].map(AREA_LEVELS_ZH),
        "PARENT": rows["parent_code"],
        "NAME": rows["name_zh"],
        "NAME_EN": rows["name_en"],
    }
    return gpd.GeoDataFrame(columns, geometry=rows.geometry, crs="EPSG:4326").to_crs("EPSG:4490")


def road_table(province: Province) -> gpd.GeoDataFrame:
    """Return the road lines."""
    lines = province.roads.lines
    columns = {"编号": lines["name"], "等级": lines["road_class"].map(ROADS_ZH)}
    return gpd.GeoDataFrame(columns, geometry=lines.geometry, crs="EPSG:4326")


def population_table(province: Province) -> pd.DataFrame:
    """Return residents on the grid, WGS84; cells without any are left out."""
    rows = province.land.table
    rows = rows[rows["residents"] > 0]
    columns = {"经度": rows["lon"].round(6), "纬度": rows["lat"].round(6), "常住人口": rows["residents"], "年份": 2022}
    return pd.DataFrame(columns)
