"""A PostgreSQL of the tests' own, on a socket of its own."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

HBA = "local all analyst scram-sha-256\nlocal all all trust\n"


def installed() -> Path | None:
    """Return the folder of PostgreSQL's programs, where PostGIS is there too."""
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    spatial = sorted(Path("/usr/share/postgresql").glob("*/extension/postgis.control"))
    return programs[-1].parent if programs and spatial else None


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The address of a running PostgreSQL with PostGIS: user `postgres`, database `postgres`."""
    programs = installed()
    if programs is None:
        pytest.skip("SKIPPED FOR WANT OF POSTGRESQL: run tests/install_postgres.sh as root")
    # PostgreSQL refuses root; pytest's own folders are closed to other users, and a socket's path must be short.
    user = {"user": "postgres"} if os.geteuid() == 0 else {}
    folder = Path(tempfile.mkdtemp(prefix="riskmap-pg-"))
    if user:
        shutil.chown(folder, "postgres")

    def run(*command: object) -> None:
        subprocess.run([str(part) for part in command], check=True, stdout=subprocess.DEVNULL, cwd=folder, **user)

    data = folder / "data"
    run(programs / "initdb", "-D", data, "-U", "postgres", "--auth=trust", "--no-sync", "-E", "UTF8", "--no-locale")
    (data / "pg_hba.conf").write_text(HBA)
    settings = f"-k {folder} -c listen_addresses='' -c fsync=off"
    run(programs / "pg_ctl", "-D", data, "-l", folder / "log", "-o", settings, "-w", "start")
    try:
        yield f"postgresql+psycopg://postgres@/postgres?host={folder}"
    finally:
        run(programs / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")
        shutil.rmtree(folder)
