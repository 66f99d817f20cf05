"""A delivery may say what days it covers: what is empty among them is zero, not unknown."""

import itertools
import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from openpyxl import Workbook

from riskmap.errors import TableError
from riskmap.layers.corrections import correct_rows, quarantine_table
from riskmap.layers.covers import COVERS, WITHOUT_SPANS, Covers, imports_without_spans, parse_covers
from riskmap.layers.folders import (
    coverage,
    import_folders,
    layer_fingerprint,
    layer_folder,
    list_imports,
    read_quarantine,
)
from riskmap.layers.intake import import_files, preview_files
from riskmap.layers.receipt import Receipt
from riskmap.layers.store import read_layer
from riskmap.layers.undo import list_undone, undo_import
from riskmap.panel.deliveries import delivered_until, delivery_calendar, list_sources
from riskmap.panel.periods import Timeline, period_index
from riskmap.panel.reported import reported_periods, timeline_of
from riskmap.sources.recipe import Recipe
from riskmap.study import Study
from tests.bad_inputs.given import GOOD, HEADER, recipe, take, write

NOW = pd.Timestamp("2024-04-01")


def on(*days: str, letter: str = "A") -> list[str]:
    """One good row for each day."""
    return [GOOD.replace("A1", f"{letter}{n}").replace("2024-01-02", day) for n, day in enumerate(days)]


def bring(study: Study, path: Path, covers: str | None = None, form: Recipe | None = None) -> Receipt:
    days = None if covers is None else parse_covers(covers, study, "cases")
    return import_files(study, "cases", [path], form or recipe(), covers=days)


def zeros(study: Study) -> list[str]:
    """First days of the periods that count as zero."""
    calendar = delivery_calendar(study, 20)
    return [f"{day:%m-%d}" for day in calendar.loc[calendar["reported"] & (calendar["rows"] == 0), "period_start"]]


def unknown(study: Study) -> list[str]:
    calendar = delivery_calendar(study, 20)
    return [f"{day:%m-%d}" for day in calendar.loc[~calendar["reported"], "period_start"]]


def test_the_weeks_between_two_files_of_a_small_source_are_zero_where_they_are_declared(
    square_area: Study, tmp_path: Path
) -> None:
    # Rows in the weeks of 1 and 8 January and of 5 February 2024, all Mondays.
    bring(square_area, write(tmp_path, *on("2024-01-02", "2024-01-09"), name="a.csv"), "2024-01-01..2024-01-28")
    bring(square_area, write(tmp_path, *on("2024-02-06", letter="B"), name="b.csv"))
    assert zeros(square_area) == ["01-15", "01-22"]
    assert unknown(square_area) == ["01-29"]


def test_a_week_that_is_declared_in_part_is_unknown_and_two_declarations_make_it_whole(
    square_area: Study, tmp_path: Path
) -> None:
    bring(square_area, write(tmp_path, *on("2024-01-02"), name="a.csv"), "2024-01-01..2024-01-31")
    assert unknown(square_area) == ["01-29"]  # Monday to Wednesday only
    bring(square_area, write(tmp_path, *on("2024-02-13", letter="B"), name="b.csv"), "2024-02-01..2024-02-29")
    assert unknown(square_area) == ["02-26"]
    assert zeros(square_area) == ["01-08", "01-15", "01-22", "01-29", "02-05", "02-19"]


def test_an_empty_week_of_a_busy_source_is_zero_only_where_it_is_declared(square_area: Study, tmp_path: Path) -> None:
    days = [f"2024-01-{day:02d}" for day in (2, 16) for _ in range(12)]
    path = write(tmp_path, *on(*days))
    bring(square_area, path)
    assert unknown(square_area) == ["01-08"]
    bring(square_area, path, "2024-01-01..2024-01-21")
    assert unknown(square_area) == []
    assert zeros(square_area) == ["01-08"]


def empty_csv(folder: Path) -> Path:
    return write(folder)


def empty_json(folder: Path) -> Path:
    path = folder / "a.json"
    path.write_text("[]")
    return path


def empty_geojson(folder: Path) -> Path:
    path = folder / "a.geojson"
    path.write_text('{"type": "FeatureCollection", "features": []}')
    return path


def empty_gpkg(folder: Path) -> Path:
    path = folder / "a.gpkg"
    columns = {name: pd.Series(dtype="str") for name in HEADER.split(",")}
    gpd.GeoDataFrame(columns, geometry=gpd.GeoSeries([], crs=4326)).to_file(path)
    return path


def empty_parquet(folder: Path) -> Path:
    path = folder / "a.parquet"
    pd.DataFrame({name: pd.Series(dtype="str") for name in HEADER.split(",")}).to_parquet(path)
    return path


def empty_workbook(folder: Path) -> Path:
    book = Workbook()
    book.active.append(HEADER.split(","))
    book.save(path := folder / "a.xlsx")
    return path


@pytest.mark.parametrize(
    "make",
    [empty_csv, empty_json, empty_geojson, empty_gpkg, empty_parquet, empty_workbook],
    ids=lambda make: make.__name__,
)
def test_a_file_without_rows_is_a_delivery_of_none_where_its_days_are_declared(
    square_area: Study, tmp_path: Path, make: object
) -> None:
    bring(square_area, write(tmp_path / "in", *on("2024-01-02"), name="before.csv"))
    path = make(tmp_path)
    refused = bring(square_area, path)
    assert refused.import_id is None
    assert len(list_imports(square_area, "cases")) == 1
    receipt = bring(square_area, path, "2024-01-08..2024-01-21")
    assert receipt.exit_status == 0, receipt.refused
    assert (receipt.read, receipt.accepted, receipt.covers) == (0, 0, "2024-01-08..2024-01-21")
    assert receipt.import_id in {one.import_id for one in list_imports(square_area, "cases")}
    assert (zeros(square_area), unknown(square_area)) == (["01-08", "01-15"], [])
    assert delivered_until(square_area) == pd.Timestamp("2024-01-22")
    (source,) = list_sources(square_area, NOW).to_dict("records")
    assert (source["imports"], source["rows"], source["last"]) == (2, 1, pd.Timestamp("2024-01-22"))
    assert len(read_layer(square_area, "cases")) == 1
    assert read_quarantine(square_area, "cases").empty
    undo_import(square_area, str(receipt.import_id), "not so")
    assert zeros(square_area) == unknown(square_area) == []
    assert [undone.receipt.covers for undone in list_undone(square_area, "cases")] == ["2024-01-08..2024-01-21"]


@pytest.mark.parametrize("rows", [(), ("合计,,,,,0,",)], ids=["header only", "a row of totals"])
def test_the_same_empty_bytes_in_another_month_are_another_delivery(
    square_area: Study, tmp_path: Path, rows: tuple[str, ...]
) -> None:
    bring(square_area, write(tmp_path / "in", *on("2024-01-02"), name="before.csv"))
    path = write(tmp_path, *rows)
    first = bring(square_area, path, "2024-01-08..2024-01-14")
    second = bring(square_area, path, "2024-01-22..2024-01-28")
    assert first.import_id != second.import_id
    assert (zeros(square_area), unknown(square_area)) == (["01-08", "01-22"], ["01-15"])
    again = bring(square_area, path, "2024-01-22..2024-01-28")
    assert again.to_json() == second.to_json()
    assert len(list_imports(square_area, "cases")) == 3
    undo_import(square_area, str(first.import_id), "the wrong month")
    assert (zeros(square_area), unknown(square_area)) == (["01-22"], ["01-08", "01-15"])


def test_the_same_rows_with_other_days_change_the_declaration_and_nothing_else(
    square_area: Study, tmp_path: Path
) -> None:
    kept_aside = GOOD.replace("A1", "Q1").replace("2024-01-02 10:00", "")
    path = write(tmp_path, *on("2024-01-02"), kept_aside)
    first = bring(square_area, path)
    (row,) = quarantine_table(square_area, "cases", "en").to_dict("records")
    corrected = pd.DataFrame([row]).assign(时间="2024-01-03").astype("str")
    assert [one.accepted for one in correct_rows(square_area, "cases", corrected)] == [1]
    before = layer_fingerprint(square_area, "cases")
    wrong = bring(square_area, path, "2024-01-01..2024-01-28")
    assert (wrong.import_id, wrong.covers) == (first.import_id, "2024-01-01..2024-01-28")
    changed = layer_fingerprint(square_area, "cases")
    assert changed != before
    assert zeros(square_area) == ["01-08", "01-15", "01-22"]
    bring(square_area, path, "2024-01-01..2024-01-14")
    assert zeros(square_area) == ["01-08"]
    assert bring(square_area, path).covers == "2024-01-01..2024-01-14"  # nothing said, nothing changed
    assert len(read_layer(square_area, "cases")) == 2  # the correction stands
    assert read_quarantine(square_area, "cases").empty
    said = json.loads((layer_folder(square_area, "cases") / str(first.import_id) / COVERS).read_text())
    assert said["earlier"] == ["2024-01-01..2024-01-28"]
    undo_import(square_area, str(first.import_id), "all of it")
    assert coverage(square_area, "cases", spans=True).empty


def test_a_preview_of_an_empty_file_writes_nothing(square_area: Study, tmp_path: Path) -> None:
    days = parse_covers("2024-01-08..2024-01-14", square_area, "cases")
    found = preview_files(square_area, "cases", [write(tmp_path)], recipe(), covers=days)
    assert (found.receipt.covers, len(found.rows), len(found.quarantine)) == ("2024-01-08..2024-01-14", 0, 0)
    assert list_imports(square_area, "cases") == []


def test_an_empty_file_without_the_columns_of_the_recipe_is_refused_whatever_it_covers(
    square_area: Study, tmp_path: Path
) -> None:
    receipt = bring(square_area, write(tmp_path, header="a,b"), "2024-01-08..2024-01-14")
    assert [entry["refused"]["rule"] for entry in receipt.refused] == ["missing_column"]


def test_rows_outside_the_declared_days_are_taken_and_said(square_area: Study, tmp_path: Path) -> None:
    receipt = bring(
        square_area, write(tmp_path, *on("2024-01-02", "2024-01-09", "2024-01-10")), "2024-01-01..2024-01-07"
    )
    assert receipt.accepted == 3
    (said,) = [note for note in receipt.notes if "outside" in note["en"]]
    assert said["en"].startswith("2 rows speak of days outside 2024-01-01..2024-01-07")
    assert "2 行" in said["zh"]


@pytest.mark.parametrize(
    ("text", "english"),
    [
        ("2024-01", "FROM..TO"),
        ("2024-01-01", "FROM..TO"),
        ("2024-01-01...2024-01-31", "FROM..TO"),
        ("2024-02-30..2024-03-01", "FROM..TO"),
        ("20240101..20240131", "FROM..TO"),
        ("", "FROM..TO"),
        ("2024-01-31..2024-01-01", "end before they begin"),
        ("2024-01-01..2999-01-01", "between 1990-01-01 and today"),
        ("1824-01-01..2024-01-01", "between 1990-01-01 and today"),
    ],
)
def test_days_that_cannot_be_are_refused_with_a_sentence(square_area: Study, text: str, english: str) -> None:
    with pytest.raises(TableError, match=english) as refused:
        parse_covers(text, square_area, "cases")
    assert "日期" in refused.value.in_language("zh")


def test_days_cannot_be_declared_for_a_layer_without_dates(square_area: Study) -> None:
    with pytest.raises(TableError, match="layer sites have no dates"):
        parse_covers("2024-01-01..2024-01-31", square_area, "sites")


def test_a_declaration_is_read_as_it_is_typed(square_area: Study) -> None:
    days = parse_covers(" 2024-01-01 .. 2024-01-31 ", square_area, "cases")
    assert days == Covers(pd.Timestamp("2024-01-01").date(), pd.Timestamp("2024-01-31").date())
    assert str(days) == "2024-01-01..2024-01-31"


def declared(first: str, last: str, source: str = "quiet", *, rows: int = 0, said: bool = True) -> dict[str, object]:
    end = pd.Timestamp(last) + pd.Timedelta(1, "D")
    return {"source_id": source, "covered_from": pd.Timestamp(first), "covered_to": end, "rows": rows, "declared": said}


def test_the_timeline_reaches_over_declared_weeks_before_and_after_the_rows() -> None:
    rows = pd.DataFrame(
        [
            declared("2024-01-01", "2024-01-14"),
            declared("2024-01-16", "2024-01-16", rows=3, said=False),
            declared("2024-01-22", "2024-02-04"),
        ]
    )
    timeline = timeline_of(rows, "week")
    starts = [f"{day:%m-%d}" for day in timeline.starts()[:-1]]
    assert starts == ["01-01", "01-08", "01-15", "01-22", "01-29"]
    assert reported_periods(rows, timeline).all()


def test_a_small_source_that_declares_zero_does_not_speak_for_a_large_one() -> None:
    weeks = pd.date_range("2024-01-01", periods=4, freq="7D")
    large = [declared(str(day), str(day), "large", rows=40, said=False) for n, day in enumerate(weeks) if n != 2]
    rows = pd.DataFrame([*large, declared("2024-01-01", "2024-01-28", "small")])
    first = int(period_index(rows["covered_from"], "week").min())
    assert reported_periods(rows, Timeline(first, 4, "week")).tolist() == [True, True, False, True]


@pytest.mark.parametrize("period", ["day", "week", "month", "quarter"])
def test_declared_periods_are_those_of_which_every_day_is_declared(period: str) -> None:
    random = np.random.default_rng(7)
    for _ in range(50):
        spans = [(int(a), int(a + b)) for a, b in random.integers(0, 120, (4, 2))]
        epoch = pd.Timestamp("2024-01-01")
        rows = pd.DataFrame([declared(*(str(epoch + pd.Timedelta(day, "D")) for day in span)) for span in spans])
        first = int(period_index(np.array([epoch], "datetime64[us]"), period)[0])
        timeline = Timeline(first, 5, period)
        days = {epoch + pd.Timedelta(day, "D") for start, end in spans for day in range(start, end + 1)}
        starts = timeline.starts()
        slow = [
            all(day in days for day in pd.date_range(begin, end, inclusive="left"))
            for begin, end in itertools.pairwise(starts)
        ]
        assert reported_periods(rows, timeline).tolist() == slow


def test_imports_of_an_earlier_version_without_spans_are_named(square_area: Study, tmp_path: Path) -> None:
    receipt = take(square_area, write(tmp_path, *on("2024-01-02", "2024-01-16")))
    (folder,) = import_folders(square_area, "cases")
    assert imports_without_spans([folder]) == []
    found = pd.read_parquet(folder / "coverage.parquet")
    found[found["rows"] > 0].to_parquet(folder / "coverage.parquet")
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps({key: manifest[key] for key in manifest if key != "form"}))
    assert imports_without_spans([folder]) == [receipt.import_id]
    assert "--replace" in WITHOUT_SPANS
