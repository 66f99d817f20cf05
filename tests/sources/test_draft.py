"""Recipes proposed from files: the columns that matter, the evidence, and what is left open."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskmap.errors import RecipeError
from riskmap.language import Text
from riskmap.layers.intake import import_files
from riskmap.simulate.province import simulate_province
from riskmap.simulate.raw import SOURCES, Source, write_raw
from riskmap.simulate.scales import SCALES
from riskmap.sources.datum import from_wgs84
from riskmap.sources.draft import Draft, draft_recipe
from riskmap.sources.draft_columns import find_columns
from riskmap.sources.draft_lines import Line, quoted, written
from riskmap.sources.draft_place import nearby_projections, zone_code
from riskmap.sources.draft_values import guess_date_form, guess_unit
from riskmap.sources.persons import personal_columns
from riskmap.sources.recipe import Recipe, parse_recipe
from riskmap.sources.recipe_files import load_recipe
from riskmap.sources.synonyms import SYNONYMS, plain_name
from riskmap.study import Study


def write(folder: Path, text: str, name: str = "cases.csv", encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def loaded(draft: Draft) -> Recipe:
    """Return the recipe that a draft is, as it stands and with its Chinese comments."""
    assert draft.invalid is None
    recipe = parse_recipe(draft.text, Path("draft.toml"))
    chinese = parse_recipe(draft.in_language("zh"), Path("draft.toml"))
    assert chinese.model_dump() == recipe.model_dump()
    return recipe


def columns(recipe: Recipe) -> dict[str, str]:
    return {target: names[0] for target, names in recipe.columns.items()}


CASES = "案件编号,案件类别,发案时间,登记时间,姓名,手机号,经度,纬度\n"
CASES += "A1,贩卖毒品,2024-01-03 10:00,2024-01-04 09:00,某,13800000000,104.51,30.52\n"
CASES += "A2,涉毒其他情形,2024-01-05 23:10,2024-01-06 09:00,某,13800000000,104.61,30.42\n"


def test_a_case_register_is_drafted(tmp_path: Path) -> None:
    draft = draft_recipe(write(tmp_path, CASES, encoding="gb18030"))
    recipe = loaded(draft)
    assert recipe.layer == "cases"
    assert columns(recipe) == {
        "case_id": "案件编号",
        "category": "案件类别",
        "occurred": "发案时间",
        "known_on": "登记时间",
        "lon": "经度",
        "lat": "纬度",
    }
    assert recipe.encoding == ["gb18030"]
    assert recipe.dates == {"occurred": ["%Y-%m-%d %H:%M"], "known_on": ["%Y-%m-%d %H:%M"]}
    assert recipe.value_maps["category"] == {"贩卖毒品": "trafficking", "*": "other"}
    assert "# dropped, as they hold personal data: 姓名, 手机号" in draft.text
    assert '# "涉毒其他情形" = ""' in draft.text
    assert "# 含个人信息，导入时舍弃：姓名, 手机号" in draft.in_language("zh")


def test_a_header_below_a_title_is_found(tmp_path: Path, square_area: Study) -> None:
    path = write(tmp_path, "某省案件登记表,,,,,,,\n,,,,,,,\n" + CASES)
    recipe = loaded(draft_recipe(path))
    assert columns(recipe)["case_id"] == "案件编号"
    receipt = import_files(square_area, "cases", [path], recipe.model_copy(update={"crs": "WGS84"}))
    assert (receipt.read, receipt.accepted) == (2, 2)


def test_letters_that_are_neither_utf_8_nor_gb18030_are_asked_about(tmp_path: Path) -> None:
    text = "crime id,crime type,month,place\n" + "".join(f"A{n},Drugs,2024-01,café {n}\n" for n in range(9))
    draft = draft_recipe(write(tmp_path, text, encoding="cp1252"))
    recipe = loaded(draft)
    assert recipe.layer == "cases"
    assert recipe.encoding in (["utf-8", "cp1252"], ["gb18030"])


def test_a_datum_that_cannot_be_told_is_left_open(tmp_path: Path) -> None:
    draft = draft_recipe(write(tmp_path, CASES))
    assert loaded(draft).crs is None
    assert '# crs = ""  # ? crs: degrees: WGS84, GCJ-02, BD-09?' in draft.text
    assert any("WGS84, GCJ-02, BD-09" in question.en for question in draft.open_questions)


@pytest.mark.parametrize("datum", ["WGS84", "GCJ-02", "BD-09"])
def test_points_along_the_border_tell_the_datum(tmp_path: Path, square_area: Study, datum: str) -> None:
    # 30 m inside the western and the southern border; the offsets are some hundred metres.
    along = np.linspace(0.05, 0.95, 100)
    lon = np.concatenate([104.0003 + 0 * along, 104 + along, 104.9997 + 0 * along])
    lat = np.concatenate([30 + along, 30.0003 + 0 * along, 30 + along])
    x, y = from_wgs84(lon, lat, datum)
    rows = "".join(f"A{n},其他涉毒,2024-01-03,{a:.6f},{b:.6f}\n" for n, (a, b) in enumerate(zip(x, y, strict=True)))
    path = write(tmp_path, "案件编号,案件类别,发案时间,经度,纬度\n" + rows)
    draft = draft_recipe(path, study=square_area)
    assert loaded(draft).crs == datum
    assert f"{datum} 100.0%" in draft.text


def test_points_in_the_middle_do_not_tell_the_datum(tmp_path: Path, square_area: Study) -> None:
    draft = draft_recipe(write(tmp_path, CASES), study=square_area)
    assert loaded(draft).crs is None
    assert "WGS84 100.0%, GCJ-02 100.0%, BD-09 100.0%; the boundary cannot tell them apart" in draft.text


def test_a_zone_before_the_easting_names_the_projection(tmp_path: Path, square_area: Study) -> None:
    # Zone 35 (three degrees, central meridian 105): about 450 km + 500 m from the false origin; X is the northing.
    rows = "A1,其他涉毒,2024-01-03,3377123.4,35452345.6\nA2,其他涉毒,2024-01-04,3377999.9,35460001.2\n"
    path = write(tmp_path, "案件编号,案件类别,发案时间,X坐标,Y坐标\n" + rows)
    draft = draft_recipe(path)
    recipe = loaded(draft)
    assert (columns(recipe)["x"], columns(recipe)["y"]) == ("Y坐标", "X坐标")
    assert recipe.crs == "EPSG:4523"
    assert "CGCS2000 / 3-degree Gauss-Kruger zone 35" in draft.text
    receipt = import_files(square_area, "cases", [path], recipe)
    assert receipt.accepted == 2


@pytest.mark.parametrize(("zone", "code"), [(13, 4491), (18, 4496), (23, 4501), (25, 4513), (45, 4533)])
def test_zones_have_the_codes_of_the_register(zone: int, code: int) -> None:
    assert zone_code(zone) == f"EPSG:{code}"
    assert zone_code(24) == zone_code(12) == zone_code(46) == ""


PROJECTED = "case id,category,date,x,y\nA1,其他涉毒,2024-01-03,{:.1f},{:.1f}\nA2,其他涉毒,2024-01-03,{:.1f},{:.1f}\n"


def projected(code: str) -> str:
    """Return two cases of the square area in a projection."""
    x, y = from_wgs84(np.array([104.3, 104.6]), np.array([30.4, 30.7]), code)
    return PROJECTED.format(x[0], y[0], x[1], y[1])


def test_metres_without_an_area_are_asked_about(tmp_path: Path) -> None:
    draft = draft_recipe(write(tmp_path, projected("EPSG:32648")))
    assert loaded(draft).crs is None
    assert '# crs = ""  # ? crs: metres or feet of a projection' in draft.text


def test_metres_are_tried_by_the_projections_near_the_area(tmp_path: Path, square_area: Study) -> None:
    # UTM and the survey's six and three degree zones with central meridian 105 differ by 0.04 % only.
    draft = draft_recipe(write(tmp_path, projected("EPSG:4507")), study=square_area)
    assert loaded(draft).crs is None
    for name in ("CGCS2000 / Gauss-Kruger CM 105E (EPSG:4507) 100%", "3-degree Gauss-Kruger CM 105E (EPSG:4544) 100%"):
        assert name in draft.text
    assert nearby_projections(square_area.boundary())[-1] == "EPSG:32648"


def test_metres_that_fit_no_near_projection_are_asked_about(tmp_path: Path, square_area: Study) -> None:
    draft = draft_recipe(write(tmp_path, PROJECTED.format(897256.5, 1051956.0, 895048.2, 1037045.0)), study=square_area)
    assert loaded(draft).crs is None
    assert "neither CGCS2000 Gauss-Krueger nor UTM puts these numbers inside the area" in draft.text


@pytest.mark.parametrize(
    ("texts", "form", "evidence"),
    [
        (["2024-01-03", "2024-02-11"], "%Y-%m-%d", "every row fits"),
        (["2024/1/3 9:05", "2024/12/31 23:00"], "%Y/%m/%d %H:%M", "every row fits"),
        (["20240103", "20241231"], "%Y%m%d", "every row fits"),
        (["2024-01", "2024-02"], "%Y-%m", "every row fits"),
        (["2021", "2022"], "%Y", "every row fits"),
        (["3/5/2024", "13/5/2024", "4/6/2024", "1/1/2024"], "%d/%m/%Y", "told apart by 25% of the values"),
        (["3/5/2024 8:00", "3/15/2024 9:30"], "%m/%d/%Y %H:%M", "told apart by 50% of the values"),
        (["01/31/2013 12:00:00 AM", "02/01/2013 01:10:00 PM"], "%m/%d/%Y %I:%M:%S %p", "told apart by 50%"),
    ],
)
def test_the_form_of_dates_is_told_by_the_values(texts: list[str], form: str, evidence: str) -> None:
    guess = guess_date_form(pd.Series(texts, dtype="str"))
    assert guess.value == form
    assert evidence in guess.why.en
    assert not guess.open


@pytest.mark.parametrize(
    ("texts", "question"),
    [
        (["3/5/2024", "4/6/2024"], "3/5/2024: no row tells the day from the month"),
        (["13/5/2024", "4/16/2024"], "the rows contradict each other (100% decide)"),
        (["soon", "later"], "2 rows cannot be read as dates, such as soon"),
        (["", " "], "every row is blank"),
    ],
)
def test_dates_that_do_not_tell_their_form_are_asked_about(texts: list[str], question: str) -> None:
    guess = guess_date_form(pd.Series(texts, dtype="str"))
    assert guess.open
    assert question in guess.why.en


@settings(max_examples=30)
@given(st.dates(pd.Timestamp("2015-02-01").date(), pd.Timestamp("2030-12-31").date()), st.sampled_from(["/", "-", "."]))
def test_a_day_above_twelve_always_decides(day: object, sep: str) -> None:
    texts = pd.Series([f"13{sep}02{sep}2024", pd.Timestamp(str(day)).strftime(f"%d{sep}%m{sep}%Y")], dtype="str")
    guess = guess_date_form(texts)
    assert guess.value == f"%d{sep}%m{sep}%Y"


@pytest.mark.parametrize(
    ("target", "column", "unit", "asked"),
    [
        ("flow_m3_d", "流量(万m³/天)", "万m³/天", False),
        ("flow_m3_d", "进水流量（万吨/日）", "万m3/d", False),
        ("population", "服务人口(万人)", "万人", False),
        ("population", "服务人口", "people", True),
        ("amount_g", "重量(克)", "克", False),
        ("amount_g", "净重[kg]", "kg", False),
        ("amount_g", "weight_kg", "kg", False),
        ("concentration_ng_l", "浓度(ug/L)", "ug/L", False),
        ("concentration_ng_l", "浓度(copies/L)", "ng/L", True),
        ("size", "占地面积(平方米)", "m2", False),
    ],
)
def test_the_name_of_a_column_gives_its_unit(target: str, column: str, unit: str, asked: bool) -> None:
    guess = guess_unit(target, column)
    assert guess is not None
    assert (guess.value, guess.open) == (unit, asked)
    assert guess_unit("case_id", column) is None


def test_a_laboratory_table_with_a_column_for_each_analyte_is_wide(tmp_path: Path) -> None:
    text = "样本编号,厂名,采样时间,服务人口(万人),流量(万m³/天),甲基苯丙胺(ng/L),O6-单乙酰吗啡(ng/L)\n"
    text += "S1,甲厂,2024-01-03,12,3.5,ND,4.2\n"
    recipe = loaded(draft_recipe(write(tmp_path, text)))
    assert recipe.layer == "samples"
    assert recipe.wide is not None
    assert recipe.wide.columns == ["甲基苯丙胺(ng/L)", "O6-单乙酰吗啡(ng/L)"]
    assert recipe.join == {"sample_id": ["样本编号", "analyte"]}
    assert recipe.value_maps["analyte"] == {
        "甲基苯丙胺(ng/L)": "methamphetamine",
        "O6-单乙酰吗啡(ng/L)": "6-monoacetylmorphine",
    }
    assert recipe.units == {"concentration_ng_l": "ng/L", "flow_m3_d": "万m³/天"}


def test_a_file_that_speaks_for_no_layer_says_so(tmp_path: Path) -> None:
    draft = draft_recipe(write(tmp_path, "a,b\n1,2\n"))
    assert draft.layer is None
    assert draft.invalid is not None
    assert "layer '' is not known" in draft.invalid.en
    assert "没有图层 ''" in draft.invalid.zh
    assert "# ? layer: no column is telling; which is it of cases, incidents," in draft.text


def test_a_layer_that_is_named_is_taken_and_what_it_lacks_is_asked_for(tmp_path: Path) -> None:
    draft = draft_recipe(write(tmp_path, "a,b\n1,2\n"), layer="seizures")
    loaded(draft)
    for asked in (
        "seized: which column holds it?",
        "substance: which column holds it?",
        "lon and lat, or area_code: which columns hold them?",
    ):
        assert any(asked == question.en for question in draft.open_questions)
    assert "seized：对应哪一列？" in [question.zh for question in draft.open_questions]
    with pytest.raises(RecipeError, match="There is no layer crimes; the layers are cases, "):
        draft_recipe(tmp_path / "cases.csv", layer="crimes")


def test_every_question_names_what_it_is_about(tmp_path: Path) -> None:
    path = write(tmp_path, "case id,date,lon,lat\nA1,3/5/2024,104.5,30.5\n")
    draft = draft_recipe(path)
    questions = [question.en for question in draft.open_questions]
    assert "category: no column holds it; is it the same for all rows?" in questions
    assert "occurred: 3/5/2024: no row tells the day from the month" in questions
    assert [question.split(":")[0] for question in questions] == ["publisher", "crs", "occurred", "category"]
    assert "category：没有这一列；是否所有行都相同？" in [question.zh for question in draft.open_questions]


SHORT = "ref,when,longitude,latitude,kind\n7,2024-01-03 10:00,104.5,30.5,sale\n8,2024-01-04 11:30,104.5,30.6,use\n"


@pytest.mark.parametrize(
    ("layer", "own", "kind"), [("cases", "case_id", "category"), ("incidents", "incident_id", "kind")]
)
def test_short_headers_are_known(tmp_path: Path, layer: str, own: str, kind: str) -> None:
    recipe = loaded(draft_recipe(write(tmp_path, SHORT), layer=layer))
    assert columns(recipe) == {own: "ref", kind: "kind", "occurred": "when", "lon": "longitude", "lat": "latitude"}


@pytest.mark.parametrize("name", ["date", "happened", "Date happened on", "时间"])
def test_names_of_dates_are_known_or_the_dates_are_asked_about(tmp_path: Path, name: str) -> None:
    recipe = loaded(draft_recipe(write(tmp_path, f"case id,reported,{name}\nA,2024-01-05,2024-01-03\n")))
    assert (columns(recipe)["occurred"], columns(recipe)["known_on"]) == (name, "reported")


def test_a_column_of_offices_is_not_when_it_was_known(tmp_path: Path) -> None:
    recipe = loaded(draft_recipe(write(tmp_path, "case id,Reported by,date\nA,Some Police,2024-01-03\n")))
    assert columns(recipe) == {"case_id": "case id", "occurred": "date"}


def dated(share: float, other: str = "note") -> str:
    """Return 100 cases, a share of them with a date under a name that nobody knows, and another column."""
    rows = "".join(f"A{n},{'2024-01-03' if n < 100 * share else 'soon'},{other}\n" for n in range(100))
    return "case id,noted,more\n" + rows


def test_the_only_column_of_dates_is_proposed_with_a_question(tmp_path: Path) -> None:
    draft = draft_recipe(write(tmp_path, dated(0.95)))
    assert columns(loaded(draft))["occurred"] == "noted"
    said = "occurred: noted is the only column of dates; is it the right one?"
    assert f'occurred = "noted"  # ? {said}' in draft.text
    assert said in [question.en for question in draft.open_questions]


@pytest.mark.parametrize("text", [dated(0.94), dated(1.0, other="2024-01-04"), "case id,noted\nA1,2024\nA2,2023\n"])
def test_few_dates_two_columns_of_them_and_plain_numbers_are_not_proposed(tmp_path: Path, text: str) -> None:
    draft = draft_recipe(write(tmp_path, text))
    assert "occurred" not in loaded(draft).columns
    assert "occurred: which column holds it?" in [question.en for question in draft.open_questions]


def test_days_that_cannot_be_told_from_months_are_dates_all_the_same(tmp_path: Path) -> None:
    recipe = loaded(draft_recipe(write(tmp_path, "case id,noted\nA1,3/5/2024\nA2,4/6/2024\n")))
    assert columns(recipe)["occurred"] == "noted"


SEIZED = "seizure id,drug,date,{amount},{unit},lon,lat\n"


def seized(amount: str, unit: str, units: list[str]) -> str:
    """Return seizures of 5 in each of the units."""
    rows = "".join(f"A{n},cannabis,2024-01-0{n + 1},5,{word},104.5,30.5\n" for n, word in enumerate(units))
    return SEIZED.format(amount=amount, unit=unit) + rows


@pytest.mark.parametrize(
    "name", ["unit", "Units", "UoM", "单位", "计量单位", "unidad", "UNIDAD DE MEDIDA", "measured how"]
)
def test_no_pill_becomes_a_gram(tmp_path: Path, square_area: Study, name: str) -> None:
    path = write(tmp_path, seized("quantity", name, ["gram", "pill", "g", "pill", "G"]))
    draft = draft_recipe(path)
    recipe = loaded(draft)
    assert columns(recipe)["amount_g"] == "quantity"
    assert "amount_units" not in recipe.columns
    assert recipe.keep == {name: ["gram", "g", "G"]}
    assert recipe.units == {"amount_g": "g"}
    question = next(said for said in draft.open_questions if "own?" in said.en)
    assert question.en.startswith(
        f'amount_g: {name} holds "pill" (2), "gram" (1), "g" (1), "G" (1); only the 3 rows in'
    )
    assert "以免混入其他单位" in question.zh
    assert f"not used: {name}" not in draft.text
    receipt = import_files(square_area, "seizures", [path], recipe.model_copy(update={"crs": "WGS84"}))
    assert (receipt.read, receipt.accepted) == (5, 3)


def test_the_unit_of_most_rows_is_taken(tmp_path: Path) -> None:
    recipe = loaded(draft_recipe(write(tmp_path, seized("重量", "单位", ["千克", "kg", "克", ""]))))
    assert recipe.keep == {"单位": ["千克", "kg"]}
    assert recipe.factor("amount_g") == 1000


def test_amounts_that_are_mostly_counted_are_no_grams(tmp_path: Path) -> None:
    recipe = loaded(draft_recipe(write(tmp_path, seized("quantity", "unit", ["pills", "pills", "g"]))))
    assert columns(recipe)["amount_units"] == "quantity"
    assert "amount_g" not in recipe.columns
    assert recipe.keep == {"unit": ["pills"]}


def test_amounts_that_are_called_numbers_may_be_grams(tmp_path: Path) -> None:
    recipe = loaded(draft_recipe(write(tmp_path, seized("数量", "单位", ["克", "克", "片"]))))
    assert columns(recipe)["amount_g"] == "数量"
    assert "amount_units" not in recipe.columns
    assert recipe.keep == {"单位": ["克"]}


def test_a_weight_that_names_its_unit_stays_beside_what_is_counted(tmp_path: Path) -> None:
    recipe = loaded(draft_recipe(write(tmp_path, seized("重量(克),数量", "单位", ["7,片", "8,片"]))))
    assert columns(recipe)["amount_g"] == "重量(克)"
    assert columns(recipe)["amount_units"] == "数量"
    assert recipe.keep == {"单位": ["片"]}
    assert recipe.units == {"amount_g": "克"}


def test_a_unit_that_all_rows_share_is_no_question(tmp_path: Path) -> None:
    draft = draft_recipe(write(tmp_path, seized("quantity", "unit", ["kg", "KG"])))
    assert '"unit" = ["kg", "KG"]  # unit: every row is in kg' in draft.text
    assert not any("quantity" in question.en or "unit" in question.en for question in draft.open_questions)


def test_an_amount_in_units_that_nobody_knows_is_left_out(tmp_path: Path) -> None:
    draft = draft_recipe(write(tmp_path, seized("quantity", "uom", ["xx", "yy", "xx"])))
    recipe = loaded(draft)
    assert not {"amount_g", "amount_units"} & recipe.columns.keys()
    assert recipe.keep == {}
    said = 'amount_g: uom holds "xx" (2), "yy" (1), of which no unit is known; keep the rows of one unit'
    assert f'# amount_g = "quantity"  # ? {said}' in draft.text


@pytest.mark.parametrize(
    ("name", "values"),
    [("单位", ["城关派出所", "河东派出所"]), ("flag", ["t", "l"]), ("note", ["g", "said"]), ("uncalled", ["", ""])],
)
def test_offices_and_flags_are_no_units(tmp_path: Path, name: str, values: list[str]) -> None:
    draft = draft_recipe(write(tmp_path, seized("quantity", name, values)))
    assert loaded(draft).keep == {}
    assert columns(loaded(draft))["amount_g"] == "quantity"
    assert f"not used: {name}" in draft.text


def test_a_wildcard_among_the_units_keeps_nothing_else(tmp_path: Path) -> None:
    recipe = loaded(draft_recipe(write(tmp_path, seized("quantity", "unit", ["*g", "g", "mg"]))))
    assert recipe.keep == {"unit": ["g"]}


def test_concentrations_are_kept_in_one_unit(tmp_path: Path) -> None:
    text = "sample id,plant,sample date,analyte,result,unit\nS1,P,2024-01-03,cocaine,3,ug/L\n"
    text += "S2,P,2024-01-04,cocaine,3,µg/L\nS3,P,2024-01-04,cocaine,3,ng/L\nS4,P,2024-01-04,cocaine,3,copies/L\n"
    recipe = loaded(draft_recipe(write(tmp_path, text)))
    assert recipe.keep == {"unit": ["ug/L", "µg/L"]}
    assert recipe.factor("concentration_ng_l") == 1000


@pytest.mark.parametrize(
    ("words", "values"),
    [
        (
            ["贩卖", "持有", "吸食", "容留", "制造", "运输", "走私"],
            ["trafficking", "possession", "possession", "use_venue", "manufacture", "transport", "trafficking"],
        ),
        (
            ["Sale", "POSSESSION", "use", "Manufacture", "transport", "smuggling"],
            ["trafficking", "possession", "possession", "manufacture", "transport", "trafficking"],
        ),
    ],
)
def test_short_words_of_categories_are_known(tmp_path: Path, words: list[str], values: list[str]) -> None:
    rows = "".join(f"A{n},{word},2024-01-03\n" for n, word in enumerate(words))
    recipe = loaded(draft_recipe(write(tmp_path, "案件编号,案件类别,发案时间\n" + rows)))
    assert recipe.value_maps["category"] == {**dict(zip(words, values, strict=True)), "*": "other"}
    assert recipe.keep == {}


def test_short_words_are_kept_with_those_that_name_drugs(tmp_path: Path) -> None:
    rows = "".join(f"A{n},{word},2024-01-03\n" for n, word in enumerate(["其他涉毒", "贩卖", "持有", "盗窃", "盗窃"]))
    recipe = loaded(draft_recipe(write(tmp_path, "案件编号,案件类别,发案时间\n" + rows)))
    assert recipe.keep == {"案件类别": ["其他涉毒", "贩卖", "持有"]}


def test_markup_and_line_breaks_of_a_file_stay_inside_their_comment(tmp_path: Path) -> None:
    header = 'case id,crime type,date,"x\n[columns]\nlon = ""evil""",lat\n'
    draft = draft_recipe(write(tmp_path, header + 'A,"a""\\\n[table]",2024-01-03,1,2\n'))
    assert "lon" not in loaded(draft).columns


@given(st.text())
def test_any_text_can_be_quoted_and_commented(text: str) -> None:
    text = text.encode("utf-8", "ignore").decode()
    line = Line(f"publisher = {quoted(text)}", Text("{said}", {"said": text}))
    recipe = parse_recipe('name = "trial"\nlayer = "cases"\n' + written(line, "en") + "\n", Path("t.toml"))
    assert recipe.publisher == text


def test_every_synonym_is_in_the_form_in_which_names_are_compared() -> None:
    for layer, targets in SYNONYMS.items():
        for names in targets.values():
            assert all(plain_name(name) == name for name in names), layer
            assert not personal_columns(list(names)), layer


@given(st.permutations(["案件编号", "案件类别", "发案时间", "登记时间", "经度", "纬度", "备注"]))
def test_the_order_of_columns_is_irrelevant(order: list[str]) -> None:
    frame = pd.DataFrame({name: pd.Series(["x"], dtype="str") for name in order})
    found = find_columns(frame)
    assert found.layer == "cases"
    assert found.columns == find_columns(frame[sorted(order)]).columns


@pytest.fixture(scope="module")
def demo_raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The raw folder of the simulated area."""
    folder = tmp_path_factory.mktemp("raw")
    write_raw(simulate_province(SCALES["small"], seed=20260105), folder)
    return folder


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.recipe)
def test_the_simulated_sources_are_drafted_as_their_recipes_have_them(demo_raw: Path, source: Source) -> None:
    path = sorted(demo_raw.glob(source.files))[0]
    draft, known = loaded(draft_recipe(path)), load_recipe(source.recipe)
    assert draft.layer == source.layer
    assert draft.columns == known.columns
    assert draft.dates == known.dates
    for target, words in draft.value_maps.items():
        rest = {"*": words["*"]} if "*" in words else {}
        assert words.items() <= (known.value_maps[target] | rest).items()
    assert {target: draft.factor(target) for target in known.units} == {
        target: known.factor(target) for target in known.units
    }


PUBLIC = {
    "uk_south_yorkshire/raw/2019-01-south-yorkshire-street.csv.gz": (
        "cases",
        {"case_id": "Crime ID", "occurred": "Month", "lon": "Longitude", "lat": "Latitude", "area_code": "LSOA code"},
        {"occurred": ["%Y-%m"]},
    ),
    "stl_slmpd/raw/2013_April2013.CSV.gz": (
        "cases",
        {"occurred": "DateOccured", "known_on": "MonthReportedtoMSHP", "x": "XCoord", "y": "YCoord", "count": "Count"},
        {"occurred": ["%m/%d/%Y %H:%M"], "known_on": ["%Y-%m"]},
    ),
    "chicago_crimes/crimes-2022-slim.csv.gz": (
        "cases",
        {"occurred": "Date", "category": "Primary Type", "area_code": "Community Area"},
        {"occurred": ["%Y-%m-%d %H:%M:%S"]},
    ),
    "tempe_opioid_ems/tempe_opioid_calls.csv": (
        "incidents",
        {"occurred": "incident_date", "lon": "longitude", "lat": "latitude"},
        {"occurred": ["%Y-%m-%d"]},
    ),
    "wastewater_euda/ww-sites-2023-05-02.csv": (
        "plants",
        {"plant_id": "SiteID", "lon": "Longitude", "lat": "Latitude", "population": "Population"},
        {},
    ),
    "wastewater_euda/ww-data-long-2023-05-02.csv": (
        "samples",
        {"plant_id": "Site ID", "sampled": "Year", "analyte": "Metabolite", "load_mg_d_per_1000": "load"},
        {"sampled": ["%Y"]},
    ),
}


@pytest.mark.data
@pytest.mark.parametrize("file", PUBLIC)
def test_public_files_are_drafted_right_in_the_columns_that_matter(public_data: Path, file: str) -> None:
    layer, wanted, dates = PUBLIC[file]
    recipe = loaded(draft_recipe(public_data / file))
    assert recipe.layer == layer
    assert columns(recipe) | wanted == columns(recipe)
    assert recipe.dates == dates


@pytest.mark.data
def test_drug_records_are_picked_from_a_register_of_all_crimes(public_data: Path) -> None:
    draft = draft_recipe(public_data / "uk_south_yorkshire/raw/2019-01-south-yorkshire-street.csv.gz")
    assert loaded(draft).keep == {"Crime type": ["Drugs"]}
    assert "246 of 14679 rows speak of drugs" in draft.text


@pytest.mark.data
def test_pills_are_told_from_grams_by_the_column_of_units(public_data: Path) -> None:
    draft = draft_recipe(public_data / "colombia_seizures/raw_2013.xlsx")
    recipe, known = loaded(draft), load_recipe("colombia-seizures-grams")
    assert recipe.keep == known.keep
    assert columns(recipe)["amount_g"] == "CANTIDAD"
    assert 'UNIDAD DE MEDIDA holds "GRAMO" (108075), "UNIDAD" (1260); only the 108075 rows in GRAMO' in draft.text
