"""Bad inputs: JSON that is wide, deep, damaged or larger than memory."""

import json
from pathlib import Path

import pytest

from riskmap.layers.store import read_layer
from riskmap.sources import confined, files
from riskmap.study import Study
from tests.bad_inputs.given import only_refusal, recipe, take

ROW = {"案号": "A1", "时间": "2024-01-02", "经度": 104.50012, "纬度": 30.50012, "区划": 510100, "计数": 1}


def write_json(folder: Path, content: object) -> Path:
    path = folder / "a.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content, ensure_ascii=False), encoding="utf-8")
    return path


def test_records_with_no_name_in_common_are_no_table(square_area: Study, tmp_path: Path) -> None:
    path = write_json(tmp_path, [{f"k{number}": 1} for number in range(8000)])
    refused = only_refusal(take(square_area, path))
    assert refused["rule"] == "sparse_records"
    assert "The 8000 records of a.json have 8000 different names" in refused["message_en"]
    assert "8000 个不同的字段名" in refused["message_zh"]


@pytest.mark.parametrize("nested", [False, True])
def test_records_with_more_names_than_a_table_has_columns_are_refused(
    square_area: Study, tmp_path: Path, nested: bool
) -> None:
    wide = {f"k{number}": 1 for number in range(10_001)}
    refused = only_refusal(take(square_area, write_json(tmp_path, [{**ROW, "x": wide} if nested else {**ROW, **wide}])))
    assert refused["rule"] == "too_many_columns"
    assert "more than 10,000 columns" in refused["message_en"]
    assert "10,000" in refused["message_zh"]


@pytest.mark.parametrize(
    "content", ['[{"a":' * 60_000, '[{"a":' * 60_000 + "1" + "}]" * 60_000, '[{"a": 1', "nonsense"]
)
def test_deep_or_broken_json_is_refused(square_area: Study, tmp_path: Path, content: str) -> None:
    refused = only_refusal(take(square_area, write_json(tmp_path, content)))
    assert refused["rule"] in ("broken_json", "no_records")
    assert "a.json" in refused["message_zh"]


def test_few_records_may_have_little_in_common(square_area: Study, tmp_path: Path) -> None:
    rows = [{**ROW, "案号": f"A{number}", f"k{number}": {"x": [1, 2, 3, 4, 5]}} for number in range(50)]
    receipt = take(square_area, write_json(tmp_path, rows))
    assert (receipt.read, receipt.accepted) == (50, 50)


def test_json_is_read_in_any_encoding_of_text(square_area: Study, tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(json.dumps([ROW], ensure_ascii=False).encode("gb18030"))
    receipt = take(square_area, path)
    assert (receipt.accepted, receipt.files[0]["encoding"]) == (1, "gb18030")
    assert len(read_layer(square_area, "cases")) == 1


def test_json_beyond_the_memory_of_its_reader_is_refused(
    square_area: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(confined, "MEMORY_LIMIT", 2**20)
    refused = only_refusal(take(square_area, write_json(tmp_path, [ROW] * 20_000)))
    assert refused["rule"] in ("reader_memory", "reader_crashed")


def test_text_beyond_the_memory_of_the_machine_is_refused(
    square_area: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(files, "read_text", full)
    (tmp_path / "a.csv").write_text("a,b\n1,2\n")
    refused = only_refusal(take(square_area, tmp_path / "a.csv", recipe()))
    assert refused["rule"] == "reader_memory"
    assert "a.csv needs more than" in refused["message_en"]
    assert "内存" in refused["message_zh"]


TWICE = '"时间": "2024-01-02"'


def test_a_name_that_a_record_has_twice_is_read_once_and_named(square_area: Study, tmp_path: Path) -> None:
    rows = json.dumps([ROW, {**ROW, "案号": "A2"}], ensure_ascii=False)
    path = write_json(tmp_path, rows.replace(TWICE, f'{TWICE}, "时间": "2024-03-04"', 1))
    receipt = take(square_area, path)
    assert receipt.accepted == 2
    assert set(read_layer(square_area, "cases")["occurred_from"].astype("str").str[:10]) == {"2024-01-02"}
    assert [note for note in receipt.notes if note["en"] == "Several columns are called 时间; the first was read."]


def geojson(folder: Path, *names: tuple[str, str]) -> Path:
    point = {"type": "Point", "coordinates": [104.50012, 30.50012]}
    features = [{"type": "Feature", "properties": {**ROW, "案号": name}, "geometry": point} for name in ("A1", "A2")]
    text = json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False)
    for old, new in names:
        text = text.replace(old, new, 1)
    (folder / "a.geojson").write_text(text, encoding="utf-8")
    return folder / "a.geojson"


def test_a_property_that_a_feature_has_twice_is_read_once_and_named(square_area: Study, tmp_path: Path) -> None:
    path = geojson(tmp_path, (TWICE, f'{TWICE}, "时间": "2024-03-04"'))
    receipt = take(square_area, path, recipe(crs=None))
    assert receipt.accepted == 2
    assert set(read_layer(square_area, "cases")["occurred_from"].astype("str").str[:10]) == {"2024-01-02"}
    assert [note for note in receipt.notes if note["en"] == "Several columns are called 时间; the first was read."]


@pytest.mark.parametrize(
    "again",
    [
        ('"geometry":', '"geometry": {"type": "Point", "coordinates": [104.1, 30.1]}, "geometry":'),
        ('"coordinates":', '"coordinates": [104.1, 30.1], "coordinates":'),
    ],
    ids=["geometry", "coordinates"],
)
def test_a_feature_with_two_places_is_refused(square_area: Study, tmp_path: Path, again: tuple[str, str]) -> None:
    refused = only_refusal(take(square_area, geojson(tmp_path, again), recipe(crs=None)))
    assert refused["rule"] == "key_twice"
    assert "twice in one object" in refused["message_en"]
    assert "两次" in refused["message_zh"]
