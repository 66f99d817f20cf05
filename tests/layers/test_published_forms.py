"""Recipes of published forms, each on a small file of that form."""

from pathlib import Path

import pandas as pd
import pytest

from riskmap.layers.intake import import_files
from riskmap.layers.receipt import Receipt
from riskmap.layers.store import read_layer
from riskmap.sources.recipe_files import load_recipe
from riskmap.study import Study


def take(study: Study, folder: Path, recipe: str, text: str, encoding: str = "utf-8") -> tuple[Receipt, pd.DataFrame]:
    path = folder / f"{recipe}.csv"
    path.write_bytes(text.encode(encoding))
    form = load_recipe(recipe)
    receipt = import_files(study, form.layer, [path], form)
    assert not receipt.refused, receipt.refused
    return receipt, read_layer(study, form.layer)


LABORATORY = """\
样本编号,厂名,采样时间,服务人口(万人),流量(万m³/天),甲基苯丙胺,氯胺酮,吗啡,O6-单乙酰吗啡,可待因,可卡因,\
苯甲酰爱康宁,MDMA,依托咪酯酸,四氢大麻酸
S1,甲厂,2024-03-04,12.5,3.2,120.5,ND,<LOD,<0.5,30,未检出,2.5,,4,-
"""


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_a_laboratory_table_gives_one_sample_an_analyte(square_area: Study, tmp_path: Path, encoding: str) -> None:
    receipt, rows = take(square_area, tmp_path, "cn-laboratory", LABORATORY, encoding)
    # Ten analytes, one cell of which is blank: no measurement.
    assert (receipt.read, receipt.accepted, receipt.not_selected) == (10, 9, 1)
    found = rows.set_index("analyte")
    assert found.loc["methamphetamine", "concentration_ng_l"] == 120.5
    assert found.loc["benzoylecgonine", "concentration_ng_l"] == 2.5
    limited = ["ketamine", "morphine", "6-monoacetylmorphine", "cocaine", "thc_cooh"]
    assert (found.loc[limited, "qualifier"] == "<LOD").all()
    assert found.loc[limited, "concentration_ng_l"].isna().all()
    assert found.loc["6-monoacetylmorphine", "lod_ng_l"] == 0.5
    assert (found["flow_m3_d"] == 32_000).all()
    assert found.loc["etomidate_acid", "sample_id"] == "S1/依托咪酯酸"
    assert found["sample_id"].is_unique


def test_normalised_virus_copies_are_no_drug(square_area: Study, tmp_path: Path) -> None:
    text = "key_plot_id,date,pcr_conc_lin,normalization\n"
    text += "CDC_xx_1_Treatment plant_raw wastewater,2024-01-03,1234567.8,flow-population\n"
    text += "CDC_xx_1_Treatment plant_raw wastewater,2024-01-06T00:00:00.000,,flow-population\n"
    receipt, rows = take(square_area, tmp_path, "cdc-nwss", text)
    assert receipt.read == 2
    assert rows["analyte"].tolist() == ["sars_cov_2_normalised_copies"]
    assert rows["method"].tolist() == ["flow-population"]


def test_sites_of_the_open_data_model_are_plants(square_area: Study, tmp_path: Path) -> None:
    text = "siteID,siteType,name,geoLat,geoLong,polygonID,polyPop\n"
    text += "w1,wwtpMuC,North works,30.5,104.5,p1,120000\n"
    text += "w2,pStat,Pump,30.6,104.6,p2,8000\ns1,school,School,30.6,104.6,p3,900\n"
    receipt, rows = take(square_area, tmp_path, "phes-odm-sites", text)
    assert (receipt.accepted, receipt.not_selected) == (2, 1)
    assert dict(zip(rows["plant_id"], rows["population"], strict=True)) == {"w1": 120_000, "w2": 8_000}


def test_measures_of_the_open_data_model_are_samples(square_area: Study, tmp_path: Path) -> None:
    text = "measureRepID,sampleID,siteID,measure,value,unit,reportDate,collType,collDTStart,collDTEnd\n"
    text += "m1,s1,w1,methamphetamine,210.5,ngL,2024-03-08,comp24h,2024-03-04 08:00,2024-03-05 08:00\n"
    text += "m2,s1,w1,covN1,15000,gcL,2024-03-08,comp24h,2024-03-04 08:00,2024-03-05 08:00\n"
    text += "m3,s2,w1,cocaine,<2,ngL,2024-03-08,grbSamp,2024-03-04 08:00,2024-03-04 08:05\n"
    receipt, rows = take(square_area, tmp_path, "phes-odm-samples", text)
    assert (receipt.accepted, receipt.not_selected) == (2, 1)
    found = rows.set_index("sample_id")
    assert found["kind"].to_dict() == {"m1": "composite_24h", "m3": "grab"}
    assert found.loc["m1", "concentration_ng_l"] == 210.5
    assert (found.loc["m3", "qualifier"], found.loc["m3", "lod_ng_l"]) == ("<LOD", 2.0)


def test_pages_of_a_publisher_have_other_column_names_than_its_downloads(square_area: Study, tmp_path: Path) -> None:
    text = '"id","case_number","date","primary_type","community_area","latitude","longitude"\n'
    text += '"1","JA1","2024-01-03T21:30:00.000","NARCOTICS","25","30.5","104.5"\n'
    text += '"2","JA2","2024-01-03T21:30:00.000","THEFT","25","30.5","104.5"\n'
    receipt, rows = take(square_area, tmp_path, "chicago-crimes", text)
    assert (receipt.accepted, receipt.not_selected) == (1, 1)
    assert rows["occurred_from"].tolist() == [pd.Timestamp("2024-01-03 21:30")]


@pytest.mark.parametrize("name", ["chicago-crimes", "cdc-nwss", "uk-police"])
def test_what_can_be_fetched_has_a_secure_address(name: str) -> None:
    fetch = load_recipe(name).fetch
    assert fetch is not None
    batch = next(iter(fetch.batches()))
    second = fetch.address(batch, 2)
    assert second.url.startswith("https://")
    assert "{" not in second.url + second.file
    assert not fetch.paged or f"$offset={fetch.limit}" in second.url
