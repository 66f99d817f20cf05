import errno
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
from shapely.geometry import Point

from riskmap.errors import SourceError
from riskmap.sources import confined, reader, vector
from riskmap.sources.confinement import run_bounded
from riskmap.sources.files import read_file, read_files, read_shapes
from riskmap.sources.recipe import Recipe
from riskmap.sources.sheet import Sheet, load_sheet, save_sheet

RECIPE = Recipe.model_validate({"name": "trial", "layer": "cases", "crs": "WGS84"})
GIGABYTE = 2**30


def points(path: Path, n: int = 2) -> Path:
    frame = gpd.GeoDataFrame({"n": range(n)}, geometry=[Point(104, 30)] * n, crs=4326)
    frame.to_file(path)
    return path


@pytest.fixture
def visits() -> Iterator[list[str]]:
    """What is asked of a server on this machine while the test runs."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

        def log_message(self, *_: object) -> None:
            """Be silent."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    asked.append(f"http://127.0.0.1:{server.server_port}/")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield asked
    server.shutdown()
    server.server_close()


def test_work_that_ends_is_done() -> None:
    assert run_bounded(lambda: None, 4 * GIGABYTE, 60) == "done"


def test_work_that_dies_is_told_apart() -> None:
    def fail() -> None:
        raise KeyError

    assert run_bounded(lambda: os.kill(os.getpid(), signal.SIGKILL), 4 * GIGABYTE, 60) == "crashed"
    assert run_bounded(fail, 4 * GIGABYTE, 60) == "crashed"


def test_work_beyond_its_memory_ends() -> None:
    assert run_bounded(lambda: bytearray(5 * GIGABYTE).clear(), 4 * GIGABYTE, 60) == "memory"


def test_work_beyond_its_time_is_killed() -> None:
    assert run_bounded(lambda: time.sleep(3600), 4 * GIGABYTE, 0.1) == "timeout"


def test_work_that_finds_no_room_is_told_apart() -> None:
    def write() -> None:
        with Path("/dev/full").open("wb", buffering=0) as stream:
            stream.write(b"x")

    assert run_bounded(write, 4 * GIGABYTE, 60) == "full"


OUTCOMES = {
    "full": ("disk_full", "The disk is full, so a.gpkg could not be read", "磁盘已满"),
    "crashed": ("reader_crashed", "a.gpkg made its reader stop", "异常中止"),
    "": ("reader_crashed", "a.gpkg made its reader stop", "异常中止"),
    "timeout": ("reader_timeout", "a.gpkg could not be read within 120 seconds", "120 秒"),
    "memory": ("reader_memory", "a.gpkg needs more than the 4.0 GB", "4.0 GB"),
}


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_a_reader_without_end_refuses_its_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, outcome: str) -> None:
    rule, english, chinese = OUTCOMES[outcome]
    monkeypatch.setattr(confined._reader, "ask", lambda request: outcome)
    with pytest.raises(SourceError) as refused:
        read_file(points(tmp_path / "a.gpkg"), RECIPE)
    assert refused.value.rule == rule
    assert english in str(refused.value)
    assert chinese in refused.value.in_language("zh")


@pytest.mark.parametrize("outcome", ["crashed", ""])
def test_a_reader_that_ends_on_a_full_disk_is_not_blamed_on_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, outcome: str
) -> None:
    monkeypatch.setattr(confined._reader, "ask", lambda request: outcome)
    monkeypatch.setattr(confined, "LEAST_FREE", 2**80)
    with pytest.raises(SourceError, match="The disk is full") as refused:
        read_file(points(tmp_path / "a.gpkg"), RECIPE)
    assert refused.value.rule == "disk_full"


@pytest.mark.parametrize("name", ["a.gpkg", "a.xlsx", "a.zip"])
def test_no_room_while_reading_is_no_damage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    for place in ("read_vector", "read_workbook", "unpack_named"):
        monkeypatch.setattr(reader, place, full)
    kind = "workbook" if name == "a.xlsx" else "vector"
    request = {"kind": kind, "path": name, "file": name, "table": {}, "encodings": [], "wanted": [], "dates": []}
    request |= {"members": ["a.gpkg"] if name == "a.zip" else [], "folder": str(tmp_path)}
    assert run_bounded(lambda: reader.work(request), 4 * GIGABYTE, 60) == "full"


def test_a_result_that_is_none_refuses_its_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def forge(request: dict[str, str]) -> str:
        (Path(request["folder"]) / "about.json").write_text('{"columns": ["a"], "crs": "?", "name": "", "cut": {}}')
        (Path(request["folder"]) / "rows.arrow").write_bytes(b"ARROW1\0\0junk")
        return "done"

    monkeypatch.setattr(confined._reader, "ask", forge)
    with pytest.raises(SourceError, match="made its reader stop"):
        read_file(points(tmp_path / "a.gpkg"), RECIPE)


def test_a_file_that_takes_too_long_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(confined, "TIME_LIMIT_S", 0.0)
    with pytest.raises(SourceError, match="could not be read within 0 seconds"):
        read_file(points(tmp_path / "a.gpkg"), RECIPE)


def test_a_file_that_takes_too_much_memory_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = np.random.default_rng(1).normal(size=2_000_000)
    pd.DataFrame({"a": numbers}).to_parquet(tmp_path / "a.parquet")
    monkeypatch.setattr(confined, "MEMORY_LIMIT", 2**20)
    with pytest.raises(SourceError) as refused:
        read_file(tmp_path / "a.parquet", RECIPE)
    # What is written in other languages than Python aborts when it gets no memory.
    assert refused.value.rule in ("reader_memory", "reader_crashed")


def test_the_limit_of_memory_is_in_force_while_a_file_is_read(tmp_path: Path) -> None:
    path, read = tmp_path / "a.json", []
    os.mkfifo(path)  # the reader waits in it until somebody writes
    waiting = threading.Thread(target=lambda: read.append(confined.read_confined("records", path, "a.json")))
    waiting.start()
    with path.open("wb") as stream:
        process = confined._reader._process
        assert process is not None
        (child,) = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        limits = Path(f"/proc/{child}/limits").read_text()
        stream.write(b'[{"a": 1}]')
    waiting.join()
    for name in ("Max address space", "Max file size"):
        assert [line.split()[-3:-1] for line in limits.splitlines() if line.startswith(name)] == [
            [str(confined.MEMORY_LIMIT)] * 2
        ]
    assert read[0].frame["a"].tolist() == ["1"]


def test_the_reading_process_is_started_again_when_it_is_gone(tmp_path: Path) -> None:
    path = points(tmp_path / "a.gpkg")
    read_file(path, RECIPE)
    process = confined._reader._process
    assert process is not None
    process.kill()
    assert len(read_file(path, RECIPE).frame) == 2


def test_text_needs_no_reading_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(confined._reader, "ask", lambda request: pytest.fail("was asked"))
    (tmp_path / "a.csv").write_text("a,b\n1,2\n")
    assert len(read_file(tmp_path / "a.csv", RECIPE).frame) == 1


def test_secrets_of_the_environment_stay_with_the_asking_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CASES_PASSWORD", "secret")
    confined._reader.stop()
    read_file(points(tmp_path / "a.gpkg"), RECIPE)
    process = confined._reader._process
    assert process is not None
    assert b"CASES_PASSWORD" not in Path(f"/proc/{process.pid}/environ").read_bytes()


def test_the_reading_process_keeps_the_listed_drivers_only() -> None:
    def look() -> None:
        vector.allow_drivers()
        if set(pyogrio.list_drivers()) != vector.DRIVERS:
            raise ValueError

    assert run_bounded(look, 4 * GIGABYTE, 60) == "done"


def test_a_driver_that_stays_ends_the_reading_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pyogrio, "list_drivers", lambda: {"WFS": "r"})
    monkeypatch.setattr(pyogrio, "set_gdal_config_options", lambda options: None)
    with pytest.raises(RuntimeError, match=r"GDAL keeps the drivers \['WFS'\]"):
        vector.allow_drivers()


REACHING = {
    "crs.geojson": '{"type": "FeatureCollection", "crs": {"type": "URL", "properties": {"url": "%s"}}, "features": '
    '[{"type": "Feature", "properties": {}, "geometry": {"type": "Point", "coordinates": [104, 30]}}]}',
    "link.kml": '<kml xmlns="http://www.opengis.net/kml/2.2"><Document><NetworkLink><Link><href>%s</href></Link>'
    "</NetworkLink></Document></kml>",
    "entity.kml": '<!DOCTYPE kml [<!ENTITY far SYSTEM "%s">]><kml><Document><name>&far;</name></Document></kml>',
    "vrt.kml": '<!-- <kml --><OGRVRTDataSource><OGRVRTLayer name="a"><SrcDataSource>/vsicurl/%s</SrcDataSource>'
    "</OGRVRTLayer></OGRVRTDataSource>",
    "vrt.gpkg": '<OGRVRTDataSource><OGRVRTLayer name="a"><SrcDataSource>/vsicurl/%s</SrcDataSource></OGRVRTLayer>'
    "</OGRVRTDataSource>",
    "vrt.shp": '<VRTDataset rasterXSize="1" rasterYSize="1"><SourceFilename>/vsicurl/%s</SourceFilename></VRTDataset>',
    "stac.geojson": '{"type": "FeatureCollection", "stac_version": "1.0.0", "features": [], "links": '
    '[{"rel": "next", "href": "%s"}]}',
    "service.json": '{"type": "Service", "FeatureCollection": "\\"FeatureCollection\\"", "url": "%s"}',
}


@pytest.mark.parametrize("name", REACHING)
def test_a_file_reaches_no_address(tmp_path: Path, visits: list[str], name: str) -> None:
    address = visits.pop()
    (tmp_path / name).write_text(REACHING[name] % address)
    read_files([tmp_path / name], RECIPE)
    assert visits == []


def test_a_file_opens_no_other_file(tmp_path: Path) -> None:
    points(tmp_path / "secret.gpkg")
    vrt = (
        '<!-- <kml --><OGRVRTDataSource><OGRVRTLayer name="secret"><SrcDataSource>'
        f"{tmp_path / 'secret.gpkg'}</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>"
    )
    (tmp_path / "a.kml").write_text(vrt)
    (refused,) = read_files([tmp_path / "a.kml"], RECIPE)
    assert isinstance(refused, SourceError)
    assert refused.rule == "broken_vector"


def test_files_are_read_or_refused_each_for_itself(tmp_path: Path) -> None:
    (tmp_path / "b.gpkg").write_bytes(b"SQLite format 3\0" + b"x" * 500)
    first, second, third = read_files([points(tmp_path / "a.gpkg"), tmp_path / "b.gpkg", tmp_path / "c.csv"], RECIPE)
    assert not isinstance(first, SourceError)
    assert [getattr(table, "rule", "") for table in (second, third)] == ["broken_vector", "missing_file"]


def test_a_layer_without_features_is_empty_and_no_error(tmp_path: Path) -> None:
    table = read_file(points(tmp_path / "a.gpkg", 0), RECIPE)
    assert table.geometry is not None
    assert (len(table.frame), len(table.geometry), len(table.rows)) == (0, 0, 0)


def test_shapes_come_of_vector_files_only(tmp_path: Path) -> None:
    pd.DataFrame({"a": [1]}).to_parquet(tmp_path / "a.parquet")
    (tmp_path / "a.csv").write_text("a\n1\n")
    assert read_shapes(tmp_path / "a.parquet") is None
    assert read_shapes(tmp_path / "a.csv") is None
    shapes = read_shapes(points(tmp_path / "a.gpkg"))
    assert shapes is not None
    assert list(shapes.x) == [104, 104]


def test_a_table_too_large_for_the_asking_process_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(confined, "RESULT_LIMIT", 100)
    with pytest.raises(SourceError, match="needs more than") as refused:
        read_file(points(tmp_path / "a.gpkg"), RECIPE)
    assert refused.value.rule == "reader_memory"


def test_the_reading_process_ends_when_nobody_asks() -> None:
    code = "from riskmap.sources import reader; reader.IDLE_S = 0.01; reader.serve()"
    process = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE)
    assert process.wait(120) == 0
    process.communicate()


def test_a_sheet_goes_through_a_folder_unchanged(tmp_path: Path) -> None:
    sheet = Sheet(
        pd.DataFrame({"名": ["甲", ""], "geometry": ["x", "y"]}, dtype="str"),
        np.array([3, 7]),
        gpd.GeoSeries([Point(1, 2), None], crs=4490),
        "层",
        {"名": 3},
    )
    save_sheet(sheet, tmp_path)
    back = load_sheet(tmp_path)
    assert back.frame.equals(sheet.frame)
    assert list(back.rows) == [3, 7]
    assert back.geometry is not None
    assert back.geometry.geom_equals(sheet.geometry).tolist() == [True, False]
    assert back.geometry.crs == sheet.geometry.crs if sheet.geometry is not None else False
    assert (back.name, back.cut) == ("层", {"名": 3})
    assert json.loads((tmp_path / "about.json").read_text())["columns"] == ["名", "geometry"]
