"""Each entry of the table in docs/access.md, checked: every kind of reader before every page, route and act."""

import gzip
import io
import json
import re
import time
from types import SimpleNamespace

import h3
import pandas as pd
import pytest
from delivered import delivered
from fabricated import answer_of, area_boxes, blank_slides, build_study, locate, write_plan, write_samples
from readers import AUTH, COUNTY, address_of, sign_in, write_rules
from streamlit.testing.v1 import AppTest

from riskmap.briefing.slide import SCREEN
from riskmap.decisions.challenges import file_challenge, list_challenges
from riskmap.decisions.inspections import read_plan
from riskmap.layers.store import read_layer
from riskmap.study import REPOSITORY, load_study
from riskmap.surface.export import export_table
from riskmap.surface.publish import read_surface
from riskmap.web import (
    access,
    audit_view,
    base_map,
    blind_spots,
    briefing,
    changes,
    checks,
    jobs,
    loaded,
    map_exports,
    map_lines,
    map_tiles,
    quarantine,
    signed,
)
from riskmap.web.access_rules import AccessError
from riskmap.web.checks import Order
from riskmap.web.exports import LIST_KEY, Export, about_file, export_file
from riskmap.web.open_door import sign_in_routes

LIMIT_S = 120
REFUSED = re.compile("takes the role|reads or changes the whole|No rule gives|nobody is signed in")
NAMES_ON_MAP = re.compile(rb"/map/lines/[\w-]+/names-en\.json\?zoom=[\d.]+&px=\d+")
OUTSIDE_NAMES = ("灯塔区", "Lighthouse", "西礁市", "West Reef")


def matrix():
    """Return what -> reader -> outcome, as the table says."""
    text = (REPOSITORY / "docs" / "access.md").read_text(encoding="utf-8").split("<!-- matrix -->")[1]
    lines = [line for line in text.split("\n## ")[0].splitlines() if line.startswith("|")]
    head, _, *rows = ([cell.strip() for cell in line.strip("|").split("|")] for line in lines)
    return {row[0]: dict(zip(head[1:], row[1:], strict=True)) for row in rows}


MATRIX = matrix()


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    home = tmp_path_factory.mktemp("matrix")
    study = build_study(home, surfaces=2)
    write_plan(study)
    write_samples(study)
    write_rules(home)
    return home


@pytest.fixture(scope="module")
def delivered_home(tmp_path_factory):
    """The same area with imports that came through intake, for the page Data."""
    home = tmp_path_factory.mktemp("matrix-delivered")
    delivered(home)
    write_rules(home)
    return home


@pytest.fixture(scope="module")
def places(home, delivered_home):
    """What only readers of the whole may be sent: names of areas, sites and cells outside the county."""
    study = load_study("ocean", home)
    sites = read_layer(study, "sites")
    region = area_boxes().set_index("area_code").loc[COUNTY, "geometry"]
    outside = sites[~sites.within(region)]
    cells = read_surface(study).cells["cell"].to_numpy()
    county = locate(cells)["county"].to_numpy()
    return SimpleNamespace(
        names=[*OUTSIDE_NAMES, *outside["name_zh"][outside["name_zh"].str.startswith("示范")]],
        within=h3.int_to_str(int(cells[county == COUNTY][0])),
        without=h3.int_to_str(int(cells[county == "100201"][0])),
        delivered=delivered_home,
    )


@pytest.fixture
def study(home, monkeypatch):
    monkeypatch.setenv("RISKMAP_HOME", str(home))
    return load_study("ocean", home)


# --- pages


def open_page(monkeypatch, path, reader, **parameters):
    session = AppTest.from_file(str(path), default_timeout=LIMIT_S)
    # AppTest keeps its secrets where sign-in does not look.
    for module in ("sign_in_settings", "sign_in"):
        monkeypatch.setattr(f"riskmap.web.{module}.auth_section", lambda: AUTH)
    if reader != "nobody":
        session.user = {"is_logged_in": True, "email": address_of(reader)}
    for key, value in parameters.items():
        session.query_params[key] = value
    session.run()
    assert not session.exception, session.exception
    return session


def sent(session):
    """Return all texts that the page sends to the browser, tables and maps included, as UTF-8."""
    protos = [getattr(element, "proto", None) for element in session.main]
    return b"\n".join(proto.SerializeToString() for proto in protos if proto is not None)


def outcome_of_page(session, places, shows=()):
    """Return yes, part or no; a refused page sends nothing but its refusal."""
    content = sent(session)
    for address in sorted(set(NAMES_ON_MAP.findall(content))):
        content += gzip.decompress(ask(address.decode()).body)
    texts = " ".join(element.proto.body for element in session.get("html"))
    found = [name for name in places.names if name.encode() in content]
    if REFUSED.search(texts):
        assert not found
        assert not session.dataframe
        assert not session.metric
        return "no"
    assert not [text for text in shows if text.encode() not in content]
    return "yes" if found else "part"


def page(name, shows=(), **parameters):
    """A page run by itself, as one that forgot the entry before it."""

    def check(reader, study, places, monkeypatch):
        given = {key: value(places) if callable(value) else value for key, value in parameters.items()}
        session = open_page(monkeypatch, REPOSITORY / "pages" / f"{name}.py", reader, lang="en", **given)
        return outcome_of_page(session, places, shows)

    return check


def page_of_all(name, shows, **parameters):
    """A page on which no place is named: whoever sees it sees all of it."""

    def check(reader, study, places, monkeypatch):
        if name == "data":
            monkeypatch.setenv("RISKMAP_HOME", str(places.delivered))
        found = page(name, shows, **parameters)(reader, study, places, monkeypatch)
        return "yes" if found == "part" else found

    return check


def help_page(reader, study, places, monkeypatch):
    """The page has the doubts of readers, and no other place."""
    cell = places.without
    if not list_challenges(study):
        file_challenge(study, "s", "This is wrong about the outside.", cell=cell)
    content = page("help", ["What a score means"])
    inside = SimpleNamespace(names=[cell], within=places.within, without=cell)
    return content(reader, study, inside, monkeypatch)


def briefing_page(reader, study, places, monkeypatch):
    """The page shows pictures; what is written in them is looked at in the slides that they are drawn from."""
    blank_slides(monkeypatch)
    found = page("briefing")(reader, study, places, monkeypatch)
    if found == "no":
        return found
    enter(monkeypatch, reader)
    said = repr(briefing.load_pack(study, read_surface(study)).slides(SCREEN))
    assert "Coral County" in said or "珊瑚县" in said
    return "yes" if [name for name in places.names if name in said] else "part"


def dossier(which):
    def check(reader, study, places, monkeypatch):
        cell = getattr(places, which)
        session = open_page(monkeypatch, REPOSITORY / "pages" / "risk_map.py", reader, lang="en", a="ocean", c=cell)
        if f"Cell {cell}" not in [element.value for element in session.subheader]:
            return "no"
        return outcome_of_page(session, places, ["Why here"])

    return check


def area_dossier(code, name):
    def check(reader, study, places, monkeypatch):
        path = REPOSITORY / "pages" / "risk_map.py"
        session = open_page(monkeypatch, path, reader, lang="en", a="ocean", v=code)
        if name not in [element.value for element in session.subheader]:
            return "no"
        return outcome_of_page(session, places, ["areas of its level"])

    return check


def entry(shows=(), **parameters):
    def check(reader, study, places, monkeypatch):
        path = REPOSITORY / "src" / "riskmap" / "web" / "entry.py"
        session = open_page(monkeypatch, path, reader, lang="en", **parameters)
        texts = " ".join(element.proto.body for element in session.get("html"))
        if "/sign-in?" in texts:
            assert not session.dataframe
            assert not session.get("deck_gl_json_chart")
            return "asked"
        return outcome_of_page(session, places, shows)

    return check


# --- addresses


def ask(address):
    return answer_of([*map_tiles.routes(), *map_lines.routes(), *base_map.routes(), *sign_in_routes()], address)


def tiles(kind, spoil=None, shows="expected"):
    """An address as the page hands it out, asked for without any session, as the browser or anybody does."""

    def check(reader, study, places, monkeypatch):
        enter(monkeypatch, reader)
        whole = read_surface(study)
        if spoil == "expired":
            monkeypatch.setattr(map_tiles, "sign", lambda claims: signed.sign(claims, time.time() - 3 * signed.VALID_S))
        try:
            seen = loaded.load_surface(study, whole.snapshot_id)
            template = getattr(map_tiles.tile_source(study, seen, "", "", shows), kind)
        except AccessError:
            return "no"
        finally:
            monkeypatch.undo()
        monkeypatch.setenv("RISKMAP_HOME", str(study.home))
        if spoil == "altered":
            head, _, tail = template.partition("/{z}")
            template = f"{head[:-3]}AAA/{{z}}{tail}"
        index = map_tiles.load_tiles(study, whole).index
        answers = [ask(template.format(z=z, x=x, y=y)) for z, x, y in index]
        codes = {answer.status_code for answer in answers}
        if codes == {403}:
            return "no"
        assert codes <= {200, 204}
        size = sum(len(gzip.decompress(answer.body)) for answer in answers if answer.status_code == 200)
        all_cells = sum(len(map_tiles.load_tiles(study, whole).cells_at(address)) for address in index)
        shown = size / (40 if kind == "cells" else 8)
        return "yes" if shown > all_cells / 2 else "part"

    return check


def lines(reader, study, places, monkeypatch):
    """Borders of counties within the area: a cross of four pieces between four, or the two inner sides of one."""
    enter(monkeypatch, reader)
    try:
        seen = access.require("view", study)
        address = map_lines.line_source(seen).format(name="counties")
    except AccessError:
        return "no"
    finally:
        monkeypatch.undo()
    monkeypatch.setenv("RISKMAP_HOME", str(study.home))
    answer = ask(address)
    if answer.status_code == 403:
        return "no"
    return {4: "yes", 2: "part"}[len(json.loads(gzip.decompress(answer.body)))]


def public(path, status, query=""):
    def check(reader, study, places, monkeypatch):
        monkeypatch.setattr("riskmap.web.open_door.auth_section", lambda: AUTH)
        monkeypatch.setattr("riskmap.web.open_door.encode_provider_token", lambda provider: provider)
        answer = ask(f"{path}?{query}")
        assert answer.status_code == status
        assert b"ocean" not in answer.headers.get("location", "").encode()
        return "public"

    return check


# --- acts


def enter(monkeypatch, reader):
    sign_in(monkeypatch, None if reader == "nobody" else reader)


DOORS = ("import_files", "undo_import", "correct_rows", "dismiss_rows", "rule_on_booking_point", "rollback")


def act(work, part=lambda result: False):
    """Do something as the reader, with what takes minutes left out: yes, part, or no where the door refuses."""

    def check(reader, study, places, monkeypatch):
        enter(monkeypatch, reader)
        for name in DOORS:
            monkeypatch.setattr(changes, name, lambda *_, **__: "done")
        preview = SimpleNamespace(receipt="receipt", rows=pd.DataFrame(), quarantine=pd.DataFrame())
        monkeypatch.setattr(checks, "preview_files", lambda *_, **__: preview)
        monkeypatch.setattr(jobs.subprocess, "Popen", lambda *_, **__: SimpleNamespace(wait=lambda: 0))
        try:
            result = work(study)
        except AccessError:
            return "no"
        return "part" if part(result) else "yes"

    return check


def start(kind, **about):
    return act(lambda study: jobs.start_job(study, kind, language="en", **about))


def take_pack(study):
    """Take a file of the pack as the page makes it; what it says of itself stands in the place of drawn slides."""
    pack = briefing.load_pack(study, read_surface(study))
    name = pack.documents[0]
    pack._files[name] = ",".join(pack.facts.study.within).encode()
    return briefing.take(pack, name)


def frozen_files(study):
    found = loaded.plan_files(study, read_plan(study))
    if not found:
        raise AccessError("No rule gives {who} access to area {area}.", who="", area="")
    return found


def exported(table, whole=None):
    """Take a table as CSV; it is part of it where rows of the `whole` are missing."""

    def work(study):
        (seen,) = access.known_studies() or (access.require("export", study),)  # a stranger asks for it all the same
        surface = loaded.load_surface(seen, read_surface(study).snapshot_id)
        export = Export("x", "x", lambda: table(seen, surface))
        content = export_file(seen, export, "csv", about_file(seen, surface, "x"))
        rows = pd.read_csv(io.BytesIO(content))
        return len(rows) - (whole or len(table(study, read_surface(study))))

    return act(work, lambda less: less < 0)


def offered(page_name, name, whole):
    """Take as CSV what a page offers its reader; it is part of it where there are fewer rows than the `whole` has."""

    def check(reader, study, places, monkeypatch):
        session = open_page(monkeypatch, REPOSITORY / "pages" / f"{page_name}.py", reader, lang="en")
        found = session.session_state.get(LIST_KEY, {})
        if name not in found:
            return "no"

        def work(study):
            (seen,) = access.known_studies() or (study,)
            content = export_file(seen, found[name], "csv", about_file(seen, None, name))
            return len(pd.read_csv(io.BytesIO(content))) - whole(study)

        return act(work, lambda less: less < 0)(reader, study, places, monkeypatch)

    return check


def overlooked(study, surface):
    """Blind spots as the map gives them, were every county of the forecast one."""

    def all_few(_study, surface):
        areas = surface.table("areas")
        counties = areas[areas["level"] == "county"]
        few = {"measure": "hours", "ratio": 0.3, "low": 0.2, "high": 0.5, "verdict": "few"}
        return counties[["area_code"]].assign(**few)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(blind_spots, "_looking", all_few)
        blind_spots._on_map.clear()
        try:
            return blind_spots.blind_spots_on_map(study, surface)
        finally:
            blind_spots._on_map.clear()


def take_map(study):
    """Take the map as the page offers it, and return how many areas are drawn in it."""
    (seen,) = access.known_studies() or (access.require("export", study),)
    drawn = []
    surface = loaded.load_surface(seen, read_surface(study).snapshot_id)
    export = Export("map", "map", picture=lambda about: drawn.append(len(read_layer(seen, "areas"))) or b"")
    export_file(seen, export, "png", about_file(seen, surface, "map"))
    return drawn[0]


def take_quarantine(study):
    return quarantine.workbook_bytes(study, "cases", pd.DataFrame({"a": ["1"]}))


RECIPE = SimpleNamespace(layer="cases", name="test", text="")
CHECKS = {
    "entry: the bar and the first page": entry(),
    "wall: all screens": entry(["rm-wall-head", "Coral County", "/map/cells/"], wall="1"),
    "page overview": page("overview", ["Expected cases", "Coral County"]),
    "page risk_map": page("risk_map", ["/map/cells/"], l="hecsw"),
    "page risk_map: a dossier inside the county": dossier("within"),
    "page risk_map: a dossier outside the county": dossier("without"),
    "page risk_map: the dossier of their county": area_dossier(COUNTY, "Coral County"),
    "page risk_map: the dossier of another county": area_dossier("100201", "Lighthouse District"),
    "page risk_map: what changed": page("risk_map", ["Change against", "/map/cells/"], m="d"),
    "page wastewater": page("wastewater", ["Sampling"]),
    "page inspections": page("inspections", ["Sites to visit"]),
    "page briefing": briefing_page,
    "page help": help_page,
    "page data: bring_in": page_of_all("data", ["Known recipes"], part="bring_in"),
    "page data: sources": page_of_all("data", ["Imports in effect"], part="sources"),
    "page data: quarantine": page_of_all("data", ["Why rows wait"], part="quarantine"),
    "page data: booking_points": page_of_all("data", ["A booking point holds"], part="booking_points"),
    "page models": page_of_all("models", ["This area has no model yet"]),
    "page models: audit log": act(audit_view.audit_table),
    "address of cells, as handed out": tiles("cells"),
    "address of dots, as handed out": tiles("dots"),
    "address of a change, as handed out": tiles("cells", shows="change:baseline"),
    "address of lines, as handed out": lines,
    "address of cells, altered": tiles("cells", "altered"),
    "address of cells, expired": tiles("cells", "expired"),
    "route /map/mvt-worker.js": public("/map/mvt-worker.js", 200),
    "route /map/style.json": public("/map/style.json", 404),
    "route /sign-in": public("/sign-in", 302, "next=%2Frisk_map%3Fa%3Docean"),
    "export cells": exported(lambda study, surface: map_exports.cells_of_place(study, surface, "", "")),
    "export cases": exported(lambda study, surface: export_table(study, "cases")),
    "export areas": exported(lambda study, surface: export_table(study, "surface_areas", surface)),
    "export blind spots": exported(overlooked, whole=4),
    "export the inspection list": exported(lambda study, surface: read_plan(study).sites),
    "export the sampling places": offered(
        "wastewater", "sampling_places", lambda study: len(read_layer(study.whole(), "plants"))
    ),
    "export the map as a picture": act(take_map, lambda size: size == 1),
    "export a table of the page Data": exported(lambda study, surface: export_table(study, "sites")),
    "briefing: take a file": act(take_pack, lambda content: content == COUNTY.encode()),
    "inspections: take the frozen files": act(frozen_files),
    "file a doubt": act(lambda study: changes.doubt(study, "s", "This is wrong, I was there.", place=COUNTY)),
    "keep the staff's comment": act(lambda study: changes.keep_comment(study, "s", "")),
    "check an import": act(lambda study: checks.check_order(Order(study, [], RECIPE, None), accept=False)),
    "import": act(lambda study: changes.bring_in(study, [], RECIPE)),
    "undo an import": act(lambda study: changes.take_back(study, "x", "because")),
    "correct rows of the quarantine": act(lambda study: changes.correct(study, "cases", pd.DataFrame())),
    "take the quarantine as a workbook": act(
        lambda study: quarantine.workbook_bytes(study, "cases", pd.DataFrame({"a": ["1"]}))
    ),
    "leave rows out": act(lambda study: changes.leave_out(study, "cases", [], "because")),
    "rule on a booking point": act(lambda study: changes.rule_on_point(study, "cases", "x", "keep", "because")),
    "follow a job": act(jobs.read_job),
    "start training": start("train"),
    "start a comparison": start("compare", model_id="m"),
    "start an evaluation": start("evaluate"),
    "promote a model": start("promote", model_id="m", reason="", override=False),
    "roll back a model": act(lambda study: changes.roll_back(study, "because")),
}


def test_the_table_and_the_checks_speak_of_the_same_things():
    assert list(MATRIX) == list(CHECKS)
    pages = {path.stem for path in (REPOSITORY / "pages").glob("*.py")}
    assert pages == {what.split()[1].rstrip(":") for what in MATRIX if what.startswith("page ")}
    paths = {
        route.path.split("/{")[0]
        for route in [*map_tiles.routes(), *map_lines.routes(), *base_map.routes(), *sign_in_routes()]
    }
    told = {what.split()[1] for what in MATRIX if what.startswith("route ")} | {"/map/cells", "/map/dots", "/map/lines"}
    assert paths == told


@pytest.mark.parametrize("what", MATRIX)
def test_every_entry_holds(what, study, places, monkeypatch):
    found = {}
    for reader in MATRIX[what]:
        with pytest.MonkeyPatch.context() as patched:
            patched.setenv("RISKMAP_HOME", str(study.home))
            found[reader] = CHECKS[what](reader, study, places, patched)
    assert found == MATRIX[what]
