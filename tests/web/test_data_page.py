"""The Data page, run as an analyst's session runs it, without a browser."""

import json
import shutil
import tempfile
from pathlib import Path

import pandas as pd
import pytest
from delivered import BOOKED, CASES_RECIPE, HEADER, WRONG, delivered, ocean, take
from fabricated import area_boxes
from streamlit.testing.v1 import AppTest

from riskmap.layers import intake
from riskmap.layers.booking_points import rule_on_booking_point
from riskmap.layers.corrections import dismiss_rows, quarantine_table
from riskmap.layers.delivery import ROW_REFERENCE
from riskmap.layers.folders import list_imports, read_quarantine
from riskmap.layers.incidents import booking_points
from riskmap.layers.rules import RULE_TITLES, RULES
from riskmap.layers.store import read_layer
from riskmap.layers.undo import list_undone, undo_import
from riskmap.snapshot import lease
from riskmap.sources.draft import draft_recipe
from riskmap.study import REPOSITORY, load_study
from riskmap.web import corrections
from riskmap.web.corrections import rows_by_source
from riskmap.web.notices import notice_html
from riskmap.web.quarantine import workbook_bytes
from riskmap.web.receipts import ASKED, rule_help
from riskmap.web.recipe_editor import questions_left
from riskmap.web.uploads import readable_files
from riskmap.web.view import decode_view, encode_view

PARTS = ("bring_in", "sources", "quarantine", "booking_points")
GOOD_ROWS = ("N1,2025-11-03,0.3,0.3,持有,", "N2,2025-11-04,0.31,0.3,贩卖,")
SLASHED = ("M1,3/15/2025,0.3,0.3,持有,", "M2,3/5/2025,0.32,0.3,持有,")


@pytest.fixture(scope="session")
def delivered_home(tmp_path_factory):
    home = tmp_path_factory.mktemp("delivered")
    delivered(home)
    return home


@pytest.fixture
def own_home(delivered_home, tmp_path):
    """A copy that a test may change."""
    shutil.copytree(delivered_home / "geodata", tmp_path / "geodata")
    return tmp_path


@pytest.fixture
def empty_home(tmp_path):
    ocean(tmp_path)
    return tmp_path


def open_part(monkeypatch, home, part="", language="en"):
    monkeypatch.setenv("RISKMAP_HOME", str(home))
    session = AppTest.from_file(str(REPOSITORY / "pages" / "data.py"), default_timeout=60)
    session.query_params["lang"] = language
    if part:
        session.query_params["part"] = part
    return run(session)


def run(session):
    session.run()
    assert not session.exception, session.exception
    return session


def words(session):
    found = [element.proto.body for element in session.get("html") if not element.proto.body.startswith("<style")]
    return " ".join([*found, *(element.value for element in session.get("subheader"))])


def press(session, key):
    session.button(key=key).click()
    return run(session)


def keys(session):
    return {button.key for button in session.button}


def upload(session, rows, name="new.csv"):
    session.get("file_uploader")[0].upload(name, "\n".join([HEADER, *rows]).encode())
    return run(session)


def bring(session, rows, recipe=CASES_RECIPE):
    """Upload rows, write the recipe into the editor and press Check."""
    upload(session, rows)
    session.text_area[0].set_value(recipe)
    run(session)
    return press(session, "check")


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_part_opens_without_any_import(monkeypatch, empty_home, part, language):
    session = open_part(monkeypatch, empty_home, part, language)
    assert session.query_params["part"] == part
    told = {
        "bring_in": ("拖入一个或多个文件", "Drop one or several files"),
        "sources": ("尚未导入任何数据", "Nothing was imported"),
        "quarantine": ("隔离区为空", "No row waits"),
        "booking_points": ("没有记录数异常多的点位", "No point of this area"),
    }
    assert told[part][language == "en"] in words(session)


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_part_opens_with_deliveries_and_escapes_their_text(monkeypatch, delivered_home, part, language):
    session = open_part(monkeypatch, delivered_home, part, language)
    assert "<img" not in words(session)


def test_the_page_says_what_to_do_where_there_is_no_area(monkeypatch, tmp_path):
    monkeypatch.setenv("RISKMAP_HOME", str(tmp_path))
    session = AppTest.from_file(str(REPOSITORY / "pages" / "data.py"), default_timeout=60).run()
    assert "riskmap demo" in session.info[0].value


def test_the_part_is_chosen_by_switch_and_kept_in_the_address(monkeypatch, empty_home):
    session = open_part(monkeypatch, empty_home)
    assert "part" not in session.query_params
    next(group for group in session.get("button_group") if group.key == "part-en").set_value("sources")
    assert run(session).query_params["part"] == "sources"


def test_an_address_names_a_part_that_there_is_or_none():
    assert [decode_view({"part": part}).part for part in (*PARTS, "undo", "<b>")] == [*PARTS, "", ""]
    assert encode_view(decode_view({"part": "sources"}))["part"] == "sources"


def test_a_check_counts_every_row_and_writes_nothing(monkeypatch, own_home):
    session = bring(open_part(monkeypatch, own_home), [*GOOD_ROWS, "N3,2025-11-04,0,0,持有,"])
    strip = "".join(words(session).split())
    # 3 read = 0 not selected + 2 accepted + 1 quarantined + 0 rejected
    assert "<b>3</b><span>rowsread" in strip
    assert "<b>2</b><span>accepted" in strip
    assert "<b>1</b><span>quarantined" in strip
    assert len(list_imports(load_study("ocean", own_home))) == 3
    deck = json.loads(session.get("deck_gl_json_chart")[0].proto.json)
    assert {"records-accepted", "records-quarantined"} <= {layer["id"] for layer in deck["layers"]}
    rows = session.dataframe[-1].value
    assert rows["Rule"][0] == "no location"
    assert rows["Message"][0] == "The row has no location: 0 0."


def test_the_receipts_sentences_are_in_the_readers_language(monkeypatch, own_home):
    session = bring(open_part(monkeypatch, own_home, language="zh"), ["N3,2025-11-04,0,0,持有,", *GOOD_ROWS])
    assert session.dataframe[-1].value["说明"][0] == "该行没有位置：0 0。"


def test_outlines_are_drawn_before_they_are_taken(monkeypatch, empty_home, tmp_path):
    area_boxes().to_file(tmp_path / "areas.geojson")
    session = open_part(monkeypatch, empty_home)
    session.get("file_uploader")[0].upload("areas.geojson", (tmp_path / "areas.geojson").read_bytes())
    run(session)
    columns = "\n".join(f'{name} = "{name}"' for name in ("area_code", "level", "parent_code", "name_zh", "name_en"))
    session.text_area[0].set_value(f'name = "a"\nlayer = "areas"\ncrs = "WGS84"\n[columns]\n{columns}\n')
    run(session)
    press(session, "check")
    deck = json.loads(session.get("deck_gl_json_chart")[0].proto.json)
    (shapes,) = [layer for layer in deck["layers"] if layer["id"] == "shapes"]
    assert len(shapes["data"]["features"]) == 7


def test_a_quarantined_row_says_why_on_the_map(monkeypatch, own_home):
    session = bring(open_part(monkeypatch, own_home, language="zh"), ["N3,1980-11-04,0.3,0.3,持有,", *GOOD_ROWS])
    deck = json.loads(session.get("deck_gl_json_chart")[0].proto.json)
    (kept,) = [layer for layer in deck["layers"] if layer["id"] == "records-quarantined"]
    assert kept["data"] == [{"p": [0.3, 0.3], "t": "时间 列的日期 1980-11-04 早于 1990 年。"}]


def test_a_commit_imports_and_removes_the_upload(monkeypatch, own_home, tmp_path):
    private = tmp_path / "private"
    private.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(private))
    session = bring(open_part(monkeypatch, own_home), GOOD_ROWS)
    assert len(list(private.glob("riskmap-upload-*/new.csv"))) == 1
    assert next(private.glob("riskmap-upload-*")).stat().st_mode & 0o077 == 0
    press(session, "commit")
    assert "2 rows accepted" in words(session)
    assert list(private.glob("riskmap-upload-*")) == []
    study = load_study("ocean", own_home)
    assert {"N1", "N2"} <= set(read_layer(study, "cases")["case_id"])
    assert "new.csv" in [entry["path"] for receipt in list_imports(study, "cases") for entry in receipt.files]
    again = bring(session, GOOD_ROWS)
    assert "importing them again changes nothing" in words(again)
    assert "commit" not in keys(again)


def test_another_set_of_files_takes_the_place_of_the_one_before(monkeypatch, own_home, tmp_path):
    private = tmp_path / "private"
    private.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(private))
    session = upload(open_part(monkeypatch, own_home), GOOD_ROWS, "first.csv")
    session.get("file_uploader")[0].set_value([("../../second.csv", HEADER.encode(), "text/csv")])
    run(session)
    assert [path.name for path in private.glob("riskmap-upload-*/*")] == ["second.csv"]


def test_a_change_of_the_recipe_asks_for_another_check(monkeypatch, own_home):
    session = bring(open_part(monkeypatch, own_home), GOOD_ROWS)
    assert "commit" in keys(session)
    session.text_area[0].set_value(CASES_RECIPE + "# changed\n")
    assert "commit" not in keys(run(session))


def test_a_broken_recipe_is_told_with_its_line(monkeypatch, own_home):
    session = upload(open_part(monkeypatch, own_home), GOOD_ROWS)
    session.text_area[0].set_value('name = "x"\nlayer = "cases"\ncolums = 3\n')
    text = words(run(session))
    assert "line 3" in text
    assert "check" not in keys(session)


def test_a_proposal_is_drafted_with_its_open_questions(monkeypatch, own_home):
    session = upload(open_part(monkeypatch, own_home), GOOD_ROWS)
    assert 'case_id = "案号"' in session.text_area[0].value
    assert "new.csv looks like the layer Cases" in words(session)


STRANGE = "alpha,beta\n1,2\n3,4\n"
"""A file whose columns tell no layer."""


def test_a_file_that_tells_no_layer_is_asked_for_it_and_nothing_else(monkeypatch, own_home):
    session = open_part(monkeypatch, own_home)
    session.get("file_uploader")[0].upload("strange.csv", STRANGE.encode())
    told = words(run(session))
    assert "Choose the layer: the columns of strange.csv do not tell it." in told
    assert "rm-question" in told
    assert "rm-error" not in told
    assert "To be answered" not in told
    session.selectbox(key="import-layer").set_value("cases")
    told = words(run(session))
    assert "Choose the layer" not in told
    assert "looks like" not in told
    assert "To be answered" in told


def test_a_question_that_was_answered_in_the_text_is_asked_no_longer(tmp_path):
    path = tmp_path / "strange.csv"
    path.write_text(STRANGE)
    draft = draft_recipe(path, layer="cases")
    asked = questions_left(draft, draft.text)
    assert asked == draft.open_questions
    (publisher,) = [line.why for line in draft.lines if line.code.startswith("publisher")]
    (occurred,) = [line.why for line in draft.lines if line.code.startswith("# occurred")]
    filled = draft.text.replace('publisher = ""', 'publisher = "me"')
    assert questions_left(draft, filled) == [why for why in asked if why != publisher]
    # The line below stays as it was, but what it leaves out is said.
    said = filled.replace("[columns]", '[columns]\noccurred = "alpha"')
    assert questions_left(draft, said) == [why for why in asked if why not in (publisher, occurred)]
    assert questions_left(draft, draft.text.replace("# ?", "#")) == []
    assert questions_left(draft, draft.in_language("zh")) == asked


def test_the_page_asks_what_the_text_leaves_open(monkeypatch, own_home):
    session = upload(open_part(monkeypatch, own_home), GOOD_ROWS)
    text = session.text_area[0].value
    assert "To be answered" in words(session)
    session.text_area[0].set_value(text.replace("# ?", "#"))
    assert "To be answered" not in words(run(session))


def test_a_known_recipe_can_be_chosen_by_layer(monkeypatch, own_home):
    session = upload(open_part(monkeypatch, own_home), GOOD_ROWS)
    session.selectbox(key="import-layer").set_value("seizures")
    run(session)
    assert "demo-seizures" in session.selectbox(key="import-recipe-seizures").options
    session.selectbox(key="import-recipe-seizures").set_value("demo-seizures")
    run(session)
    assert 'name = "demo-seizures"' in session.text_area[0].value


def test_what_is_asked_is_a_question_and_agreeing_settles_it(monkeypatch, own_home):
    session = bring(open_part(monkeypatch, own_home), SLASHED)
    assert "rm-question" in words(session)
    assert "look like 3/5/2023" in words(session)
    assert "commit" not in keys(session)
    session.checkbox[0].check()
    run(session)
    press(session, "commit")
    rows = read_layer(load_study("ocean", own_home), "cases").set_index("case_id")
    assert rows.loc["M2", "occurred_from"] == pd.Timestamp("2025-03-05")


def test_every_question_is_a_refusal_that_accept_can_settle():
    said = " ".join(path.read_text(encoding="utf-8") for path in (REPOSITORY / "src/riskmap/layers").glob("*.py"))
    for rule in ASKED:
        assert f'"{rule}"' in said


def test_a_refused_file_is_told_in_its_own_sentence(monkeypatch, own_home):
    session = bring(open_part(monkeypatch, own_home), GOOD_ROWS, CASES_RECIPE.replace('"类别"', '"种类"'))
    assert "has no column" in words(session)
    assert "commit" not in keys(session)


def test_an_import_may_stand_in_the_stead_of_another(monkeypatch, own_home):
    study = load_study("ocean", own_home)
    (old,) = [receipt.import_id for receipt in list_imports(study, "cases")]
    session = upload(open_part(monkeypatch, own_home), GOOD_ROWS)
    session.text_area[0].set_value(CASES_RECIPE)
    run(session)
    session.selectbox(key="replaced-cases").set_value(old)
    run(session)
    press(press(session, "check"), "commit")
    assert set(read_layer(study, "cases")["case_id"]) == {"N1", "N2"}


def test_a_commit_while_another_writes_says_who_and_since_when(monkeypatch, own_home):
    monkeypatch.setattr(intake, "WAIT_S", 0.0)
    session = bring(open_part(monkeypatch, own_home), GOOD_ROWS)
    with lease(own_home / "geodata" / "ocean", "import sites"):
        press(session, "commit")
    assert "is being written by import sites" in words(session)
    assert "since" in words(session)
    assert len(list_imports(load_study("ocean", own_home))) == 3


def test_sources_show_freshness_datum_and_licence(monkeypatch, delivered_home):
    session = open_part(monkeypatch, delivered_home, "sources")
    table = session.dataframe[0].value.set_index("Source")
    # 14 rows in 38 of 40 weeks
    assert table.loc["ocean-cases", "Rows"] == "532"
    assert table.loc["ocean-cases", "Licence"] == "CC0-1.0"
    assert table.loc["ocean-cases", "Datum"] == "WGS84"
    assert table.loc["ocean-cases", "Datum told by"] == "the recipe"
    assert table.loc["ocean-cases", "Delivered until"] == "2025-10-12"
    assert table.loc["ocean-seizures", "Age"].startswith("▲")
    assert table.loc["ocean-areas", "Age"] == "–"
    assert "unknown, not zero" in words(session)


def test_a_chosen_import_shows_its_receipt_and_asks_before_it_is_undone(monkeypatch, own_home):
    session = open_part(monkeypatch, own_home, "sources")
    session.session_state[session.dataframe[1].key] = {"selection": {"rows": [0], "columns": [], "cells": []}}
    run(session)
    assert "<b>537</b>" in words(session)
    press(session, "undo")
    assert session.button(key="undo-confirmed").disabled
    assert len(list_imports(load_study("ocean", own_home))) == 3


def undo_form():
    from riskmap.layers.folders import list_imports
    from riskmap.study import load_study
    from riskmap.web.imports import show_undo_form

    study = load_study("ocean")
    for receipt in list_imports(study, "cases"):
        show_undo_form(study, receipt)


def test_an_import_is_undone_for_a_reason_that_is_shown(monkeypatch, own_home):
    monkeypatch.setenv("RISKMAP_HOME", str(own_home))
    session = run(AppTest.from_function(undo_form, default_timeout=60))
    session.text_input(key="undo-reason").set_value("wrong file")
    press(run(session), "undo-confirmed")
    study = load_study("ocean", own_home)
    assert [undone.reason for undone in list_undone(study, "cases")] == ["wrong file"]
    page = open_part(monkeypatch, own_home, "sources")
    assert "Undone: 1" in words(page)
    assert page.dataframe[-1].value["Reason"][0] == "wrong file"


def test_the_quarantine_is_summed_up_by_rule(monkeypatch, delivered_home):
    session = open_part(monkeypatch, delivered_home, "quarantine")
    rules = session.dataframe[0].value.set_index("Rule")["Rows"].to_dict()
    assert rules == {"unknown value": 2, "no location": 1, "date before 1990": 1, "outside the area": 1}
    assert "Rows waiting: 5" in words(session)


def chooser(session, label):
    (found,) = [box for box in session.selectbox if box.label == label]
    return found


def replacing(session):
    """Return the box of the value to be replaced and that of the word it is replaced by."""
    (value,) = [box for box in session.selectbox if str(box.key).startswith("replace-value-")]
    (new,) = [box for box in session.text_input if str(box.key).startswith("replace-by-")]
    return value, new


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_rule_has_a_title_of_its_own(language):
    assert set(RULE_TITLES) == set(RULES)
    titles = [title.in_language(language) for title in RULE_TITLES.values()]
    assert len(set(titles)) == len(titles)


def test_the_help_names_a_rule_as_files_do(monkeypatch):
    monkeypatch.setattr("riskmap.web.receipts.t", lambda template, **values: template.format(**values))
    monkeypatch.setattr("riskmap.web.receipts.say", lambda text: text.en)
    assert rule_help(["no_location", "no_location"]) == "In files and receipts: no location: `no_location`"


@pytest.fixture
def two_sources(own_home):
    """A copy with the five wrong rows of one source and two of another, whose columns have other names."""
    study, path = load_study("ocean", own_home), own_home / "other.csv"
    path.write_text("ref,day,x,y,kind,memo\nK1,2025-11-03,,,other,\nK2,some day,0.3,0.3,other,\n")
    columns = {"case_id": "ref", "occurred": "day", "lon": "x", "lat": "y", "category": "kind"}
    columns["location_precision_m"] = "beat"
    lines = "\n".join(f'{name} = "{column}"' for name, column in columns.items())
    take(study, path, f'name = "other-police"\nlayer = "cases"\ncrs = "WGS84"\n[columns]\n{lines}\n')
    return own_home


def test_the_rows_of_a_source_have_its_own_columns_those_at_fault_first(two_sources):
    study = load_study("ocean", two_sources)
    found = rows_by_source(study, "cases", quarantine_table(study, "cases"))
    assert {name: len(rows) for name, rows in found.items()} == {"ocean-cases": 5, "other-police": 2}
    own = [name for name in found["other-police"] if not name.startswith("riskmap_")]
    # The memo is blank and no part of the recipe; y is blank in one row, but where a place is to be written.
    assert set(own[:2]) == {"x", "day"}
    assert sorted(own[2:]) == ["kind", "ref", "y"]
    assert not {"ref", "day"} & set(found["ocean-cases"])


def test_a_row_lacks_the_columns_that_only_other_files_of_its_source_have(two_sources):
    study, path = load_study("ocean", two_sources), two_sources / "third.csv"
    path.write_text("ref,day,x,y,kind,beat\nK3,2025-11-03,,,other,7\n")
    columns = {"case_id": "ref", "occurred": "day", "lon": "x", "lat": "y", "category": "kind"}
    columns["location_precision_m"] = "beat"
    lines = "\n".join(f'{name} = "{column}"' for name, column in columns.items())
    take(study, path, f'name = "other-police"\nlayer = "cases"\ncrs = "WGS84"\n[columns]\n{lines}\n')
    rows = rows_by_source(study, "cases", quarantine_table(study, "cases"))["other-police"].set_index("ref")
    assert rows["beat"].isna().to_dict() == {"K1": True, "K2": True, "K3": False}


def test_one_source_is_shown_at_a_time_the_largest_to_begin_with(monkeypatch, two_sources):
    session = open_part(monkeypatch, two_sources, "quarantine")
    assert chooser(session, "Layer").options == ["Cases (7)"]
    assert chooser(session, "Source").options == ["ocean-cases (5)", "other-police (2)"]
    assert "Rows waiting: 5" in words(session)
    chooser(session, "Source").set_value("other-police")
    assert "Rows waiting: 2" in words(run(session))
    columns = session.selectbox(key="replace-column")
    assert columns.value in ("x", "day")
    assert sorted(columns.options) == ["day", "kind", "ref", "x", "y"]
    columns.set_value("x")
    # K1 has none; the rows of the other source, which have no such column, are not counted.
    assert replacing(run(session))[0].options == ["(blank) (1)", "0.3 (1)"]


def test_a_source_that_stands_alone_is_not_asked_for(monkeypatch, delivered_home):
    session = open_part(monkeypatch, delivered_home, "quarantine")
    assert [box.label for box in session.selectbox] == ["What to take", "Layer", "Column", "Replace"]


def test_a_replacement_that_was_made_leaves_an_empty_offer(monkeypatch, own_home):
    session = open_part(monkeypatch, own_home, "quarantine")
    session.selectbox(key="replace-column").set_value("类别")
    value, new = replacing(run(session))
    assert value.value is None
    assert session.button(key="replace").disabled
    value.set_value("藏有")
    new.set_value("持有")
    press(run(session), "replace")
    value, new = replacing(session)
    assert (value.value, new.value) == (None, "")
    assert session.button(key="replace").disabled
    assert session.selectbox(key="replace-column").value == "类别"
    assert session.button(key="import-corrected").label == "Import corrected rows (2)"


def test_the_choice_of_a_layer_counts_what_waits_now(monkeypatch, own_home):
    session = open_part(monkeypatch, own_home, "quarantine")
    before = chooser(session, "Layer")
    assert before.options == ["Cases (5)"]
    study = load_study("ocean", own_home)
    table = quarantine_table(study, "cases")
    dismiss_rows(study, "cases", [table[ROW_REFERENCE][0]], "a test entry")
    after = chooser(run(session), "Layer")
    assert after.options == ["Cases (4)"]
    # A control keeps the words that a browser drew it with; so this is another one.
    assert after.key != before.key
    assert after.value == "cases"


def test_one_value_is_replaced_in_all_rows_and_imported(monkeypatch, own_home):
    session = open_part(monkeypatch, own_home, "quarantine")
    session.selectbox(key="replace-column").set_value("类别")
    value, new = replacing(run(session))
    value.set_value("藏有")
    new.set_value("持有")
    run(session)
    press(session, "replace")
    press(session, "import-corrected")
    study = load_study("ocean", own_home)
    assert {"Q2", "Q3"} <= set(read_layer(study, "cases")["case_id"])
    assert len(read_quarantine(study, "cases")) == 3
    assert "2 accepted" in words(session)


def test_ticked_rows_are_left_out_for_a_reason_and_come_back_by_undo(monkeypatch, own_home):
    study = load_study("ocean", own_home)

    def tick_first(working):
        return working.assign(**{corrections.TICK: [True] + [False] * (len(working) - 1)})

    monkeypatch.setattr(corrections, "_show_table", tick_first)
    session = open_part(monkeypatch, own_home, "quarantine")
    assert session.button(key="dismiss").disabled
    session.text_input(key="dismiss-reason").set_value("a test entry")
    run(session)
    press(session, "dismiss")
    assert len(read_quarantine(study, "cases")) == len(WRONG) - 1
    (dismissal,) = [receipt for receipt in list_imports(study, "cases") if receipt.data["recipe"] == "-"]
    undo_import(study, str(dismissal.import_id), "changed my mind")
    assert len(read_quarantine(study, "cases")) == len(WRONG)


def test_a_corrected_workbook_comes_back_as_rows(monkeypatch, own_home):
    study = load_study("ocean", own_home)
    table = quarantine_table(study, "cases")
    fixed = table.assign(类别=table["类别"].replace("藏有", "持有"))[table["案号"].isin(["Q2", "Q3"])]
    session = open_part(monkeypatch, own_home, "quarantine")
    session.get("file_uploader")[0].upload("corrected.xlsx", workbook_bytes(study, "cases", fixed))
    run(session)
    press(session, "import-corrected-file")
    assert {"Q2", "Q3"} <= set(read_layer(study, "cases")["case_id"])


def test_a_file_that_names_no_rows_of_the_quarantine_is_refused_in_words(monkeypatch, own_home):
    session = open_part(monkeypatch, own_home, "quarantine")
    session.get("file_uploader")[0].upload("corrected.csv", b"a,b\n1,2\n")
    run(session)
    press(session, "import-corrected-file")
    assert f"names its rows in the column {ROW_REFERENCE}" in words(session)


def test_a_booking_point_is_listed_and_decided_for_a_reason(monkeypatch, own_home):
    study = load_study("ocean", own_home)
    session = open_part(monkeypatch, own_home, "booking_points")
    assert session.dataframe[0].value["Records"][0] == str(BOOKED)
    assert session.dataframe[0].value["Decision"][0] == "not decided"
    session.session_state[session.dataframe[0].key] = {"selection": {"rows": [0], "columns": [], "cells": []}}
    run(session)
    next(box for box in session.radio if box.key.startswith("decision-")).set_value("keep")
    session.text_input[0].set_value("a market, seen by the patrol")
    run(session)
    session.button[0].click()
    run(session)
    point = booking_points(study, "cases").iloc[0]
    assert (point["decision"], point["reason"]) == ("keep", "a market, seen by the patrol")
    assert session.dataframe[0].value["Decision"][0] == "kept"


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_reader_learns_that_no_forecast_counts_what_is_not_decided(monkeypatch, delivered_home, language):
    told = words(open_part(monkeypatch, delivered_home, "booking_points", language))
    assert {"zh": "也不计入预测", "en": "no cell and no forecast counts these records"}[language] in told


def test_a_decision_is_shown_with_its_time_in_the_areas_zone(monkeypatch, own_home):
    study = load_study("ocean", own_home)
    place = booking_points(study, "cases")["place"][0]
    rule_on_booking_point(study, "cases", place, "leave_out", "a station")
    table = open_part(monkeypatch, own_home, "booking_points").dataframe[0].value
    assert table["Reason"][0] == "a station"
    assert table["Decided"][0].startswith(f"{pd.Timestamp.now('Asia/Shanghai'):%Y-%m-%d}")


def test_notices_escape_what_they_tell():
    body = notice_html("error", ["![x](http://host/x.png)", "<img src=x>", "a\nb"])
    assert "<img" not in body
    assert "&lt;img" in body
    assert 'role="alert"' in body


def test_the_sides_of_a_shapefile_are_read_with_it_and_nothing_else_is_left_away():
    names = ("a.shp", "a.dbf", "a.shx", "a.prj", "b.dbf", "c.csv", "notes.pdf")
    assert [path.name for path in readable_files([Path(name) for name in names])] == [
        "a.shp",
        "b.dbf",
        "c.csv",
        "notes.pdf",
    ]


def test_the_days_that_files_cover_are_declared_on_the_page_and_changed_there(monkeypatch, own_home):
    study = load_study("ocean", own_home)

    def declare(rows, days):
        session = open_part(monkeypatch, own_home)
        upload(session, rows)
        session.text_area[0].set_value(CASES_RECIPE)
        run(session)
        next(box for box in session.text_input if box.key.startswith("covers-")).set_value(days)
        return press(run(session), "check") if days != "wrong" else run(session)

    assert "FROM..TO" in words(declare(GOOD_ROWS, "wrong"))
    press(declare(GOOD_ROWS, "2025-11-03..2025-11-16"), "commit")
    (brought,) = [receipt for receipt in list_imports(study, "cases") if receipt.covers]
    assert (brought.accepted, brought.covers) == (2, "2025-11-03..2025-11-16")
    press(declare(GOOD_ROWS, "2025-11-03..2025-11-23"), "commit")
    assert [receipt.covers for receipt in list_imports(study, "cases") if receipt.covers] == ["2025-11-03..2025-11-23"]
    assert "commit" not in keys(declare(GOOD_ROWS, "2025-11-03..2025-11-23"))


def test_an_empty_file_is_brought_in_on_the_page_where_its_days_are_declared(monkeypatch, own_home):
    study = load_study("ocean", own_home)
    session = open_part(monkeypatch, own_home)
    assert "choose its recipe" in words(upload(session, ()))
    session.selectbox(key="import-recipe-").set_value("chicago-crimes")
    run(session).text_area[0].set_value(CASES_RECIPE)
    run(session)
    next(box for box in session.text_input if box.key.startswith("covers-")).set_value("2025-11-03..2025-11-16")
    press(press(run(session), "check"), "commit")
    assert [receipt.read for receipt in list_imports(study, "cases") if receipt.covers] == [0]
    calendar = words(open_part(monkeypatch, own_home, "sources"))
    assert "as declared" in calendar
