"""Bad inputs: files that are cut short, lie about what they are, or are made to do harm."""

import gzip
import io
import json
import sqlite3
import struct
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from openpyxl import Workbook
from shapely.geometry import Point

from riskmap.errors import SourceError
from riskmap.layers.folders import layer_fingerprint, layer_folder
from riskmap.layers.intake import import_files
from riskmap.snapshot import STAGING_PREFIX, folder_hashes, read_manifest
from riskmap.sources import archives
from riskmap.sources.files import read_file
from riskmap.sources.recipe import Recipe
from riskmap.study import Study
from tests.bad_inputs.given import GOOD, HEADER, only_refusal, recipe, take, write

CSV = f"{HEADER}\n{GOOD}\n".encode()
FRAME = {"案号": ["A1", "A2"], "时间": ["2024-01-02", "2024-01-03"]}
POINTS = gpd.GeoDataFrame(FRAME, geometry=[Point(104.50012, 30.50012)] * 2, crs=4326)
SHAPED: dict[str, object] = {"columns": {"case_id": "案号", "occurred": "时间"}}


def zipped(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def crowded(n: int) -> bytes:
    """Return a zip of `n` empty entries, put together by hand: `zipfile` takes ten seconds."""
    entries, directory, at = [], [], 0
    for number in range(n):
        name = f"{number}.csv".encode()
        entries.append(struct.pack("<4s5H3L2H", b"PK\3\4", 20, 0, 0, 0, 33, 0, 0, 0, len(name), 0) + name)
        about = (20, 20, 0, 0, 0, 33, 0, 0, 0, len(name), 0, 0, 0, 0, 0, at)
        directory.append(struct.pack("<4s6H3L5H2L", b"PK\1\2", *about) + name)
        at += len(entries[-1])
    listed = b"".join(directory)
    end = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, n, n, len(listed), at)
    end += struct.pack("<4sLQL", b"PK\6\7", 0, at + len(listed), 1)
    end += struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, len(listed), at, 0)
    return b"".join(entries) + listed + end


def linked(name: str, target: bytes) -> bytes:
    """Return a zip with a symbolic link."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        entry = zipfile.ZipInfo(name)
        entry.external_attr = 0o120777 << 16
        archive.writestr(entry, target)
    return buffer.getvalue()


def lying(content: bytes) -> bytes:
    """Return a zip that unpacks to more than its directory says."""
    packed = bytearray(zipped({"a.csv": content}))
    at = packed.rindex(b"PK\x01\x02")
    packed[at + 24 : at + 28] = struct.pack("<I", 10)
    return bytes(packed)


def encrypted() -> bytes:
    packed = bytearray(zipped({"a.csv": CSV}))
    packed[packed.rindex(b"PK\x01\x02") + 8] |= 1
    return bytes(packed)


def workbook() -> bytes:
    book, buffer = Workbook(), io.BytesIO()
    book.active.append(HEADER.split(","))
    book.active.append(GOOD.split(","))
    book.save(buffer)
    return buffer.getvalue()


def vector(name: str) -> bytes:
    """Return the bytes of a vector file of that name; of a Shapefile, as a zip."""
    with tempfile.TemporaryDirectory() as folder:
        POINTS.to_file(Path(folder) / name, encoding="utf-8")
        if name.endswith(".shp"):
            return zipped({path.name: path.read_bytes() for path in sorted(Path(folder).iterdir())})
        return (Path(folder) / name).read_bytes()


def parquet() -> bytes:
    buffer = io.BytesIO()
    pd.DataFrame(FRAME).to_parquet(buffer)
    return buffer.getvalue()


CASES: dict[str, tuple[str, Callable[[], bytes], str, str, str]] = {
    "interrupted upload": ("a.xlsx", lambda: workbook()[:-200], "broken_archive", "cut short", "损坏"),
    "truncated zip": ("a.zip", lambda: zipped({"a.csv": CSV})[:-30], "broken_archive", "cut short", "损坏"),
    "truncated gzip": ("a.csv.gz", lambda: gzip.compress(CSV)[:-12], "broken_archive", "cut short", "损坏"),
    "truncated parquet": ("a.parquet", lambda: parquet()[:-20], "broken_vector", "cut short", "损坏"),
    "truncated geopackage": ("a.gpkg", lambda: vector("a.gpkg")[:9000], "broken_vector", "cut short", "损坏"),
    "truncated geojson": ("a.geojson", lambda: vector("a.geojson")[:-90], "broken_vector", "cut short", "损坏"),
    "truncated flatgeobuf": ("a.fgb", lambda: vector("a.fgb")[:300], "broken_vector", "cut short", "损坏"),
    "damaged xls": ("a.xls", lambda: b"\xd0\xcf\x11\xe0" * 300, "broken_workbook", "damaged", "损坏"),
    "damaged kml": ("a.kml", lambda: b"<kml><Document><Placemark>", "broken_vector", "cut short", "损坏"),
    "zip bomb": ("a.zip", lambda: zipped({"a.csv": b"0" * 30_000_000}), "archive_bomb", "would unpack", "解压"),
    "workbook bomb": (
        "a.xlsx",
        lambda: zipped({"xl/a.xml": b"0" * 30_000_000}),
        "archive_bomb",
        "would unpack",
        "解压",
    ),
    "zip that lies about its size": ("a.zip", lambda: lying(CSV * 99), "broken_archive", "cannot be unpacked", "解压"),
    "nested zip": ("a.zip", lambda: zipped({"b.zip": zipped({"a.csv": CSV})}), "nested_archive", "'b.zip'", "b.zip"),
    "100 000 entries": (
        "a.zip",
        lambda: crowded(100_000),
        "archive_bomb",
        "100000",
        "100000",
    ),
    "path upwards": ("a.zip", lambda: zipped({"../../a.csv": CSV}), "unsafe_archive", "reaches outside", "../../a.csv"),
    "path upwards by backslash": (
        "a.zip",
        lambda: zipped({"..\\a.csv": CSV}),
        "unsafe_archive",
        "reaches outside",
        "a.csv",
    ),
    "absolute path": ("a.zip", lambda: zipped({"/etc/a.csv": CSV}), "unsafe_archive", "reaches outside", "/etc/a.csv"),
    "drive letter": ("a.zip", lambda: zipped({"C:/a.csv": CSV}), "unsafe_archive", "reaches outside", "C:/a.csv"),
    "symbolic link": ("a.zip", lambda: linked("a.csv", b"/etc/passwd"), "unsafe_archive", "reaches outside", "a.csv"),
    "encrypted zip": ("a.zip", encrypted, "encrypted", "without a password", "加密"),
    "program named csv": ("a.csv", lambda: b"\x7fELF\2\1\1\0" + b"x" * 99, "not_text", "no", "文本"),
    "picture named csv": ("a.csv", lambda: b"\x89PNG\r\n\x1a\n" + b"x" * 99, "not_text", "no", "文本"),
    "virtual dataset named gpkg": ("a.gpkg", lambda: b"<OGRVRTDataSource/>", "not_vector", "is no .gpkg file", ".gpkg"),
    "virtual dataset named shp": ("a.shp", lambda: b"<VRTDataset/>", "not_vector", "is no .shp file", ".shp"),
    "virtual dataset named kml": ("a.kml", lambda: b"<OGRVRTDataSource/>", "not_vector", "is no .kml file", ".kml"),
    "virtual dataset named tif": (
        "a.tif",
        lambda: b"<VRTDataset/>",
        "unknown_kind",
        "of a kind that is not read",
        "类型",
    ),
    "web page named xls": ("a.xls", lambda: b"<html><table>", "not_workbook", "is no .xls file", ".xls"),
    "lie inside a zip": (
        "a.zip",
        lambda: zipped({"a.gpkg": b"<OGRVRTDataSource/>"}),
        "not_vector",
        "is no .gpkg",
        ".gpkg",
    ),
    "text named db": ("a.db", lambda: CSV * 2, "not_database", "is no .db file", ".db"),
    "shp without dbf": (
        "a.shp",
        lambda: b"\0\0\x27\x0a" + b"\0" * 96,
        "missing_part",
        "without its .dbf, .shx",
        ".dbf",
    ),
    "zip without table": ("a.zip", lambda: zipped({"a.pdf": b"x"}), "several_members", "exactly one table", "a.pdf"),
    "zip with two tables": (
        "a.zip",
        lambda: zipped({"a.csv": CSV, "b.xlsx": workbook()}),
        "several_members",
        "b.xlsx",
        "a.csv",
    ),
    "empty file": ("a.csv", lambda: b"", "empty_file", "is empty", "空"),
    "no rows": ("a.xlsx", lambda: zipped_header(), "no_rows", "has a header and no rows", "表头"),
}


def zipped_header() -> bytes:
    book, buffer = Workbook(), io.BytesIO()
    book.active.append(HEADER.split(","))
    book.save(buffer)
    return buffer.getvalue()


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only place for temporary files."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.mark.parametrize("case", CASES)
def test_a_bad_file_is_refused_and_leaves_nothing(
    square_area: Study, tmp_path: Path, temporary: Path, case: str
) -> None:
    take(square_area, write(tmp_path / "before", GOOD))
    before = layer_fingerprint(square_area, "cases")
    name, content, rule, english, chinese = CASES[case]
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / name).write_bytes(content())
    refused = only_refusal(take(square_area, tmp_path / "in" / name))
    assert refused["rule"] == rule
    assert english in refused["message_en"]
    assert chinese in refused["message_zh"]
    assert layer_fingerprint(square_area, "cases") == before
    assert list(temporary.iterdir()) == []
    assert [path.name for path in (tmp_path / "in").iterdir()] == [name]


def test_one_bad_file_among_good_ones_keeps_all_out(square_area: Study, tmp_path: Path) -> None:
    (tmp_path / "b.gpkg").write_bytes(b"<OGRVRTDataSource/>")
    refused = only_refusal(take(square_area, [write(tmp_path, GOOD), tmp_path / "b.gpkg"]))
    assert refused["rule"] == "not_vector"


def test_a_file_over_the_size_limit_is_refused_unread(square_area: Study, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    with path.open("wb") as stream:
        stream.truncate(archives.SIZE_LIMIT + 1)
    refused = only_refusal(take(square_area, path))
    assert refused["rule"] == "too_large"
    assert "has 200 MB; the limit is 200 MB" in refused["message_en"]
    assert "200 MB" in refused["message_zh"]


def test_a_database_that_is_down_imports_nothing(square_area: Study, tmp_path: Path) -> None:
    address = f"postgresql://analyst:secret@/cases?host={tmp_path}"
    receipt = import_files(square_area, "cases", [address], recipe())
    refused = only_refusal(receipt)
    assert refused["rule"] == "database_down"
    assert "does not answer or does not let the user in" in refused["message_en"]
    assert "没有响应" in refused["message_zh"]
    assert "secret" not in receipt.to_json()
    assert "analyst:***@" in receipt.files[0]["path"]


PACKED: dict[str, Callable[[], bytes]] = {
    "a.xlsx": workbook,
    "a.gpkg": lambda: vector("a.gpkg"),
    "a.geojson": lambda: vector("a.geojson"),
    "a.fgb": lambda: vector("a.fgb"),
    "a.csv": lambda: CSV,
}


@pytest.mark.parametrize("name", PACKED)
def test_a_zip_may_hold_one_table_of_any_kind(square_area: Study, tmp_path: Path, name: str) -> None:
    (tmp_path / "a.zip").write_bytes(zipped({f"目录/{name}": PACKED[name](), "目录/readme.txt": b"note"}))
    form = recipe() if name in ("a.xlsx", "a.csv") else recipe(**SHAPED)
    receipt = take(square_area, tmp_path / "a.zip", form)
    assert receipt.refused == []
    assert receipt.accepted == (1 if name in ("a.xlsx", "a.csv") else 2)


MUTATED: dict[str, Callable[[], bytes]] = {
    "a.xlsx": workbook,
    "csv.zip": lambda: zipped({"a.csv": CSV * 20, "readme.txt": b"note"}),
    "shp.zip": lambda: vector("a.shp"),
    "a.gpkg": lambda: vector("a.gpkg"),
}
MARK = """<Placemark><name>A1</name><ExtendedData><Data name="案号"><value>A1</value></Data>
<Data name="时间"><value>2024-01-02</value></Data></ExtendedData>
<Point><coordinates>104.50012,30.50012,0</coordinates></Point></Placemark>"""
TEXTS: dict[str, Callable[[], bytes]] = {
    "a.csv": lambda: f"{HEADER}\n{GOOD}甲\n{GOOD.replace('A1', 'A2')}\n".encode() * 3,
    "gbk.csv": lambda: f"{HEADER}\n{GOOD}甲\n{GOOD.replace('A1', 'A2')}\n".encode("gbk") * 3,
    "a.json": lambda: json.dumps([dict(zip(HEADER.split(","), GOOD.split(","), strict=True))] * 5).encode(),
    "a.kml": lambda: f'<kml xmlns="http://www.opengis.net/kml/2.2"><Document>{MARK * 5}</Document></kml>'.encode(),
    "a.geojson": lambda: vector("a.geojson"),
    "a.parquet": parquet,
}
MUTANTS = {False: 125, True: 60}
IMPORTED_MUTANTS = 10
MOST_CHANGES = {False: 20, True: 3}
"""Bytes changed at most; hardly any text bears more."""


def mutate(content: bytes, random: np.random.Generator, most: int) -> bytes:
    """Change up to `most` bytes, and in one of five cut the end off."""
    changed = bytearray(content)
    for at in random.integers(0, len(changed), random.integers(1, most + 1)):
        changed[at] = random.integers(0, 256)
    return bytes(changed[: random.integers(1, len(changed))] if random.random() < 0.2 else changed)


@pytest.mark.parametrize("name", MUTATED | TEXTS)
def test_mutated_files_are_read_or_refused(tmp_path: Path, temporary: Path, name: str) -> None:
    content, random = (MUTATED | TEXTS)[name](), np.random.default_rng(20240102)
    form = Recipe.model_validate({"name": "trial", "layer": "cases"})
    path, outcomes = tmp_path / name, set()
    for _ in range(MUTANTS[name in TEXTS]):
        path.write_bytes(mutate(content, random, MOST_CHANGES[name in TEXTS]))
        try:
            outcomes.add("read" if len(read_file(path, form).frame) >= 0 else "")
        except SourceError as refused:
            assert refused.in_language("zh") != str(refused)
            outcomes.add("refused")
    assert outcomes == {"read", "refused"}
    assert list(temporary.iterdir()) == []
    assert [other.name for other in tmp_path.iterdir() if other.is_file()] == [name]


@pytest.mark.parametrize("name", MUTATED | TEXTS)
def test_mutated_files_are_imported_whole_or_not_at_all(
    square_area: Study, tmp_path: Path, temporary: Path, name: str
) -> None:
    content, random = (MUTATED | TEXTS)[name](), np.random.default_rng(20240103)
    plain = name in ("a.xlsx", "csv.zip", "a.csv", "gbk.csv", "a.json")
    form = recipe() if plain else recipe(columns={"case_id": "案号", "occurred": "时间"}, crs=None)
    (tmp_path / "in").mkdir()
    path, layer = tmp_path / "in" / name, layer_folder(square_area, "cases")
    for _ in range(IMPORTED_MUTANTS):
        path.write_bytes(mutate(content, random, MOST_CHANGES[name in TEXTS]))
        before = layer_fingerprint(square_area, "cases")
        receipt = take(square_area, path, form, accept=True)
        if receipt.import_id is None:
            assert receipt.accepted == 0
            assert layer_fingerprint(square_area, "cases") == before
        else:
            folder = layer / receipt.import_id
            assert read_manifest(folder)["files"] == folder_hashes(folder)
            assert len(pd.read_parquet(folder / "rows.parquet", columns=["row_id"])) <= receipt.accepted
        assert list(square_area.folder.rglob(f"{STAGING_PREFIX}*")) == []
        assert list(temporary.iterdir()) == []


def test_a_geopackage_with_a_hostile_view_is_refused_or_harmless(tmp_path: Path) -> None:
    POINTS.to_file(tmp_path / "a.gpkg", layer="a", SPATIAL_INDEX="NO")
    with sqlite3.connect(tmp_path / "a.gpkg") as database:
        database.execute("ALTER TABLE a RENAME TO hidden")
        database.execute("CREATE VIEW a AS SELECT fid, geom, load_extension('/tmp/evil.so') AS x FROM hidden")
    database.close()
    try:
        assert len(read_file(tmp_path / "a.gpkg", recipe(table={"sheet": "a"})).frame) <= 2
    except SourceError as refused:
        assert refused.rule == "broken_vector"
