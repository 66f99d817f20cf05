"""What is asked before anything is committed, and said once it was agreed to."""

from pathlib import Path

import pytest

from riskmap.layers.store import read_layer
from riskmap.study import Study
from tests.bad_inputs.given import COLUMNS, only_line, only_refusal, recipe, take, write

KNOWN = recipe(
    columns={"case_id": "案号", "occurred": "时间", "known_on": ["登记", "登记日"], "lon": "经度", "lat": "纬度"}
)
ROWS = ("A1,2024-01-02,104.50012,30.50012,25/01/2024", "A2,2024-01-02,104.50012,30.50012,05/03/2024")
HEADER = "案号,时间,经度,纬度,登记日"


def test_the_order_of_day_and_month_is_asked_for_the_day_of_registration(square_area: Study, tmp_path: Path) -> None:
    path = write(tmp_path, *ROWS, header=HEADER)
    refused = only_refusal(take(square_area, path, KNOWN))
    assert refused["rule"] == "date_order"
    assert "The dates of column 登记日 look like" in refused["message_en"]
    agreed = take(square_area, path, KNOWN, accept=True)
    assert agreed.accepted == 2
    assert any("登记日 were read as agreed: the day comes first, as 50%" in note["en"] for note in agreed.notes)
    assert str(read_layer(square_area, "cases").set_index("case_id")["known_on"]["A2"]) == "2024-03-06 00:00:00"


def test_the_order_of_day_and_month_is_asked_for_the_day_of_opening(square_area: Study, tmp_path: Path) -> None:
    columns = {"site_id": "编号", "opened_on": "开业", "lon": "经度", "lat": "纬度"}
    form = recipe(layer="sites", columns=columns, constants={"kind": "warehouse"})
    path = write(tmp_path, "S1,25/01/2020,104.50012,30.50012", header="编号,开业,经度,纬度")
    assert "开业" in only_refusal(take(square_area, path, form))["message_en"]
    assert take(square_area, path, form, accept=True).accepted == 1


def test_a_date_that_nothing_decides_is_refused_whatever_is_agreed(square_area: Study, tmp_path: Path) -> None:
    path = write(tmp_path, "A1,2024-01-02,104.50012,30.50012,05/03/2024", header=HEADER)
    assert only_refusal(take(square_area, path, KNOWN, accept=True))["rule"] == "date_order"


SAMPLES = {
    "sample_id": "样本",
    "plant_id": "厂",
    "sampled": "日",
    "load_mg_d_per_1000": "负荷",
    "flow_m3_d": "流量",
}


def samples(study: Study, folder: Path, *rows: str, accept: bool = False):
    constants = {"analyte": "methamphetamine", "kind": "composite_24h"}
    form = recipe(layer="samples", columns=SAMPLES, constants=constants, crs=None, units={"load_mg_d_per_1000": 1000})
    return take(study, write(folder, *rows, header="样本,厂,日,负荷,流量"), form, accept=accept)


def test_a_limit_inside_a_published_load_is_kept_in_its_unit(square_area: Study, tmp_path: Path) -> None:
    assert samples(square_area, tmp_path, "S1,P,2024-01-02,<0.5,20000").accepted == 1
    sample = read_layer(square_area, "samples").iloc[0]
    assert (sample["qualifier"], sample["limit_mg_d_per_1000"]) == ("<LOD", 500)


def test_a_load_of_zero_without_a_limit_is_asked_and_said(square_area: Study, tmp_path: Path) -> None:
    refused = only_refusal(samples(square_area, tmp_path, "S1,P,2024-01-02,0,20000"))
    assert (refused["rule"], "负荷" in refused["message_en"]) == ("zero_without_limit", True)
    agreed = samples(square_area, tmp_path, "S1,P,2024-01-02,0,20000", accept=True)
    assert any("1 results of 0 without a limit in column 负荷" in note["en"] for note in agreed.notes)
    assert read_layer(square_area, "samples")["qualifier"].tolist() == ["<LOD"]


@pytest.mark.parametrize(("flow", "rule"), [("0", "number_zero"), ("-5", "number_negative")])
def test_an_inflow_of_nothing_is_quarantined(square_area: Study, tmp_path: Path, flow: str, rule: str) -> None:
    line = only_line(samples(square_area, tmp_path, f"S1,P,2024-01-02,3,{flow}"))
    assert (line["rule"], line["fate"], line["column"]) == (rule, "quarantined", "流量")


def test_a_limit_with_a_decimal_comma_is_quarantined_as_it_stands(square_area: Study, tmp_path: Path) -> None:
    line = only_line(samples(square_area, tmp_path, 'S1,P,2024-01-02,"<1,5",20000'))
    assert (line["rule"], line["original"], line["column"]) == ("number_unreadable", "<1,5", "负荷")


CANCEL = "A1,2024-01-02,104.50012,30.50012,,{count},"


def test_a_row_that_cancels_nothing_is_accepted_with_a_warning(square_area: Study, tmp_path: Path) -> None:
    form = recipe(columns=COLUMNS)
    line = only_line(first := take(square_area, write(tmp_path, CANCEL.format(count=-1)), form))
    assert (line["rule"], line["fate"], line["original"], line["column"]) == ("cancels_nothing", "warned", "A1", "计数")
    assert (first.accepted, first.net_count) == (1, -1)
    partner = take(square_area, write(tmp_path, CANCEL.format(count=1), name="later.csv"), form)
    assert (partner.accepted, partner.rows) == (1, [])
    assert read_layer(square_area, "cases")["count"].sum() == 0
