"""The raw folder of the simulated area: which source lies in which file and which recipe reads it."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from riskmap.simulate.province import Province
from riskmap.simulate.raw_effort import duty_table
from riskmap.simulate.raw_files import write_csv, write_excel, write_geopackage, write_shapefile
from riskmap.simulate.raw_tables import (
    area_table,
    case_table,
    incident_table,
    inspection_table,
    plant_table,
    population_table,
    road_table,
    sample_table,
    seizure_table,
    site_table,
)

ABOUT = """模拟数据 / SIMULATED DATA

本文件夹全部内容由程序按随机种子生成：省、市、县、场所、案件、检测结果均为虚构，
其位置随意取在无人居住的海面上，与任何真实地点、机构、个人无关。

Everything in this folder was made by a program from a random seed. Province, prefectures, counties, sites, cases and
laboratory results are invented; the location is arbitrary, in open sea, and means nothing. No real place, office or
person is described.
"""


@dataclass(frozen=True)
class Source:
    """One delivery: the layer it feeds, its recipe, and the pattern of its files in the raw folder."""

    layer: str
    recipe: str
    files: str


SOURCES = (
    Source("areas", "demo-areas", "areas-*.shp"),
    Source("population", "demo-population", "population.csv"),
    Source("roads", "demo-roads", "roads.gpkg"),
    Source("sites", "demo-hubs", "hubs.xlsx"),
    Source("sites", "demo-enterprises", "enterprises.csv"),
    Source("plants", "demo-plants", "plants.gpkg"),
    Source("samples", "demo-samples", "samples-*.csv"),
    Source("cases", "demo-cases", "cases-*.csv"),
    Source("incidents", "demo-incidents", "incidents-*.csv"),
    Source("seizures", "demo-seizures", "seizures-*.xlsx"),
    Source("effort", "demo-effort", "duty-*.csv"),
)
"""In the order of import: what others refer to comes first."""

BOUNDARY = "areas-province.shp"


def _by_year(table: pd.DataFrame, column: str) -> Iterator[tuple[str, pd.DataFrame]]:
    """Return year and rows, as offices hand in one file a year."""
    for year, rows in table.groupby(table[column].str[:4]):
        yield str(year), rows


def write_raw(province: Province, folder: Path) -> None:
    """Write every source into `folder`."""
    for level in ("province", "prefecture", "county"):
        write_shapefile(folder / f"areas-{level}.shp", area_table(province, level))
    write_csv(folder / "population.csv", population_table(province))
    write_geopackage(folder / "roads.gpkg", road_table(province), "roads")
    write_geopackage(folder / "plants.gpkg", plant_table(province), "plants")
    write_excel(folder / "hubs.xlsx", site_table(province, precursor=False), "物流场所")
    write_csv(folder / "enterprises.csv", site_table(province, precursor=True))
    for year, rows in _by_year(sample_table(province), "采样开始"):
        write_csv(folder / f"samples-{year}.csv", rows)
    for year, rows in _by_year(case_table(province), "登记时间"):
        write_csv(folder / f"cases-{year}.csv", rows)
    for year, rows in _by_year(incident_table(province), "录入时间"):
        write_csv(folder / f"incidents-{year}.csv", rows)
    for year, rows in _by_year(seizure_table(province), "登记时间"):
        write_excel(folder / f"seizures-{year}.xlsx", rows, "查获登记")
    for year, rows in _by_year(duty_table(province), "上报日期"):
        write_csv(folder / f"duty-{year}.csv", rows)
    write_csv(folder / "inspections.csv", inspection_table(province))
    (folder / "README.txt").write_text(ABOUT, encoding="utf-8")
