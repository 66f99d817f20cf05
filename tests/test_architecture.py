"""The house keeps its order: data flows one way, and only the pages know the screen."""

import ast
from pathlib import Path

import pytest

from riskmap.study import REPOSITORY

SOURCE = REPOSITORY / "src" / "riskmap"
GROUND = {"audit", "errors", "language", "progress", "study", "schema", "settings_file", "snapshot", "terms"}
FLOW = [
    "sources",
    "layers",
    "grid",
    "wastewater",
    "panel",
    "model",
    "surface",
    "decisions",
    "figures",
    "briefing",
    "web",
    "simulate",
    "pipeline",
    "cli",
]
FILES = sorted(SOURCE.rglob("*.py"))


def imported(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module}
    return names | {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}


def stage_of(name: str) -> str:
    return name.split(".")[1] if name.count(".") else ""


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_a_stage_imports_only_earlier_ones(path):
    own = path.relative_to(SOURCE).parts[0].removesuffix(".py")
    used = {stage_of(name) for name in imported(path) if name.startswith("riskmap.")} - {own, ""}
    if own in GROUND or own == "__init__":
        assert used <= GROUND
    else:
        assert used - GROUND <= set(FLOW[: FLOW.index(own)])


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_only_the_pages_know_the_screen(path):
    if path.relative_to(SOURCE).parts[0] != "web":
        assert not {name for name in imported(path) if name.split(".")[0] == "streamlit"}


def test_a_page_chooses_asks_and_shows():
    pages = sorted((REPOSITORY / "pages").glob("*.py"))
    assert pages
    for page in pages:
        assert len(page.read_text(encoding="utf-8").splitlines()) < 70, page.name


def test_no_code_names_a_place_that_data_comes_from():
    places = ("yorkshire", "sheffield", "louis", "chicago", "tempe", "colombia")
    for path in [*FILES, *(REPOSITORY / "pages").glob("*.py"), REPOSITORY / "app.py"]:
        text = path.read_text(encoding="utf-8").lower()
        assert not [place for place in places if place in text], path.name


DOORS = {
    "load_study": {"access.py", "job_work.py", "upkeep.py"},
    "list_studies": {"access.py", "upkeep.py"},
    "import_files": {"changes.py"},
    "undo_import": {"changes.py"},
    "correct_rows": {"changes.py"},
    "dismiss_rows": {"changes.py"},
    "rule_on_booking_point": {"changes.py"},
    "write_comment": {"changes.py"},
    "file_challenge": {"changes.py"},
    "rollback": {"changes.py"},
    "promote": {"job_work.py"},
}
"""What gives a page a study, or changes something, and the modules that ask first whether the reader may, or
that show nothing to anybody; `job_work.py` does what `jobs.py` let a reader ask for."""


@pytest.mark.parametrize("name", DOORS)
def test_pages_get_studies_and_change_things_through_the_door_alone(name):
    pages = [*(SOURCE / "web").glob("*.py"), *(REPOSITORY / "pages").glob("*.py"), REPOSITORY / "app.py"]
    users = set()
    for path in pages:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and name in {alias.name for alias in node.names}:
                users.add(path.name)
    assert users == DOORS[name]
