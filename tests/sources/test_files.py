import gzip
import io
import json
import zipfile
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
from openpyxl import Workbook
from shapely.geometry import Point

from riskmap.errors import SourceError
from riskmap.sources.files import SourceTable, read_file
from riskmap.sources.recipe import Recipe

CSV = "编号,日期,地点\n1,2024-01-02,甲\n2,2024-01-03,乙\n"


def recipe(**changes: object) -> Recipe:
    return Recipe.model_validate({"name": "trial", "layer": "cases", "crs": "WGS84", **changes})


def read(path: Path, content: bytes | str, **changes: object) -> SourceTable:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_file(path, recipe(**changes))


def zipped(**members: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "."), content)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("encoding", "named"), [("utf-8", "utf-8"), ("utf-8-sig", "utf-8"), ("gb18030", "gb18030"), ("utf-16", "utf-16")]
)
def test_encodings_of_chinese_files_are_found(tmp_path: Path, encoding: str, named: str) -> None:
    table = read(tmp_path / "a.csv", CSV.encode(encoding))
    assert table.encoding == named
    assert list(table.frame.columns) == ["编号", "日期", "地点"]
    assert list(table.frame["地点"]) == ["甲", "乙"]
    assert list(table.rows) == [2, 3]


def test_single_byte_encodings_are_tried_only_where_named(tmp_path: Path) -> None:
    content = "id,name\n1,a\n2,CAF\xc9 B\xc0R\n".encode("cp1252")
    with pytest.raises(SourceError, match=r"a\.csv is not valid utf-8 / gb18030 \(line 3\)") as refused:
        read(tmp_path / "a.csv", content)
    assert refused.value.rule == "encoding"
    table = read(tmp_path / "a.csv", content, encoding=["utf-8", "cp1252"])
    assert table.encoding == "cp1252"
    assert table.frame["name"][1] == "CAFÉ BÀR"


@pytest.mark.parametrize("name", ["a.csv.gz", "a.zip", "a.tsv", "a.txt"])
def test_packed_and_tabbed_tables_read_alike(tmp_path: Path, name: str) -> None:
    plain = CSV.replace(",", "\t" if name == "a.tsv" else ";" if name == "a.txt" else ",").encode()
    content = {"a.csv.gz": gzip.compress(plain), "a.zip": zipped(a__csv=plain)}.get(name, plain)
    table = read(tmp_path / name, content)
    assert table.frame.to_dict("list") == {
        "编号": ["1", "2"],
        "日期": ["2024-01-02", "2024-01-03"],
        "地点": ["甲", "乙"],
    }


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends_of_all_systems_are_read(tmp_path: Path, end: str) -> None:
    table = read(tmp_path / "a.csv", "id,text" + end + "1,a" + end + "2,b")
    assert table.frame.to_dict("list") == {"id": ["1", "2"], "text": ["a", "b"]}
    assert list(table.rows) == [2, 3]


def test_rows_are_numbered_by_the_line_on_which_they_begin(tmp_path: Path) -> None:
    table = read(tmp_path / "a.csv", 'id,text\n1,"two\nlines"\n\n2,"say ""no"""\n')
    assert list(table.rows) == [2, 5]
    assert list(table.frame["text"]) == ["two\nlines", 'say "no"']


def test_rows_with_other_fields_than_the_header_are_set_aside(tmp_path: Path) -> None:
    table = read(tmp_path / "a.csv", "id,text\n1,a\n2,b,c\n3\n4,d\n")
    assert list(table.frame["id"]) == ["1", "4"]
    assert list(table.rows) == [2, 5]
    assert table.misfits.to_dict("list") == {"row": [3, 4], "original": ["2,b,c", "3"]}


def test_a_header_may_stand_lower_or_be_given(tmp_path: Path) -> None:
    lower = read(tmp_path / "a.csv", "title\nby,somebody\nid,text\n1,a\n", table={"header_row": 3})
    assert (list(lower.frame.columns), list(lower.rows)) == (["id", "text"], [4])
    given = read(tmp_path / "b.csv", "1,a\n2,b\n", table={"header": ["id", "text"]})
    assert (list(given.frame["text"]), list(given.rows)) == (["a", "b"], [1, 2])


def test_columns_of_one_name_are_told_apart(tmp_path: Path) -> None:
    assert list(read(tmp_path / "a.csv", "a,a,\n1,2,3\n").frame.columns) == ["a", "a (2)", "column (3)"]


def test_a_workbook_gives_texts_as_typed(tmp_path: Path) -> None:
    book = Workbook()
    book.active.append(["title"])
    book.active.append(["样本编号", "日期", "值", None])
    book.active.append([1.0, pd.Timestamp("2024-01-02").to_pydatetime(), 0.5])
    book.active.append([None, None, None])
    book.active.append(["B", "未检出", 12345678901])
    book.save(tmp_path / "a.xlsx")
    table = read_file(tmp_path / "a.xlsx", recipe(table={"header_row": 2}))
    assert list(table.rows) == [3, 5]
    assert table.frame.to_dict("list") == {
        "样本编号": ["1", "B"],
        "日期": ["2024-01-02", "未检出"],
        "值": ["0.5", "12345678901"],
    }
    assert table.sheet == "Sheet"
    with pytest.raises(SourceError, match="has no sheet 'Other'; it has Sheet"):
        read_file(tmp_path / "a.xlsx", recipe(table={"sheet": "Other"}))


@pytest.mark.parametrize("name", ["a.gpkg", "a.geojson", "a.shp", "a.parquet", "a.zip"])
def test_vector_files_give_texts_geometry_and_crs(tmp_path: Path, name: str) -> None:
    frame = gpd.GeoDataFrame({"name": ["甲", "乙"], "n": [1, 2]}, geometry=[Point(104, 30), Point(105, 31)], crs=4326)
    if name == "a.parquet":
        frame.to_parquet(tmp_path / name)
    elif name == "a.zip":
        frame.to_file(tmp_path / "a.shp", encoding="utf-8")
        parts = {path.name.replace(".", "__"): path.read_bytes() for path in tmp_path.glob("a.*")}
        (tmp_path / name).write_bytes(zipped(**parts))
    else:
        frame.to_file(tmp_path / name, encoding="utf-8")
    table = read_file(tmp_path / name, recipe())
    assert list(table.frame["name"]) == ["甲", "乙"]
    assert list(table.frame["n"]) == ["1", "2"]
    assert table.geometry is not None
    assert list(table.geometry.x) == [104, 105]
    assert "WGS" in str(table.crs)


def test_a_flatgeobuf_gives_every_feature_once(tmp_path: Path) -> None:
    frame = gpd.GeoDataFrame({"name": ["甲", "乙"]}, geometry=[Point(104, 30), Point(105, 31)], crs=4490)
    frame.to_file(tmp_path / "a.fgb")
    table = read_file(tmp_path / "a.fgb", recipe())
    assert table.geometry is not None
    # The spatial index orders the features.
    assert dict(zip(table.frame["name"], table.geometry.x, strict=True)) == {"甲": 104, "乙": 105}
    assert "China Geodetic Coordinate System 2000" in str(table.crs)


def test_a_kml_gives_its_placemarks(tmp_path: Path) -> None:
    mark = "<Placemark><name>{}</name><Point><coordinates>{},30</coordinates></Point></Placemark>"
    marks = mark.format("甲", 104) + mark.format("乙", 105)
    head = '<?xml version="1.0" encoding="UTF-8"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document>'
    table = read(tmp_path / "a.kml", f"{head}{marks}</Document></kml>")
    assert table.frame["Name"].tolist() == ["甲", "乙"]
    assert table.geometry is not None
    assert table.geometry.x.tolist() == [104, 105]


@pytest.mark.parametrize("name", ["a.geojson", "a.json", "a.zip"])
def test_a_geojson_may_begin_with_a_byte_order_mark(tmp_path: Path, name: str) -> None:
    point = {"type": "Point", "coordinates": [104, 30]}
    feature = {"type": "Feature", "properties": {"name": "甲"}, "geometry": point}
    content = json.dumps({"type": "FeatureCollection", "features": [feature]}).encode("utf-8-sig")
    table = read(tmp_path / name, zipped(a__json=content) if name == "a.zip" else content)
    assert table.frame.to_dict("list") == {"name": ["甲"]}
    assert table.geometry is not None


def test_a_shapefile_without_prj_has_no_crs(tmp_path: Path) -> None:
    gpd.GeoDataFrame({"n": [1]}, geometry=[Point(104, 30)]).to_file(tmp_path / "a.shp")
    assert read_file(tmp_path / "a.shp", recipe()).crs is None


def test_a_shapefile_without_its_parts_names_them(tmp_path: Path) -> None:
    gpd.GeoDataFrame({"n": [1]}, geometry=[Point(104, 30)], crs=4326).to_file(tmp_path / "a.shp")
    (tmp_path / "a.dbf").unlink()
    with pytest.raises(SourceError, match=r"a\.shp is a Shapefile without its \.dbf"):
        read_file(tmp_path / "a.shp", recipe())


def test_json_records_are_rows(tmp_path: Path) -> None:
    table = read(tmp_path / "a.json", '{"AB": {"name": "x", "at": [1.5, 2]}, "CD": {"name": "y"}}')
    assert table.frame["key"].tolist() == ["AB", "CD"]
    assert table.frame["at.0"].tolist() == ["1.5", ""]


REFUSED = {
    "empty": ("a.csv", b"", "empty_file", "a.csv is empty"),
    "blank": ("a.csv", b"\n\n", "empty_file", "a.csv is empty"),
    "header only": ("a.csv", b"id,text\n", "no_rows", "a.csv has a header and no rows"),
    "broken gzip": ("a.csv.gz", gzip.compress(CSV.encode())[:-12], "broken_archive", "damaged or cut short"),
    "no gzip": ("a.csv.gz", CSV.encode(), "broken_archive", "damaged or cut short"),
    "broken zip": ("a.zip", zipped(a__csv=CSV.encode())[:-30], "broken_archive", "damaged or cut short"),
    "two tables": ("a.zip", zipped(a__csv=b"x", b__csv=b"y"), "several_members", "must hold exactly one table"),
    "nested zip": ("a.zip", zipped(b__zip=zipped(a__csv=b"x")), "nested_archive", "holds another archive, 'b.zip'"),
    "bomb": ("a.zip", zipped(a__csv=b"0" * 20_000_000), "archive_bomb", "would unpack to 1 entries and 19 MB"),
    "traversal": ("a.zip", zipped(**{"../a__csv": b"x"}), "unsafe_archive", "reaches outside the archive"),
    "absolute": ("a.zip", zipped(**{"/etc/a__csv": b"x"}), "unsafe_archive", "reaches outside the archive"),
    "program": ("a.csv", b"\x7fELF\x02\x01\x01\0\0\0", "not_text", "is not a text table"),
    "broken xlsx": ("a.xlsx", zipped(a__xml=b"<x>"), "broken_workbook", "damaged or no Excel workbook"),
    "no xlsx": ("a.xlsx", CSV.encode(), "broken_archive", "damaged or cut short"),
    "lying gpkg": ("a.gpkg", CSV.encode(), "not_vector", "is no .gpkg file"),
    "broken gpkg": ("a.gpkg", b"SQLite format 3\0" + b"x" * 500, "broken_vector", "damaged or cut short"),
    "broken geojson": ("a.geojson", b'{"type": "FeatureCollection", "feat', "broken_vector", "damaged or cut short"),
    "broken parquet": ("a.parquet", b"PAR1xxxx", "broken_vector", "damaged or cut short"),
    "broken json": ("a.json", b'{"a": {"b"', "broken_json", "is no valid JSON"),
    "other kind": ("a.docx", b"x", "unknown_kind", "is of a kind that is not read"),
}


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case)
def test_a_bad_file_is_refused_in_one_sentence(tmp_path: Path, case: str) -> None:
    name, content, rule, sentence = REFUSED[case]
    with pytest.raises(SourceError) as refused:
        read(tmp_path / name, content)
    assert refused.value.rule == rule
    assert sentence in str(refused.value)
    assert "\n" not in str(refused.value)
    assert refused.value.in_language("zh") != str(refused.value)


def test_a_file_over_the_limit_is_refused_before_it_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"x" * 2_000_000)
    with pytest.raises(SourceError, match=r"a\.csv has 1 MB; the limit is 0 MB"):
        read_file(tmp_path / "a.csv", recipe(), limit=1000)


def test_a_gzip_that_unpacks_beyond_the_limit_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(b"0" * 3_000_000))
    with pytest.raises(SourceError, match="unpacks to more than 1 MB"):
        read_file(tmp_path / "a.csv.gz", recipe(), limit=2**20)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="is not there or is not a file"):
        read_file(tmp_path / "a.csv", recipe())
