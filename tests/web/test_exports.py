"""What is taken away: in each form it says where it is from, is written down, and is made under the rights of then."""

import io
import json

import geopandas as gpd
import openpyxl
import pandas as pd
import pyarrow.parquet as pq
import pyogrio
import pytest
from fabricated import build_study, write_plan
from PIL import Image
from readers import COUNTY, address_of, sign_in, write_rules
from streamlit.testing.v1 import AppTest

from riskmap.audit import read_audit
from riskmap.figures.change_map import STEPS
from riskmap.figures.scale import PALETTE, rgb
from riskmap.study import REPOSITORY, load_study
from riskmap.surface.export import export_table
from riskmap.surface.publish import read_surface
from riskmap.web import access
from riskmap.web.access_rules import AccessError
from riskmap.web.exports import LIST_KEY, Export, about_file, export_file, file_name

SHAPES = "areas"


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    home = tmp_path_factory.mktemp("exports")
    write_plan(build_study(home, surfaces=1))
    write_rules(home)
    settings = home / "geodata" / "ocean" / "study.toml"
    settings.write_text(settings.read_text() + 'marking = "内部"\n')
    return home


@pytest.fixture
def study(home, monkeypatch):
    monkeypatch.setenv("RISKMAP_HOME", str(home))
    return load_study("ocean", home)


def taken(study, form):
    export = Export(SHAPES, SHAPES, lambda: export_table(study, "surface_areas"), shapes=True)
    return export_file(study, export, form, about_file(study, read_surface(study), SHAPES))


def test_every_form_says_where_it_is_from(study, tmp_path):
    about = about_file(study, read_surface(study), SHAPES)
    assert about["snapshot_id"] == read_surface(study).snapshot_id
    assert about["scale_id"].startswith("2025Q4-")
    told = {key: about[key] for key in ("snapshot_id", "data_cut_off", "scale_id", "marking", "simulated")}
    assert all(told.values())

    (tmp_path / "x.gpkg").write_bytes(taken(study, "gpkg"))
    assert told.items() <= pyogrio.read_info(tmp_path / "x.gpkg")["layer_metadata"].items()
    assert told.items() <= json.loads(taken(study, "geojson"))["riskmap"].items()
    assert len(gpd.read_file(io.BytesIO(taken(study, "geojson")))) == 7
    content = io.BytesIO(taken(study, "parquet"))
    assert told.items() <= json.loads(pq.read_schema(content).metadata[b"riskmap"]).items()
    assert gpd.read_parquet(content).crs == "EPSG:4326"
    table = pd.read_csv(io.BytesIO(taken(study, "csv")))
    assert {key: set(table[key]) for key in told} == {key: {text} for key, text in told.items()}
    book = openpyxl.load_workbook(io.BytesIO(taken(study, "xlsx")))
    assert book["list"]["A1"].value == "SIMULATED / 模拟数据"
    assert told.items() <= dict(row[:2] for row in book["about"].iter_rows(values_only=True) if len(row) > 1).items()


def test_the_name_of_a_file_tells_the_same(study):
    about = about_file(study, read_surface(study), "cells")
    cut_off, snapshot = about["data_cut_off"][:10], about["snapshot_id"]
    assert file_name(about, "csv") == f"ocean-cells-{cut_off}-{snapshot}-SIMULATED.csv"
    assert file_name({**about, "simulated": ""}, "csv") == f"ocean-cells-{cut_off}-{snapshot}.csv"


def test_who_took_what_is_written_down(study, monkeypatch):
    sign_in(monkeypatch, "officer")
    taken(study, "csv")
    last = read_audit(study.home).iloc[0]
    assert last["who"] == address_of("officer")
    assert last["event"] == "export"
    assert last["detail"].endswith("SIMULATED.csv")


def test_a_file_is_made_under_the_rights_of_then(study, monkeypatch):
    sign_in(monkeypatch, "officer")
    later = access.kept_for_later(lambda: taken(study, "csv"))
    monkeypatch.setattr(access, "claims_of_session", ORIGINAL)  # as outside of any session
    assert later()
    path = study.home / "geodata" / "access.toml"
    kept = path.read_text()
    try:
        path.write_text("")
        with pytest.raises(AccessError, match="No rule gives"):
            later()
        whom = f'email = "{address_of("officer")}"'
        path.write_text(f'[[rule]]\n{whom}\nrole = "officer"\nstudies = ["ocean"]\nareas = ["{COUNTY}"]\n')
        with pytest.raises(AccessError, match="has changed; open the page again"):
            later()
    finally:
        path.write_text(kept)


ORIGINAL = access.claims_of_session


@pytest.mark.parametrize(
    ("page", "offered"),
    [
        ("overview", {"areas", "history", "freshness"}),
        ("risk_map", {"cells", "map_picture", "sites", "cases", "plants"}),
        ("inspections", {"inspections", "inspections_map"}),
    ],
)
def test_pages_offer_their_tables_and_maps(study, page, offered):
    session = AppTest.from_file(str(REPOSITORY / "pages" / f"{page}.py"), default_timeout=60)
    session.query_params.update({"lang": "en", "l": "chw"})
    session.run()
    assert not session.exception
    assert offered <= set(session.session_state[LIST_KEY])
    assert session.get("download_button")


def taken_picture(study, name, **shown):
    """Return the picture that the page of the risk map offers."""
    session = AppTest.from_file(str(REPOSITORY / "pages" / "risk_map.py"), default_timeout=60)
    session.query_params.update({"lang": "en", **shown})
    session.run()
    assert not session.exception
    export = session.session_state[LIST_KEY][name]
    return Image.open(io.BytesIO(export_file(study, export, "png", about_file(study, read_surface(study), name))))


def test_a_map_of_change_is_taken_as_it_is_shown(study):
    expected = {tuple(rgb(colour)) for colour in PALETTE}
    colours = {colour for _, colour in taken_picture(study, "map_picture", m="d").convert("RGB").getcolors(1 << 24)}
    assert not expected <= colours
    assert {tuple(rgb(colour)) for colour in STEPS.values()} <= colours
    beside = taken_picture(study, "second_picture", m="s").convert("RGB").getcolors(1 << 24)
    assert expected <= {colour for _, colour in beside}


def test_a_map_is_drawn_with_its_mark_and_origin(study):
    picture = taken_picture(study, "map_picture")
    assert picture.size == (1600, 1000)
    assert picture.text["snapshot_id"] == read_surface(study).snapshot_id
    assert picture.text["simulated"] == "SIMULATED / 模拟数据"
    colours = {colour for _, colour in picture.convert("RGB").getcolors(1 << 24)}
    assert (255, 211, 61) in colours  # the mark of simulated data
    assert {tuple(rgb(colour)) for colour in PALETTE} <= colours
