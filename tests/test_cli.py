"""The command as people call it: exit status, one readable paragraph on standard error, never a traceback."""

import errno
import json
import os
import socket

import geopandas as gpd
import pandas as pd
import pytest

from riskmap import cli

HEADER = "id,when,known,lon,lat\n"
RECIPE = """
name = "mine"
layer = "cases"
crs = "EPSG:4326"
[columns]
case_id = "id"
occurred = "when"
known_on = "known"
lon = "lon"
lat = "lat"
[constants]
origin = "unknown"
category = "other"
"""


@pytest.fixture
def call(home, monkeypatch, capsys):
    """Call `riskmap` with a home of its own; returns exit status, standard output and standard error."""

    def run(*arguments, language="en"):
        argv = ["riskmap", "--home", str(home), "--language", language, *map(str, arguments)]
        monkeypatch.setattr("sys.argv", argv)
        try:
            cli.main()
            status = 0
        except SystemExit as end:
            status = end.code or 0
        captured = capsys.readouterr()
        assert "Traceback" not in captured.err
        return status, captured.out, captured.err

    return run


@pytest.fixture
def recipe(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(RECIPE)
    return path


@pytest.fixture
def area(call, square_file):
    create = ["area", "create", "mine", "--boundary", square_file, "--resolution", 7, "--period", "week"]
    assert call(*create, "--timezone", "Asia/Shanghai")[0] == 0
    return "mine"


def write_cases(path, rows):
    path.write_text(HEADER + "".join(f"{i},{row}\n" for i, row in enumerate(rows)))
    return path


def test_an_unknown_area_is_one_sentence_in_either_language(call):
    status, _, english = call("status", "nowhere")
    assert status == 1
    assert "There is no area 'nowhere'" in english
    assert "没有区域" in call("status", "nowhere", language="zh")[2]


def test_the_home_may_stand_before_or_after_the_command():
    before = cli.home_first(["--home", "/a", "status", "x"])
    assert before == cli.home_first(["status", "x", "--home", "/a"]) == ["--home", "/a", "status", "x"]
    assert cli.home_first(["status", "--home=/a"]) == ["--home=/a", "status"]


def test_a_wrong_setting_names_the_setting(call, square_file):
    status, _, error = call(
        "area", "create", "mine", "--boundary", square_file, "--resolution", 14, "--period", "week", "--timezone", "UTC"
    )
    assert status == 1
    assert "resolution" in error


def test_an_import_writes_its_receipt_and_adds_up(call, area, recipe, tmp_path):
    rows = ["2024-01-03,2024-01-04,104.5123,30.5123", "2024-01-05,2024-01-09,,", "2024-01-05,2024-01-09,120.0123,30.5"]
    file = write_cases(tmp_path / "cases.csv", rows)
    status, out, _ = call("import", area, "cases", file, "--recipe", recipe, "--receipt", tmp_path / "receipt.json")
    receipt = json.loads((tmp_path / "receipt.json").read_text())
    assert status == 0
    assert "read 3" in out
    assert (receipt["read"], receipt["accepted"], receipt["quarantined"]) == (3, 1, 2)
    assert {row["rule"] for row in receipt["rows"]} == {"no_location", "outside_area"}


@pytest.mark.parametrize("content", ["", HEADER, "a,b\n1,2\n"], ids=["empty", "header only", "unknown columns"])
def test_a_refused_file_is_exit_status_2_and_one_sentence(call, area, recipe, tmp_path, home, content):
    file = tmp_path / "cases.csv"
    file.write_text(content)
    before = sorted(path for path in (home / "geodata").rglob("*") if path.name != ".lease")
    status, _, error = call("import", area, "cases", file, "--recipe", recipe)
    assert status == 2
    assert "cases.csv" in error
    assert sorted(path for path in (home / "geodata").rglob("*") if path.is_file() and path.name != ".lease") == [
        path for path in before if path.is_file()
    ]


def test_a_run_without_cases_says_what_to_do(call, area):
    status, _, error = call("run", area)
    assert status == 1
    assert "riskmap import" in error


@pytest.mark.parametrize("form", ["gpkg", "geojson", "parquet", "csv", "xlsx"])
def test_a_layer_can_be_exported_and_formulas_stay_text(call, area, recipe, tmp_path, form):
    file = tmp_path / "cases.csv"
    file.write_text(HEADER + "=1+1,2024-01-03,2024-01-04,104.5,30.5\n")
    assert call("import", area, "cases", file, "--recipe", recipe)[0] == 0
    out = tmp_path / f"cases.{form}"
    assert call("export", area, "cases", "--format", form, "--out", out)[0] == 0
    if form == "csv":
        assert pd.read_csv(out)["case_id"].tolist() == ["'=1+1"]
    elif form == "xlsx":
        assert pd.read_excel(out)["case_id"].tolist() == ["=1+1"]
    else:
        read = gpd.read_parquet(out) if form == "parquet" else gpd.read_file(out)
        assert read.geometry.iloc[0].x == pytest.approx(104.5)


@pytest.mark.parametrize("form", ["gpkg", "geojson", "parquet", "csv", "xlsx"])
def test_personal_data_that_passed_the_door_stays_in_at_the_exit(call, area, tmp_path, monkeypatch, form):
    # Rows written by another hand: no import lets them in, so they are put where the export looks.
    held = gpd.GeoDataFrame(
        {"case_id": ["A1", "A2"], "category": ["other", "phone 13812345678"]},
        geometry=gpd.points_from_xy([104.5] * 2, [30.5] * 2, crs=4326),
    )
    monkeypatch.setattr("riskmap.surface.export.export_table", lambda study, what: held)
    out = tmp_path / f"cases.{form}"
    status, _, error = call("export", area, "cases", "--format", form, "--out", out)
    assert (status, error.strip()) == (
        0,
        "1 values of column category held personal data and were masked or left out of the file.",
    )
    read = {"csv": pd.read_csv, "xlsx": pd.read_excel, "parquet": gpd.read_parquet}.get(form, gpd.read_file)(out)
    assert read["case_id"].tolist() == ["A1", "A2"]
    assert "13812345678" not in read.to_csv()
    assert "phone" in read["category"].iloc[1]


def test_what_is_taken_at_a_terminal_is_in_the_audit_log(call, area, recipe, tmp_path, monkeypatch):
    monkeypatch.setenv("LOGNAME", "li.ming")
    file = write_cases(tmp_path / "cases.csv", ["2024-01-03,2024-01-04,104.5,30.5", "2024-01-05,2024-01-09,,"])
    assert call("import", area, "cases", file, "--recipe", recipe)[0] == 0
    assert call("export", area, "cases", "--format", "csv", "--out", tmp_path / "taken.csv")[0] == 0
    assert call("quarantine", area, "cases", "--out", tmp_path / "aside.xlsx")[0] == 0
    assert call("models", "rollback", area, "--reason", "it misleads")[0] == 1
    assert call("audit", area, "--out", tmp_path / "log.csv")[0] == 0
    log = pd.read_csv(tmp_path / "log.csv", keep_default_na=False)[::-1]
    assert set(log["who"]) == {"terminal: li.ming"}
    assert log["event"].tolist() == ["export", "export", "rollback", "failed"]
    assert log["detail"].tolist()[:3] == ["cases.csv", "quarantine", "it misleads"]


def test_what_cannot_be_logged_is_not_taken(call, area, recipe, tmp_path, home):
    file = write_cases(tmp_path / "cases.csv", ["2024-01-03,2024-01-04,104.5,30.5"])
    assert call("import", area, "cases", file, "--recipe", recipe)[0] == 0
    (home / "geodata" / "audit.sqlite").write_bytes(b"no database" * 100)
    status, _, error = call("export", area, "cases", "--format", "csv", "--out", tmp_path / "taken.csv")
    assert status == 1
    assert "nothing was done" in error
    assert not (tmp_path / "taken.csv").exists()


def test_a_date_or_a_share_that_is_none_is_said(call, area):
    assert "takes a date" in call("run", area, "--as-of", "soon")[2]
    assert "takes numbers" in call("evaluate", area, "--shares", "half")[2]


def test_the_pages_refuse_other_addresses_and_a_taken_port(call):
    status, _, error = call("app", "--host", "0.0.0.0")  # noqa: S104 - the address that must be refused
    assert status == 1
    assert "for this machine alone" in error
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        status, _, error = call("app", "--port", port)
    assert status == 1
    assert f"make run PORT={port + 1}" in error


def test_an_empty_file_is_a_delivery_where_its_days_are_declared(call, area, recipe, tmp_path):
    path = tmp_path / "empty.csv"
    path.write_text(HEADER)
    command = ["import", area, "cases", path, "--recipe", recipe]
    status, _, said = call(*command)
    assert status == 2
    assert "--covers" in said
    status, _, said = call(*command, "--covers", "2024-01-31..2024-01-01")
    assert status == 1
    assert "end before they begin" in said
    assert call(*command, "--covers", "january", language="zh")[2].startswith("文件覆盖的日期须写作")
    status, counts, said = call(*command, "--covers", "2024-01-01..2024-01-28")
    assert status == 0
    assert "read 0" in counts
    assert "Declared to cover 2024-01-01..2024-01-28" in said
    assert "2024-01-01..2024-01-28" in call("imports", area)[1]


def test_a_receipt_that_finds_no_room_does_not_hide_that_the_import_was_done(call, area, recipe, tmp_path, monkeypatch):
    path = tmp_path / "one.csv"
    path.write_text(HEADER + "A1,2024-01-02,2024-01-03,104.50012,30.50012\n")
    receipt = tmp_path / "receipt.json"

    def no_room(*_arguments):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    command = ["import", area, "cases", path, "--recipe", recipe, "--receipt", receipt]
    with monkeypatch.context() as patched:
        patched.setattr("riskmap.layers.receipt.write_text", no_room)
        status, counts, said = call(*command)
    assert status == 1
    assert "accepted 1" in counts
    assert "The import itself is as told here" in said
    assert "No space left" in said
    assert not receipt.exists()
    assert call(*command)[0] == 0
    assert json.loads(receipt.read_text())["accepted"] == 1


def test_memory_that_runs_out_is_one_sentence(call, area, monkeypatch):
    def out_of_memory(*_arguments, **_named):
        raise MemoryError

    monkeypatch.setattr("riskmap.pipeline.run", out_of_memory)
    status, _, said = call("run", area)
    assert status == 1
    assert said.startswith("The memory of this computer did not suffice.")
    assert call("run", area, language="zh")[2].startswith("计算机内存不足")
