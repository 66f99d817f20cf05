import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from riskmap.errors import BusyError, RecipeError, SnapshotError
from riskmap.layers.folders import coverage, layer_fingerprint, list_imports, read_quarantine
from riskmap.layers.incidents import read_events
from riskmap.layers.intake import import_files
from riskmap.layers.receipt import Receipt
from riskmap.layers.store import read_layer
from riskmap.snapshot import lease
from riskmap.sources.recipe import Recipe
from riskmap.study import Study

COLUMNS = {"case_id": "案号", "occurred": "时间", "lon": "经度", "lat": "纬度", "area_code": "区划", "count": "计数"}
HEADER = "案号,时间,经度,纬度,区划,计数,备注"
GOOD = "A1,2024-01-02 10:00,104.50012,30.50012,510100,1,"


def recipe(**changes: object) -> Recipe:
    form = {
        "name": "trial",
        "layer": "cases",
        "crs": "WGS84",
        "columns": COLUMNS,
        "constants": {"category": "possession"},
    }
    return Recipe.model_validate(form | changes)


def write(folder: Path, *rows: str, name: str = "cases.csv", header: str = HEADER) -> Path:
    path = folder / name
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


def take(study: Study, *paths: Path, accept: bool = False, **changes: object) -> Receipt:
    form = recipe(**changes)
    receipt = import_files(study, form.layer, list(paths), form, accept=accept)
    fates = receipt.not_selected + receipt.accepted + receipt.quarantined + receipt.rejected
    assert receipt.read == fates
    return receipt


def listing(study: Study) -> list[str]:
    return sorted(str(path.relative_to(study.home)) for path in study.home.rglob("*") if path.name != ".lease")


def test_a_good_row_is_accepted_and_read_back(square_area: Study, tmp_path: Path) -> None:
    receipt = take(square_area, write(tmp_path, GOOD))
    assert (receipt.read, receipt.accepted, receipt.repaired, receipt.net_count) == (1, 1, 0, 1)
    assert receipt.exit_status == 0
    event = read_events(square_area, "cases").iloc[0]
    assert (event["id"], event["lon"], event["lat"], event["area_code"]) == ("A1", 104.50012, 30.50012, "510100")
    assert str(event["occurred_from"]) == "2024-01-02 10:00:00"
    assert read_layer(square_area, "cases")["row_id"].tolist() == ["cases.csv:2"]


FATES = {
    "no place": ("A2,2024-01-02,,,,1,", "quarantined", "no_location"),
    "zero zero": ("A2,2024-01-02,0,0,,1,", "quarantined", "no_location"),
    "9999": ("A2,2024-01-02,9999,9999,,1,", "quarantined", "no_location"),
    "-1": ("A2,2024-01-02,-1,-1,,1,", "quarantined", "no_location"),
    "place unreadable": ("A2,2024-01-02,hier,30.50012,,1,", "quarantined", "place_unreadable"),
    "outside": ("A2,2024-01-02,110,30.50012,,1,", "quarantined", "outside_area"),
    "swapped": ("A2,2024-01-02,30.50012,104.50012,,1,", "repaired", "lat_lon_swapped"),
    "no date": ("A2,,104.50012,30.50012,,1,", "quarantined", "date_blank"),
    "no day": ("A2,2024-02-30,104.50012,30.50012,,1,", "quarantined", "date_unreadable"),
    "before 1990": ("A2,1989-12-31,104.50012,30.50012,,1,", "quarantined", "date_before_1990"),
    "future": ("A2,2124-01-02,104.50012,30.50012,,1,", "quarantined", "date_future"),
    "month in a weekly area": ("A2,2024-01,104.50012,30.50012,,1,", "quarantined", "interval_exceeds_period"),
    "count of two": ("A2,2024-01-02,104.50012,30.50012,,2,", "quarantined", "value_unknown"),
    "scientific id": ("5.1E+17,2024-01-02,104.50012,30.50012,,1,", "quarantined", "id_scientific"),
    "too many fields": ("A2,2024-01-02,104.50012,30.50012,,1,,,", "rejected", "field_count"),
    "total": ("合计,,,,,1,", "rejected", "totals_row"),
    "identity number as id": (
        "11010519491231002X,2024-01-02,104.50012,30.50012,,1,",
        "repaired",
        "personal_number_masked",
    ),
}


@pytest.mark.parametrize("case", FATES, ids=lambda case: case)
def test_every_odd_row_has_its_fate_in_both_languages(square_area: Study, tmp_path: Path, case: str) -> None:
    row, fate, rule = FATES[case]
    receipt = take(square_area, write(tmp_path, GOOD, row))
    (entry,) = receipt.rows
    assert (entry["file"], entry["row"], entry["rule"], entry["fate"]) == ("cases.csv", 3, rule, fate)
    assert entry["message_en"] != entry["message_zh"]
    assert receipt.accepted == (2 if fate == "repaired" else 1)
    assert receipt.exit_status == 0


def test_the_receipt_names_the_files_own_column(square_area: Study, tmp_path: Path) -> None:
    (entry,) = take(square_area, write(tmp_path, FATES["outside"][0])).rows
    assert entry["column"] == "经度"
    assert entry["original"] == "110 30.50012"
    assert entry["message_zh"] == "地点 110 30.50012 位于区域边界 5 千米以外。"


def test_four_kilometres_outside_is_inside_the_margin(square_area: Study, tmp_path: Path) -> None:
    # 0.036 degrees of latitude are 4.0 km, 0.054 are 6.0 km.
    rows = ("A2,2024-01-02,104.50012,31.0361,,1,", "A3,2024-01-02,104.50012,31.0541,,1,")
    receipt = take(square_area, write(tmp_path, *rows))
    assert [entry["row"] for entry in receipt.rows] == [3]


def test_a_row_with_only_an_area_code_counts_at_area_level(square_area: Study, tmp_path: Path) -> None:
    receipt = take(square_area, write(tmp_path, "A2,2024-01-02,,,510100,1,", "A3,2024-01-02,0,0,510100,1,"))
    assert (receipt.accepted, receipt.rows) == (2, [])
    events = read_events(square_area, "cases")
    assert events["lon"].isna().all()
    assert (events["area_code"] == "510100").all()


def test_the_same_row_twice_is_counted_once(square_area: Study, tmp_path: Path) -> None:
    receipt = take(square_area, write(tmp_path, GOOD, GOOD))
    assert (receipt.read, receipt.accepted, receipt.repaired, receipt.net_count) == (2, 2, 1, 1)
    assert receipt.rows[0]["rule"] == "duplicate_same"
    assert len(read_layer(square_area, "cases")) == 1


def test_one_id_with_two_contents_quarantines_both(square_area: Study, tmp_path: Path) -> None:
    receipt = take(square_area, write(tmp_path, GOOD, GOOD.replace("104.50012", "104.60012"), GOOD.replace("A1", "A2")))
    assert [(row["row"], row["rule"]) for row in receipt.rows] == [(2, "duplicate_conflict"), (3, "duplicate_conflict")]
    assert read_layer(square_area, "cases")["case_id"].tolist() == ["A2"]


def test_ids_are_looked_up_in_earlier_imports(square_area: Study, tmp_path: Path) -> None:
    take(square_area, write(tmp_path, GOOD, GOOD.replace("A1", "A2")))
    later = write(tmp_path, GOOD, GOOD.replace("A1", "A2").replace("10:00", "11:00"), name="later.csv")
    receipt = take(square_area, later)
    assert {row["rule"]: row["original"] for row in receipt.rows} == {
        "duplicate_same": "A1",
        "duplicate_conflict": "A2",
    }
    assert receipt.net_count == 0
    # A1 is there once; of A2 nobody knows which is right.
    assert read_layer(square_area, "cases")["case_id"].tolist() == ["A1"]


def test_cancelling_rows_are_netted_and_both_kept(square_area: Study, tmp_path: Path) -> None:
    receipt = take(square_area, write(tmp_path, GOOD, "A1,2024-01-02 10:00,0,0,,-1,"))
    assert (receipt.accepted, receipt.net_count) == (2, 0)
    assert [row["rule"] for row in receipt.rows] == ["cancel_takes_place"]
    events = read_events(square_area, "cases")
    assert events["count"].tolist() == [-1, 1]
    assert events["lon"].tolist() == [104.50012, 104.50012]


def test_an_interval_of_two_columns_ends_at_the_moment_or_with_the_day(square_area: Study, tmp_path: Path) -> None:
    header = "案号,从,到,经度,纬度"
    rows = ("A1,2024-01-02 08:00,2024-01-03 08:00,104.50012,30.50012", "A2,2024-01-02,2024-01-03,104.50012,30.50012")
    back = "A3,2024-01-02,2024-01-01,104.50012,30.50012"
    columns = {"case_id": "案号", "occurred_from": "从", "occurred_to": "到", "lon": "经度", "lat": "纬度"}
    receipt = take(square_area, write(tmp_path, *rows, back, header=header), columns=columns)
    assert [row["rule"] for row in receipt.rows] == ["interval_reversed"]
    ends = read_events(square_area, "cases")["occurred_to"].astype("str").tolist()
    assert ends == ["2024-01-03 08:00:00", "2024-01-04 00:00:00"]


def test_a_row_without_id_gets_one_from_the_file_and_the_row(square_area: Study, tmp_path: Path) -> None:
    path = write(tmp_path, GOOD.replace("A1", ""), GOOD.replace("A1", ""))
    receipt = take(square_area, path)
    sha = receipt.files[0]["sha256"][:12]
    assert read_layer(square_area, "cases")["case_id"].tolist() == [f"{sha}:2", f"{sha}:3"]


def test_the_same_bytes_again_change_nothing(square_area: Study, tmp_path: Path) -> None:
    path = write(tmp_path, GOOD, FATES["outside"][0])
    first = take(square_area, path)
    before = listing(square_area)
    fingerprint = layer_fingerprint(square_area, "cases")
    renamed = write(tmp_path, GOOD, FATES["outside"][0], name="renamed.csv")
    assert take(square_area, path).to_json() == first.to_json()
    assert take(square_area, renamed).import_id == first.import_id
    assert take(square_area, path, renamed).to_json() == first.to_json()
    assert listing(square_area) == before
    assert layer_fingerprint(square_area, "cases") == fingerprint
    assert [receipt.import_id for receipt in list_imports(square_area)] == [first.import_id]


def test_the_order_of_rows_and_of_imports_is_irrelevant(home: Path, square_area: Study, tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    rows = [f"A{n},2024-01-{n % 28 + 1:02d},{104 + n / 100:.4f},30.50012,,1," for n in range(60)]
    take(square_area, write(tmp_path, *rows[:40], name="a.csv"))
    take(square_area, write(tmp_path, *rows[20:], name="b.csv"))
    events = read_events(square_area, "cases")
    other = square_area.model_copy(update={"id": "other"})
    (home / "geodata" / "other").mkdir()
    for name in ("study.toml", "boundary.parquet"):
        (other.folder / name).write_bytes((square_area.folder / name).read_bytes())
    take(other, write(tmp_path, *rng.permutation(rows[20:]), name="c.csv"))
    take(other, write(tmp_path, *rng.permutation(rows[:40]), name="d.csv"))
    pd.testing.assert_frame_equal(read_events(other, "cases"), events)
    assert len(events) == 60


def test_formulas_and_markup_are_stored_raw(square_area: Study, tmp_path: Path) -> None:
    take(square_area, write(tmp_path, "=cmd|' /C calc'!A0,2024-01-02,104.50012,30.50012,<img onerror=x>,1,"))
    row = read_layer(square_area, "cases").iloc[0]
    assert row["case_id"] == "=cmd|' /C calc'!A0"
    assert row["area_code"] == "<img onerror=x>"


def test_rows_that_the_recipe_leaves_out_are_counted_so(square_area: Study, tmp_path: Path) -> None:
    receipt = take(
        square_area,
        write(tmp_path, GOOD + "毒品", "A2,,,,,1,盗窃", "A3,2024-01-02,104.50012,30.50012,,1, 毒品 "),
        keep={"备注": ["毒*"]},
        leave_out={"案号": "A3"},
    )
    assert (receipt.read, receipt.not_selected, receipt.accepted, receipt.rows) == (3, 2, 1, [])


def test_coverage_counts_rows_that_are_left_out(square_area: Study, tmp_path: Path) -> None:
    rows = (GOOD, "A2,2024-01-02 11:00,,,,1,", "A3,2024-01-09,104.50012,30.50012,,1,盗窃", "A4,1900-01-01,1,1,,1,")
    take(square_area, write(tmp_path, *rows), leave_out={"备注": "盗窃"})
    table = coverage(square_area, "cases")
    assert table["covered_from"].astype("str").tolist() == ["2024-01-02", "2024-01-09"]
    assert table["covered_to"].astype("str").tolist() == ["2024-01-03", "2024-01-10"]
    assert table["rows"].tolist() == [2, 1]


def test_coverage_is_by_what_was_known_when_that_is_said(square_area: Study, tmp_path: Path) -> None:
    header = HEADER.replace("备注", "登记月")
    path = write(tmp_path, GOOD + "2024-02", GOOD.replace("A1", "A2") + "2023-12", header=header)
    receipt = take(square_area, path, columns={**COLUMNS, "known_on": "登记月"})
    assert [row["rule"] for row in receipt.rows] == ["known_before_event"]
    assert receipt.notes == []
    # A month-only registration was known when the month ended.
    assert str(read_events(square_area, "cases")["known_on"][0]) == "2024-03-01 00:00:00"
    assert coverage(square_area, "cases")["covered_from"].astype("str").tolist() == ["2023-12-01", "2024-02-01"]


def test_an_assumed_known_on_is_said(square_area: Study, tmp_path: Path) -> None:
    receipt = take(square_area, write(tmp_path, GOOD))
    assert "the end of the interval" in receipt.notes[0]["en"]
    assert "结束时刻" in receipt.notes[0]["zh"]


def test_personal_columns_and_numbers_reach_no_file(square_area: Study, tmp_path: Path) -> None:
    header = HEADER.replace("备注", "嫌疑人姓名,备注")
    bad = "A2,,104.50012,30.50012,电话13912345678,1,张三丰,身份证11010519491231002X"
    path = write(tmp_path, "A1,2024-01-02,104.50012,30.50012,,1,李四光,", bad, header=header)
    receipt = take(square_area, path)
    assert "嫌疑人姓名" in receipt.notes[0]["en"]
    content = json.loads(read_quarantine(square_area, "cases")["content"][0])
    assert content["区划"] == "电话***"
    assert "备注" not in content  # no column that the recipe does not name is kept
    written = b"".join(file.read_bytes() for file in square_area.folder.rglob("*") if file.is_file())
    for secret in ("张三丰", "李四光", "13912345678", "11010519491231002X"):
        assert secret.encode() not in written


REFUSALS = {
    "unknown column": (
        HEADER.replace("经度", "东经"),
        {},
        "missing_column",
        "has no column '经度'; its columns are 案号",
    ),
    "unknown datum": (HEADER, {"crs": "unknown"}, "unknown_datum", "at resolution 8 a wrong one puts most points"),
    "no datum": (HEADER, {"crs": None}, "missing_crs", "does not say in which coordinate system"),
    "filter on a missing column": (HEADER, {"keep": {"类别": "毒品"}}, "missing_column", "has no column '类别'"),
}


@pytest.mark.parametrize("case", REFUSALS, ids=lambda case: case)
def test_a_refused_file_leaves_everything_as_it_was(square_area: Study, tmp_path: Path, case: str) -> None:
    header, changes, rule, sentence = REFUSALS[case]
    take(square_area, write(tmp_path, GOOD))
    before = listing(square_area)
    good = write(tmp_path, GOOD.replace("A1", "A9"), name="good.csv")
    receipt = take(square_area, write(tmp_path, GOOD, name="bad.csv", header=header), good, **changes)
    assert (receipt.exit_status, receipt.import_id, receipt.read) == (2, None, 0)
    refused = receipt.refused[0]["refused"]
    assert refused["rule"] == rule
    assert sentence in refused["message_en"]
    assert "\n" not in refused["message_en"]
    assert refused["message_zh"] != refused["message_en"]
    assert listing(square_area) == before


@pytest.mark.parametrize(("name", "content"), [("empty.csv", b""), ("broken.zip", b"PK\x03\x04nothing")])
def test_an_unreadable_file_leaves_everything_as_it_was(
    square_area: Study, tmp_path: Path, name: str, content: bytes
) -> None:
    before = listing(square_area)
    (tmp_path / name).write_bytes(content)
    receipt = take(square_area, tmp_path / name, write(tmp_path, GOOD))
    assert receipt.exit_status == 2
    assert [Path(entry["path"]).name for entry in receipt.refused] == [name]
    assert listing(square_area) == before


def test_dates_that_only_evidence_decides_are_asked(square_area: Study, tmp_path: Path) -> None:
    path = write(tmp_path, "A1,13/1/2024,104.50012,30.50012,,1,", "A2,2/1/2024,104.50012,30.50012,,1,")
    asked = take(square_area, path)
    assert asked.refused[0]["refused"]["rule"] == "date_order"
    assert "50%" in asked.refused[0]["refused"]["message_en"]
    assert take(square_area, path, accept=True).accepted == 2
    assert read_events(square_area, "cases")["occurred_from"].astype("str").tolist() == ["2024-01-13", "2024-01-02"]


def test_an_undecidable_order_is_refused_even_when_agreed(square_area: Study, tmp_path: Path) -> None:
    receipt = take(square_area, write(tmp_path, "A1,3/1/2024,104.50012,30.50012,,1,"), accept=True)
    assert receipt.exit_status == 2


def test_a_killed_import_leaves_nothing_after_the_next(square_area: Study, tmp_path: Path) -> None:
    leftover = square_area.folder / "layers" / "cases" / ".staging-1-dead"
    leftover.mkdir(parents=True)
    (leftover / "rows.parquet").write_bytes(b"half")
    assert len(read_layer(square_area, "cases")) == 0
    take(square_area, write(tmp_path, GOOD))
    assert not leftover.exists()


def test_a_failing_disk_leaves_nothing(square_area: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = listing(square_area)

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("riskmap.layers.intake.write_manifest", full)
        with pytest.raises(SnapshotError, match="There is no room to import cases") as refused:
            take(square_area, write(tmp_path, GOOD))
    assert refused.value.in_language("zh").startswith("存储空间不足")
    assert [name for name in listing(square_area) if "layers" not in name] == before
    assert not [path for path in (square_area.folder / "layers").rglob("*") if path.is_file()]
    assert take(square_area, write(tmp_path, GOOD)).accepted == 1


def test_somebody_elses_lease_is_respected(square_area: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("riskmap.layers.intake.WAIT_S", 0.2)  # the minute that work waits for its turn
    with lease(square_area.folder, "run"), pytest.raises(BusyError, match="Area square is being written by run"):
        take(square_area, write(tmp_path, GOOD))


def test_a_recipe_for_another_layer_is_refused(square_area: Study, tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="Recipe trial is for layer cases, not for sites"):
        import_files(square_area, "sites", [write(tmp_path, GOOD)], recipe())


def test_a_recipe_must_give_every_needed_column(square_area: Study, tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="Recipe trial says nothing about category"):
        take(square_area, write(tmp_path, GOOD), constants={})


def test_a_recipe_cannot_map_a_personal_column(square_area: Study, tmp_path: Path) -> None:
    path = write(tmp_path, GOOD + "x", header=HEADER.replace("备注", "手机"))
    with pytest.raises(RecipeError, match="maps the personal column 手机"):
        take(square_area, path, columns={**COLUMNS, "case_id": "手机"})


def test_gcj02_points_are_stored_as_wgs84(square_area: Study, tmp_path: Path) -> None:
    take(square_area, write(tmp_path, GOOD), crs="GCJ-02")
    event = read_events(square_area, "cases").iloc[0]
    # Chinese maps show places in Sichuan some 200-300 m east of where they are.
    assert 150 < (104.50012 - event["lon"]) * 95_900 < 400
    assert take(square_area, write(tmp_path, GOOD), crs="GCJ-02").files[0]["datum"] == "GCJ-02"
