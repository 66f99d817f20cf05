"""Where the command line writes a receipt."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from riskmap.cli import app
from riskmap.layers.folders import list_imports
from riskmap.study import Study
from tests.bad_inputs.given import GOOD, write

RECIPE = """
name = "trial"
layer = "cases"
crs = "WGS84"
[columns]
case_id = "案号"
occurred = "时间"
lon = "经度"
lat = "纬度"
[constants]
category = "possession"
"""


@pytest.fixture
def asked(square_area: Study, tmp_path: Path) -> list[str]:
    (tmp_path / "trial.toml").write_text(RECIPE, encoding="utf-8")
    file = write(tmp_path, GOOD)
    return [
        "--home",
        str(square_area.home),
        "import",
        "square",
        "cases",
        str(file),
        "--recipe",
        str(tmp_path / "trial.toml"),
    ]


def test_the_folder_of_a_receipt_is_made(asked: list[str], tmp_path: Path) -> None:
    path = tmp_path / "new" / "deep" / "receipt.json"
    assert CliRunner().invoke(app, [*asked, "--receipt", str(path)]).exit_code == 0
    assert '"accepted":1' in path.read_text(encoding="utf-8").replace(" ", "")


def test_nothing_is_imported_where_the_receipt_cannot_be_written(
    square_area: Study, asked: list[str], tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    result = CliRunner().invoke(app, [*asked, "--receipt", str(tmp_path / "file" / "receipt.json")])
    assert result.exit_code != 0
    assert "nothing was imported" in str(result.exception)
    assert list_imports(square_area, "cases") == []
