"""Bad inputs: folders with more in them than tables."""

from pathlib import Path

import geopandas as gpd
import pytest
from shapely.geometry import Point

from riskmap.study import Study
from tests.bad_inputs.given import GOOD, only_refusal, recipe, take, write


@pytest.mark.parametrize("pattern", [False, True])
def test_the_receipt_names_what_was_not_read(square_area: Study, tmp_path: Path, pattern: bool) -> None:
    folder = tmp_path / "in"
    write(folder, GOOD, name="2024-01.csv")
    write(folder, GOOD.replace("A1", "A2"), name="2024-02.txt")
    for name in ("2024-03.docx", "2024-04.rar", "2024-05.xlsm", "~$2024-06.xlsx", "readme.txt", "说明.txt"):
        (folder / name).write_bytes(b"x")
    receipt = take(square_area, folder / "*" if pattern else folder)
    assert (receipt.refused, receipt.read, receipt.accepted) == ([], 2, 2)
    (said,) = [note for note in receipt.notes if "not read" in note["en"]]
    assert said["en"].startswith("6 files of ")
    for name in ("2024-03.docx", "2024-04.rar", "2024-05.xlsm", "~$2024-06.xlsx", "readme.txt", "说明.txt"):
        assert name in said["en"]
        assert name in said["zh"]
    assert "未读取" in said["zh"]


def test_the_sides_of_a_shapefile_are_read_with_it(square_area: Study, tmp_path: Path) -> None:
    frame = gpd.GeoDataFrame({"id": ["A1"], "d": ["2024-01-02"]}, geometry=[Point(104.50012, 30.50012)], crs=4326)
    (tmp_path / "in").mkdir()
    frame.to_file(tmp_path / "in" / "a.shp")
    (tmp_path / "in" / "a.shp.xml").write_text("<metadata/>")
    receipt = take(square_area, tmp_path / "in", recipe(columns={"case_id": "id", "occurred": "d"}))
    assert receipt.accepted == 1
    assert not [note for note in receipt.notes if "not read" in note["en"]]


def test_a_folder_of_notes_alone_holds_nothing_to_read(square_area: Study, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "readme.txt").write_text("x")
    refused = only_refusal(take(square_area, tmp_path / "in"))
    assert refused["rule"] == "nothing_to_read"
    assert "There is no file to read" in refused["message_en"]


def test_a_file_that_is_named_is_read_or_refused_whatever_it_is_called(square_area: Study, tmp_path: Path) -> None:
    assert take(square_area, write(tmp_path, GOOD, name="readme.txt")).accepted == 1
    (tmp_path / "~$a.xlsx").write_bytes(b"x")
    assert only_refusal(take(square_area, tmp_path / "~$a.xlsx"))["rule"] == "broken_archive"
