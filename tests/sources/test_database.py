import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from riskmap.errors import SourceError
from riskmap.layers.intake import import_files
from riskmap.sources.database import read_database
from riskmap.sources.files import SourceTable, gather_sources, read_file
from riskmap.sources.gathering import is_address, mask_address
from riskmap.sources.recipe import Recipe, TableForm
from riskmap.study import Study

ROWS = [(1, "甲", 104.25, 30.5), (2, "乙", 104.75, 30.75)]


def recipe(**table: object) -> Recipe:
    return Recipe.model_validate({"name": "trial", "layer": "cases", "crs": "WGS84", "table": table})


def read(address: str, folder: Path, **table: object) -> SourceTable:
    folder.mkdir(exist_ok=True)
    (path,) = gather_sources([address], recipe(**table), folder)
    return read_file(path, recipe(**table))


def refusal(address: str, folder: Path, **table: object) -> SourceError:
    with pytest.raises(SourceError) as refused:
        read(address, folder, **table)
    assert "\n" not in str(refused.value)
    assert refused.value.in_language("zh") != str(refused.value)
    return refused.value


@pytest.fixture
def sqlite(tmp_path: Path) -> Path:
    path = tmp_path / "cases.sqlite"
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE cases (id INTEGER, name TEXT, lon REAL, lat REAL)")
        database.executemany("INSERT INTO cases VALUES (?, ?, ?, ?)", ROWS)
    database.close()
    return path


def spatial(address: str, schema: str, rows: Sequence[tuple[int, str, float, float]], srid: int = 4490) -> None:
    """Make `schema`.cases with a column of points."""
    with psycopg.connect(address.replace("+psycopg", "")) as database:
        database.execute("CREATE EXTENSION IF NOT EXISTS postgis")
        database.execute(f"DROP SCHEMA IF EXISTS {schema} CASCADE")
        database.execute(f"CREATE SCHEMA {schema}")
        database.execute(f"CREATE TABLE {schema}.cases (id int, name text, at geometry(Point, {srid}), paid numeric)")
        for number, name, lon, lat in rows:
            database.execute(
                f"INSERT INTO {schema}.cases VALUES (%s, %s, ST_SetSRID(ST_MakePoint(%s, %s), {srid}), 1.50)",  # noqa: S608
                (number, name, lon, lat),
            )


def test_a_sqlite_file_reads_by_path_and_by_address(sqlite: Path, tmp_path: Path) -> None:
    by_path = read_file(sqlite, recipe())
    by_address = read(f"sqlite:///{sqlite}", tmp_path / "w")
    assert by_path.frame.to_dict("list") == {
        "id": ["1", "2"],
        "name": ["甲", "乙"],
        "lon": ["104.25", "104.75"],
        "lat": ["30.5", "30.75"],
    }
    assert by_address.frame.equals(by_path.frame)
    assert (by_address.file, list(by_address.rows)) == ("table.parquet", [1, 2])


def test_a_query_chooses_rows_and_columns(sqlite: Path, tmp_path: Path) -> None:
    table = read(f"sqlite:///{sqlite}", tmp_path, query="SELECT name AS 名称 FROM cases WHERE id > 1;")
    assert (table.file, table.frame.to_dict("list")) == ("query.parquet", {"名称": ["乙"]})


def test_a_database_comes_in_like_a_file(square_area: Study, sqlite: Path) -> None:
    form = Recipe.model_validate(
        {
            "name": "trial",
            "layer": "cases",
            "crs": "WGS84",
            "columns": {"case_id": "name", "occurred": "day", "lon": "lon", "lat": "lat"},
            "constants": {"category": "possession"},
            "table": {"query": "SELECT *, '2024-01-02' AS day FROM cases"},
        }
    )
    address = f"sqlite:///{sqlite}"
    receipt = import_files(square_area, "cases", [address], form)
    assert (receipt.read, receipt.accepted) == (2, 2)
    again = import_files(square_area, "cases", [address], form)
    assert again.import_id == receipt.import_id


@pytest.mark.parametrize("address", ["sqlite:///:memory:", "postgresql://[", "postgresql://a:b@h:port/db"])
def test_an_address_that_leads_nowhere_does_not_answer(tmp_path: Path, address: str) -> None:
    assert refusal(address, tmp_path, query="SELECT 1").rule == "database_down"


def test_a_percent_sign_in_a_query_is_one(postgres: str, sqlite: Path, tmp_path: Path) -> None:
    spatial(postgres, "records", ROWS)
    like = "SELECT name FROM {}cases WHERE name LIKE '甲%'"
    assert read(postgres, tmp_path / "p", query=like.format("records.")).frame["name"].tolist() == ["甲"]
    assert read(f"sqlite:///{sqlite}", tmp_path / "s", query=like.format("")).frame["name"].tolist() == ["甲"]


def test_of_several_tables_one_is_named(sqlite: Path, tmp_path: Path) -> None:
    with sqlite3.connect(sqlite) as database:
        database.execute("CREATE TABLE other (x)")
    database.close()
    assert "has no single table ''; it has cases, other" in str(refusal(f"sqlite:///{sqlite}", tmp_path))
    assert read(f"sqlite:///{sqlite}", tmp_path, sheet="cases").file == "cases.parquet"
    assert "no single table 'nope'" in str(refusal(f"sqlite:///{sqlite}", tmp_path, sheet="nope"))


def test_rows_still_in_the_log_of_a_sqlite_file_are_read(sqlite: Path) -> None:
    database = sqlite3.connect(sqlite)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("INSERT INTO cases VALUES (3, '丙', 104, 30)")
    database.commit()
    assert read_file(sqlite, recipe()).frame["name"].tolist() == ["甲", "乙", "丙"]
    database.close()


def test_reading_a_sqlite_file_leaves_it_and_its_folder_as_they_were(sqlite: Path) -> None:
    before = sqlite.read_bytes()
    read_file(sqlite, recipe())
    assert (sqlite.read_bytes(), [path.name for path in sqlite.parent.iterdir()]) == (before, ["cases.sqlite"])


def test_a_damaged_sqlite_file_is_refused(sqlite: Path) -> None:
    sqlite.write_bytes(sqlite.read_bytes()[:4096])
    with pytest.raises(SourceError, match=r"cases\.sqlite is damaged or cut short") as refused:
        read_file(sqlite, recipe())
    assert refused.value.rule == "broken_database"


def test_a_sqlite_file_that_is_not_there_does_not_answer(tmp_path: Path) -> None:
    assert refusal(f"sqlite:///{tmp_path}/none.db", tmp_path).rule == "database_down"
    assert not (tmp_path / "none.db").exists()


@pytest.mark.parametrize(
    "query", ["DELETE FROM cases", "SELECT 1; DROP TABLE cases", "ATTACH 'x.db' AS x", "", "PRAGMA user_version = 3"]
)
def test_a_query_is_one_select(sqlite: Path, tmp_path: Path, query: str) -> None:
    before = sqlite.read_bytes()
    refused = refusal(f"sqlite:///{sqlite}", tmp_path, query=query)
    assert refused.rule == "query_refused"
    assert "must be one SELECT" in str(refused)
    assert sqlite.read_bytes() == before


def test_a_query_that_fails_says_why(sqlite: Path, tmp_path: Path) -> None:
    refused = refusal(f"sqlite:///{sqlite}", tmp_path, query="SELECT absent FROM cases")
    assert refused.rule == "query_failed"
    assert "refused the query: no such column: absent" in str(refused)


def test_other_databases_are_not_read(tmp_path: Path) -> None:
    refused = refusal("oracle://system:secret@host/db", tmp_path)
    assert refused.rule == "database_kind"
    assert "oracle://system:***@host/db is no database that is read" in str(refused)


def test_a_password_never_shows() -> None:
    assert mask_address("postgresql://a:p@ss:w/rd@h/db") == "postgresql://a:***@h/db"
    assert mask_address("postgresql://a@h/db?password=x&b=1") == "postgresql://a@h/db?password=***&b=1"
    assert mask_address("sqlite:////a/b.db") == "sqlite:////a/b.db"
    assert mask_address("postgresql://127.0.0.1:5432/db") == "postgresql://127.0.0.1:5432/db"
    for odd in ("postgresql://bob:S3cret", "postgresql:/bob:S3cret@h/db", "host=h password=S3cret dbname=x",
                "postgresql://h/db?user=b&PASSWORD=S3cret", "postgresql://h/db?sslpassword=S3cret&x=1"):  # fmt: skip
        assert is_address(odd)
        assert "S3cret" not in mask_address(odd)


def test_a_variable_that_is_not_set_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CASES_PASSWORD", raising=False)
    refused = refusal("postgresql://a:${CASES_PASSWORD}@/db", tmp_path)
    assert refused.rule == "no_variable"
    assert "names the variable CASES_PASSWORD, which is not set" in str(refused)


def test_a_database_that_is_down_is_one_sentence(tmp_path: Path) -> None:
    refused = refusal(f"postgresql://a:secret@/db?host={tmp_path}", tmp_path)
    assert refused.rule == "database_down"
    assert "does not answer or does not let the user in; nothing was imported" in str(refused)
    assert "没有响应" in refused.in_language("zh")
    assert "secret" not in str(refused)


def test_a_postgis_column_is_the_geometry_in_its_own_system(postgres: str, tmp_path: Path) -> None:
    spatial(postgres, "records", ROWS)
    table = read(postgres, tmp_path, sheet="records.cases")
    assert table.file == "records.cases.parquet"
    assert table.frame.to_dict("list") == {"id": ["1", "2"], "name": ["甲", "乙"], "paid": ["1.50", "1.50"]}
    assert table.geometry is not None
    assert list(table.geometry.x) == [104.25, 104.75]
    assert "China Geodetic Coordinate System 2000" in str(table.crs)


def test_a_snapshot_depends_on_the_rows_and_not_on_their_order(postgres: str, tmp_path: Path) -> None:
    snapshots = []
    for number, rows in enumerate((ROWS, ROWS[::-1])):
        spatial(postgres, "records", rows)
        (tmp_path / str(number)).mkdir()
        (path,) = gather_sources([postgres], recipe(sheet="records.cases"), tmp_path / str(number))
        snapshots.append(path.read_bytes())
    assert snapshots[0] == snapshots[1]


def test_two_databases_with_a_table_of_one_name_give_two_files(postgres: str, tmp_path: Path) -> None:
    spatial(postgres, "records", ROWS)
    files = gather_sources([postgres, postgres + "&application_name=b"], recipe(sheet="records.cases"), tmp_path)
    assert len({path.name for path in files}) == 2


def test_a_query_cannot_write(postgres: str, tmp_path: Path) -> None:
    spatial(postgres, "records", ROWS)
    query = "WITH gone AS (DELETE FROM records.cases RETURNING id) SELECT * FROM gone"
    refused = refusal(postgres, tmp_path, query=query)
    assert refused.rule == "query_failed"
    assert "in a read-only transaction" in str(refused)
    assert len(read(postgres, tmp_path, sheet="records.cases").frame) == 2


def test_the_server_ends_a_query_that_takes_too_long(postgres: str) -> None:
    form = recipe(query="SELECT pg_sleep(60)").table
    with pytest.raises(SourceError, match="refused the query: canceling statement due to statement timeout"):
        read_database(postgres, "cases", form, 0.5)


def test_two_geometries_are_asked_about(postgres: str, tmp_path: Path) -> None:
    spatial(postgres, "records", ROWS)
    refused = refusal(postgres, tmp_path, query="SELECT at AS a, at AS b FROM records.cases")
    assert refused.rule == "several_geometries"
    assert "gives the geometries a, b" in str(refused)


def test_a_password_comes_from_the_environment(postgres: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spatial(postgres, "records", ROWS)
    with psycopg.connect(postgres.replace("+psycopg", "")) as database:
        database.execute("CREATE ROLE analyst LOGIN PASSWORD 'p@ss:w/rd'")
        database.execute("GRANT USAGE ON SCHEMA records TO analyst")
        database.execute("GRANT SELECT ON records.cases TO analyst")
    address = postgres.replace("postgres@", "analyst:${CASES_PASSWORD}@")
    monkeypatch.setenv("CASES_PASSWORD", "p@ss:w/rd")
    assert len(read(address, tmp_path, sheet="records.cases").frame) == 2
    monkeypatch.setenv("CASES_PASSWORD", "wrong-one")
    refused = refusal(address, tmp_path, sheet="records.cases")
    assert refused.rule == "database_down"
    assert "analyst:***@" in str(refused)
    assert "wrong-one" not in str(refused)


def test_columns_of_a_query_that_are_called_alike_are_told_apart(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "a.db")) as connection:
        connection.execute("CREATE TABLE t (a TEXT, b TEXT)")
        connection.execute("INSERT INTO t VALUES ('x', 'y')")
        connection.commit()
    form = TableForm(query="SELECT a AS k, b AS k FROM t")
    frame = read_database(f"sqlite:///{tmp_path / 'a.db'}", "a.db", form, 10).frame
    assert frame.iloc[0].to_dict() == {"k": "x", "k (2)": "y"}
