"""Undo, replacement, and the same files again after either."""

from pathlib import Path

import pytest

from riskmap.errors import TableError
from riskmap.layers.folders import coverage, layer_fingerprint, list_imports
from riskmap.layers.intake import import_files, preview_files
from riskmap.layers.store import read_layer
from riskmap.layers.undo import list_undone, undo_import
from riskmap.study import Study
from tests.bad_inputs.given import GOOD, recipe, take, write


def listing(study: Study) -> list[str]:
    return sorted(str(path.relative_to(study.home)) for path in study.home.rglob("*") if path.name != ".lease")


def test_an_undone_import_is_as_if_it_had_never_been(square_area: Study, tmp_path: Path) -> None:
    take(square_area, write(tmp_path, GOOD))
    fingerprint, covered = layer_fingerprint(square_area, "cases"), coverage(square_area, "cases")
    second = take(square_area, write(tmp_path, GOOD.replace("A1", "A2"), name="second.csv"))
    assert len(read_layer(square_area, "cases")) == 2
    undo_import(square_area, second.import_id or "", "the wrong month")
    assert read_layer(square_area, "cases")["case_id"].tolist() == ["A1"]
    assert layer_fingerprint(square_area, "cases") == fingerprint
    assert coverage(square_area, "cases").equals(covered)


def test_undo_keeps_the_receipt_and_the_reason_but_no_rows(square_area: Study, tmp_path: Path) -> None:
    receipt = take(square_area, write(tmp_path, GOOD))
    undo_import(square_area, (receipt.import_id or "")[:6], " the wrong month ")
    (undone,) = list_undone(square_area, "cases")
    assert (undone.receipt.import_id, undone.reason) == (receipt.import_id, "the wrong month")
    kept = [path.name for path in (square_area.folder / "layers").rglob("*") if path.is_file()]
    assert sorted(kept) == ["receipt.json", "recipe.toml", "undone.json"]


def test_files_come_in_again_after_undo(square_area: Study, tmp_path: Path) -> None:
    path = write(tmp_path, GOOD)
    first = take(square_area, path)
    undo_import(square_area, first.import_id or "", "a try")
    assert take(square_area, path).to_json() == first.to_json()
    assert len(read_layer(square_area, "cases")) == 1
    undo_import(square_area, first.import_id or "", "another try")
    assert sorted(undone.reason for undone in list_undone(square_area, "cases")) == ["a try", "another try"]


def test_undoing_a_contradiction_brings_the_earlier_row_back(square_area: Study, tmp_path: Path) -> None:
    take(square_area, write(tmp_path, GOOD))
    second = take(square_area, write(tmp_path, GOOD.replace("10:00", "11:00"), name="second.csv"))
    assert read_layer(square_area, "cases").empty
    undo_import(square_area, second.import_id or "", "the older file is right")
    assert str(read_layer(square_area, "cases")["occurred_from"][0]) == "2024-01-02 10:00:00"


def test_an_import_in_the_stead_of_another_takes_its_place_in_one_step(square_area: Study, tmp_path: Path) -> None:
    wrong = take(square_area, write(tmp_path, GOOD))
    path = write(tmp_path, GOOD.replace("10:00", "11:00"), name="right.csv")
    right = import_files(square_area, "cases", [path], recipe(), replace=wrong.import_id)
    assert (right.accepted, right.quarantined) == (1, 0)
    assert str(read_layer(square_area, "cases")["occurred_from"][0]) == "2024-01-02 11:00:00"
    assert [receipt.import_id for receipt in list_imports(square_area)] == [right.import_id]
    undo_import(square_area, right.import_id or "", "the first was right")
    assert str(read_layer(square_area, "cases")["occurred_from"][0]) == "2024-01-02 10:00:00"


def test_what_was_replaced_does_not_come_in_again_by_the_way(square_area: Study, tmp_path: Path) -> None:
    path = write(tmp_path, GOOD)
    wrong = take(square_area, path)
    right = write(tmp_path, GOOD.replace("10:00", "11:00"), name="right.csv")
    import_files(square_area, "cases", [right], recipe(), replace=wrong.import_id)
    with pytest.raises(TableError, match="another import stands in its stead; undo that one"):
        take(square_area, path)


def test_undo_asks_for_a_reason_and_for_one_import(square_area: Study, tmp_path: Path) -> None:
    receipt = take(square_area, write(tmp_path, GOOD))
    with pytest.raises(TableError, match="undone for a reason"):
        undo_import(square_area, receipt.import_id or "", " ")
    with pytest.raises(TableError, match="Area square has no import 'zz'"):
        undo_import(square_area, "zz", "a try")
    with pytest.raises(TableError, match="has no import ''"):
        undo_import(square_area, "", "a try")


def test_a_preview_says_what_an_import_would_do_and_writes_nothing(square_area: Study, tmp_path: Path) -> None:
    path = write(tmp_path, GOOD, GOOD.replace("A1", "A2").replace("2024-01-02 10:00", "soon"))
    before = listing(square_area)
    preview = preview_files(square_area, "cases", [path], recipe())
    assert listing(square_area) == before
    assert preview.rows["case_id"].tolist() == ["A1"]
    assert preview.quarantine["rule"].tolist() == ["date_unreadable"]
    assert take(square_area, path).to_json() == preview.receipt.to_json()
