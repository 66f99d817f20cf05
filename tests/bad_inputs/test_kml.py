"""Bad inputs: attributes of a KML that are called in Chinese, or alike."""

from pathlib import Path

import pytest

from riskmap.layers.incidents import read_events
from riskmap.sources.files import read_file
from riskmap.study import Study
from tests.bad_inputs.given import recipe, take

HEAD = '<?xml version="1.0" encoding="UTF-8"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document><name>d</name>'
PLACE = "<Point><coordinates>104.50012,30.50012,0</coordinates></Point>"


def kml(path: Path, values: dict[str, str], *, typed: bool = False) -> Path:
    """Write one placemark `A1` with these attributes, as plain data or by a schema."""
    if typed:
        fields = "".join(f'<SimpleField type="string" name="{name}"/>' for name in values)
        schema = f'<Schema name="s" id="s">{fields}</Schema>'
        texts = "".join(f'<SimpleData name="{name}">{text}</SimpleData>' for name, text in values.items())
        data = f'<SchemaData schemaUrl="#s">{texts}</SchemaData>'
    else:
        schema = ""
        data = "".join(f'<Data name="{name}"><value>{text}</value></Data>' for name, text in values.items())
    mark = f"<Placemark><name>A1</name><ExtendedData>{data}</ExtendedData>{PLACE}</Placemark>"
    path.write_text(f"{HEAD}{schema}{mark}</Document></kml>", encoding="utf-8")
    return path


@pytest.mark.parametrize("typed", [False, True])
def test_chinese_names_of_a_kml_are_kept(square_area: Study, tmp_path: Path, typed: bool) -> None:
    path = kml(tmp_path / "a.kml", {"时间": "2024-01-02", "类别": "吸毒"}, typed=typed)
    columns = {"case_id": "Name", "occurred": "时间", "category": "类别"}
    form = recipe(columns=columns, crs=None, constants={}, values={"category": {"吸毒": "use_venue"}})
    receipt = take(square_area, path, form)
    assert (receipt.accepted, receipt.rows) == (1, [])
    row = read_events(square_area, "cases").iloc[0]
    assert (row["id"], str(row["occurred_from"])[:10]) == ("A1", "2024-01-02")


@pytest.mark.parametrize("typed", [False, True])
def test_names_that_are_alike_do_not_overwrite_each_other(tmp_path: Path, typed: bool) -> None:
    values = {"Kind": "a", "kind": "b", "k-1": "c", "k_1": "d", "A &amp; B": "e", "Name": "f", "description": "g"}
    frame = read_file(kml(tmp_path / "a.kml", values, typed=typed), recipe()).frame
    assert frame[["Kind", "kind", "k-1", "k_1", "A & B"]].iloc[0].tolist() == ["a", "b", "c", "d", "e"]
    assert frame["Name"].tolist() == ["A1"]
    assert sorted(frame.iloc[0][frame.columns.str.contains(r"\(")]) == ["f", "g"]


@pytest.mark.parametrize("typed", [False, True])
def test_an_attribute_that_a_placemark_has_twice_is_read_once_and_named(
    square_area: Study, tmp_path: Path, typed: bool
) -> None:
    text = kml(tmp_path / "a.kml", {"时间": "2024-01-02", "案号": "A1"}, typed=typed).read_text(encoding="utf-8")
    tag, value = ("SimpleData", "2024-03-04") if typed else ("Data", "<value>2024-03-04</value>")
    end = "</SchemaData>" if typed else "</ExtendedData>"
    text = text.replace(end, f'<{tag} name="时间">{value}</{tag}>{end}')
    other = text[text.index("<Placemark>") : text.index("</Document>")].replace(
        f'<{tag} name="时间">{value}</{tag}>', ""
    )
    text = text.replace("</Document>", other.replace("A1", "A2") + "</Document>")
    (tmp_path / "a.kml").write_text(text, encoding="utf-8")
    receipt = take(square_area, tmp_path / "a.kml", recipe(columns={"case_id": "案号", "occurred": "时间"}, crs=None))
    assert receipt.accepted == 2
    assert list(read_events(square_area, "cases")["occurred_from"].astype("str").str[:10]) == ["2024-01-02"] * 2
    assert [note for note in receipt.notes if note["en"] == "Several columns are called 时间; the first was read."]
