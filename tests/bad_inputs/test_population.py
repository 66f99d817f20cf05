"""People are counted once: a place and a year come once, whatever the files are called."""

from pathlib import Path

import pytest

from riskmap.layers.areas import read_population
from riskmap.layers.store import read_layer
from riskmap.layers.undo import undo_import
from riskmap.study import Study
from tests.bad_inputs.given import fates, only_line, recipe, take, write

PEOPLE = {"area_code": "区划", "residents": "人口"}


def people(study: Study, folder: Path, *rows: str, name: str = "people.csv", year: bool = False):
    columns = PEOPLE | ({"year": "年份"} if year else {})
    form = recipe(name="people", layer="population", columns=columns, constants={}, crs=None)
    return take(study, write(folder, *rows, name=name, header="区划,人口,年份" if year else "区划,人口"), form)


def test_the_same_people_again_are_counted_once(square_area: Study, tmp_path: Path) -> None:
    people(square_area, tmp_path, "510104,1000")
    again = people(square_area, tmp_path, "510104,1000", "510105,7", name="more.csv")
    assert fates(again) == [(2, "duplicate_same", "repaired")]
    assert (again.accepted, again.net_count) == (2, 1)
    assert read_layer(square_area, "population")["residents"].sum() == 1007


def test_people_of_one_place_twice_in_a_file_are_counted_once(square_area: Study, tmp_path: Path) -> None:
    receipt = people(square_area, tmp_path, "510104,1000", "510104,1000", "510105,5")
    assert fates(receipt) == [(3, "duplicate_same", "repaired")]
    assert read_layer(square_area, "population")["residents"].sum() == 1005


def test_other_people_of_the_same_place_are_quarantined_with_the_difference(square_area: Study, tmp_path: Path) -> None:
    receipt = people(square_area, tmp_path, "510104,1000", "510104,2000", "510105,5")
    assert fates(receipt) == [(2, "duplicate_conflict", "quarantined"), (3, "duplicate_conflict", "quarantined")]
    assert "1000.0 | 2000.0" in receipt.rows[0]["message_en"]


def test_other_people_of_a_place_that_is_there_are_quarantined_until_the_first_are_undone(
    square_area: Study, tmp_path: Path
) -> None:
    first = people(square_area, tmp_path, "510104,1000")
    line = only_line(people(square_area, tmp_path, "510104,1200", name="later.csv"))
    assert (line["rule"], line["original"], line["column"]) == ("duplicate_conflict", "510104", "人口")
    assert read_layer(square_area, "population")["residents"].tolist() == [1000]
    undo_import(square_area, str(first.import_id), "older count")
    assert read_layer(square_area, "population").empty


@pytest.mark.parametrize("files", [1, 2])
def test_of_several_years_the_newest_counts(square_area: Study, tmp_path: Path, files: int) -> None:
    rows = ("510104,1000,2020", "510104,1100,2023", "510105,5,2020")
    for number in range(files):
        part = rows[number::files] if files > 1 else rows
        assert people(square_area, tmp_path, *part, name=f"{number}.csv", year=True).accepted == len(part)
    assert len(read_layer(square_area, "population")) == 3
    assert read_population(square_area).set_index("area_code")["residents"].to_dict() == {"510104": 1100, "510105": 5}


def test_people_at_points_have_no_name_to_repeat(square_area: Study, tmp_path: Path) -> None:
    columns = {"residents": "人口", "lon": "经度", "lat": "纬度"}
    form = recipe(name="people", layer="population", columns=columns, constants={})
    for number in range(2):
        path = write(tmp_path, f"10,104.50{number}12,30.50012", name=f"{number}.csv", header="人口,经度,纬度")
        assert take(square_area, path, form).accepted == 1
    assert len(read_layer(square_area, "population")) == 2
