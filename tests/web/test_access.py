"""Who may do what: rules, roles, and what a reader of some areas gets from every function that reads."""

import json

import numpy as np
import pandas as pd
import pytest
from fabricated import build_study, locate, write_evaluation, write_plan, write_samples
from readers import COUNTY, ROLES, address_of, sign_in, write_rules

from riskmap.audit import AuditError, audit_path, read_audit, record
from riskmap.briefing.pack_facts import gather_pack
from riskmap.decisions.challenges import file_challenge, list_challenges
from riskmap.decisions.inspections import read_plan
from riskmap.figures.scale import published_scale
from riskmap.grid.cells import cell_centres
from riskmap.layers.incidents import read_events
from riskmap.layers.store import read_layer
from riskmap.study import load_study
from riskmap.surface.dossier import explain_cell
from riskmap.surface.export import export_table
from riskmap.surface.publish import list_surfaces, read_surface
from riskmap.web import access, changes, jobs, loaded
from riskmap.web.access_rules import LEAST_ROLES, OF_A_PART, AccessError, Rules, read_rules, reader_of

WEST, MIDDLE, EAST, NORTH = 0.10, 0.35, 0.60, 0.50
MIDDLE_NORTH = 0.30
"""COUNTY is the north-eastern quarter of the invented area (fabricated.py)."""


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    home = tmp_path_factory.mktemp("access")
    study = build_study(home)
    write_plan(study)
    write_samples(study)
    write_evaluation(study)
    write_rules(home)
    return home


@pytest.fixture
def study(home, monkeypatch):
    monkeypatch.setenv("RISKMAP_HOME", str(home))
    return load_study("ocean", home)


@pytest.fixture
def county(study):
    return study.narrowed((COUNTY,))


def inside(lon, lat):
    return (lon >= MIDDLE - 1e-9) & (lat >= MIDDLE_NORTH - 1e-9)


def rules(text):
    import tomllib

    return Rules.model_validate(tomllib.loads(text))


# --- rules


def test_the_first_rule_that_names_reader_and_study_counts():
    known = rules(
        '[[rule]]\nemail = "a@b.c"\nrole = "admin"\nstudies = ["x"]\n'
        '[[rule]]\ngroup = "staff"\nrole = "viewer"\nstudies = ["*"]\nareas = ["1"]\n'
    )
    reader = reader_of({"email": "A@B.c ", "groups": ["staff", "others"]}, known)
    assert reader.rule_for("x").role == "admin"
    assert reader.rule_for("y").role == "viewer"
    assert reader_of({"email": "d@b.c"}, known).rule_for("x") is None


@pytest.mark.parametrize("verified", [False, "false"])
def test_an_unverified_address_names_nobody(verified):
    known = rules('[[rule]]\nemail = "a@b.c"\nrole = "admin"\nstudies = ["*"]\n')
    assert not reader_of({"email": "a@b.c", "email_verified": verified}, known).is_known
    assert reader_of({"email": "a@b.c", "email_verified": True}, known).is_known


def test_groups_may_come_under_another_claim_and_as_one_text():
    known = rules('group_claim = "roles"\n[[rule]]\ngroup = "staff"\nrole = "viewer"\nstudies = ["*"]\n')
    assert reader_of({"sub": "7", "roles": "staff"}, known).is_known
    assert not reader_of({"sub": "7", "groups": ["staff"]}, known).is_known


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x = 1", "x: Extra inputs"),
        ('[[rule]]\nrole = "viewer"\nstudies = ["*"]', "either an email or a group"),
        ('[[rule]]\nemail = "a"\ngroup = "b"\nrole = "viewer"\nstudies = ["*"]', "either an email or a group"),
        ('[[rule]]\nemail = "a"\nrole = "boss"\nstudies = ["*"]', "rule.0.role"),
        ('[[rule]]\nemail = "a"\nrole = "viewer"\nstudies = []', "rule.0.studies"),
        ('[[rule]]\nemail = "a"\nrole = "viewer"\nstudies = ["*"]\nareas = []', "rule.0.areas"),
        ('[[rule]]\nemail = "a"\nrole = "viewer"\nstudies = ["*"]\nsecret = 1', "rule.0.secret"),
        ("[[rule]", "TOML"),
    ],
)
def test_rules_that_are_none_give_nobody_anything(tmp_path, text, said):
    (tmp_path / "geodata").mkdir()
    (tmp_path / "geodata" / "access.toml").write_text(text)
    with pytest.raises(AccessError, match=said):
        read_rules(tmp_path)


def test_rules_are_read_anew_when_they_change(tmp_path):
    import os

    assert read_rules(tmp_path).rule == ()
    path = tmp_path / "geodata" / "access.toml"
    path.parent.mkdir()
    path.write_text('[[rule]]\nemail = "a@b.c"\nrole = "viewer"\nstudies = ["*"]\n')
    assert len(read_rules(tmp_path).rule) == 1
    path.write_text("")
    os.utime(path, ns=(1, 1))
    assert read_rules(tmp_path).rule == ()


# --- the door


def test_whoever_sits_at_the_machine_may_do_everything(study):
    assert all(access.may(action, study) for action in LEAST_ROLES)
    assert access.require("view", study.narrowed((COUNTY,))).within == ()


def test_nobody_reads_where_sign_in_is_set_up_and_nobody_is_signed_in(monkeypatch, study):
    sign_in(monkeypatch, None)
    with pytest.raises(AccessError, match="nobody is signed in"):
        access.require("view", study)
    with pytest.raises(AccessError, match="nobody is signed in"):
        access.known_studies()


def test_a_stranger_sees_no_study(monkeypatch, study):
    sign_in(monkeypatch, "stranger")
    assert access.known_studies() == []
    with pytest.raises(AccessError, match=r"No rule gives stranger@example\.org access to area ocean"):
        access.require("view", study)


@pytest.mark.parametrize("role", ROLES)
def test_each_role_may_do_what_those_before_it_may(monkeypatch, study, role):
    sign_in(monkeypatch, role)
    for action, least in LEAST_ROLES.items():
        assert access.may(action, study) == (ROLES.index(role) >= ROLES.index(least)), action


@pytest.mark.parametrize("role", ROLES)
def test_who_sees_a_part_does_only_what_a_part_is_enough_for(monkeypatch, study, role):
    sign_in(monkeypatch, f"{role} of a county")
    for action, least in LEAST_ROLES.items():
        may = ROLES.index(role) >= ROLES.index(least) and action in OF_A_PART
        assert access.may(action, study) == may, action


def test_a_study_that_a_page_opened_by_itself_is_narrowed_at_the_door(monkeypatch, study):
    sign_in(monkeypatch, "viewer of a county")
    assert access.require("view", study.whole()).within == (COUNTY,)
    (seen,) = access.known_studies()
    assert seen.within == (COUNTY,)
    assert seen.name("en") == "Ocean Demonstration Area · Coral County"
    assert seen.name("zh") == "海洋示范区 · 珊瑚县"


def test_readers_with_a_memory_keep_readers_apart(monkeypatch, study):
    snapshot = list_surfaces(study)[-1].snapshot_id
    whole = loaded.load_surface(study, snapshot)
    sign_in(monkeypatch, "viewer of a county")
    part = loaded.load_surface(study, snapshot)
    facts = loaded.load_facts(study, whole)  # even for a surface that was read for somebody else
    assert 0 < len(part.cells) < len(whole.cells)
    assert len(facts.surface.cells) == len(part.cells)
    outside = whole.cells["cell"][~whole.cells["cell"].isin(part.cells["cell"])].iloc[0]
    assert loaded.load_cell(study, whole, f"{outside:x}", "") is None
    assert len(loaded.load_layer(study, "cases")) < len(read_events(study, "cases"))
    assert loaded.plan_files(study, read_plan(study)) == [] if access.may("export", study) else True
    sign_in(monkeypatch, "officer of a county")
    assert loaded.plan_files(study, read_plan(study)) == []
    sign_in(monkeypatch, "officer")
    assert len(loaded.load_surface(study, snapshot).cells) == len(whole.cells)
    assert loaded.plan_files(study, read_plan(study))


@pytest.mark.parametrize("reader", ["viewer", "officer", "analyst of a county", "admin of a county"])
def test_changes_are_refused_by_the_functions_that_make_them(monkeypatch, study, reader):
    sign_in(monkeypatch, reader)
    attempts = [
        lambda: changes.bring_in(study, [], None),
        lambda: changes.take_back(study, "x", "y"),
        lambda: changes.correct(study, "cases", pd.DataFrame()),
        lambda: changes.leave_out(study, "cases", [], "y"),
        lambda: changes.rule_on_point(study, "cases", "x", "keep", "y"),
        lambda: changes.roll_back(study, "y"),
        lambda: jobs.start_job(study, "train", language="en"),
        lambda: jobs.start_job(study, "promote", language="en", model_id="m", reason="", override=False),
        lambda: jobs.read_job(study),
    ]
    for attempt in attempts:
        with pytest.raises(AccessError):
            attempt()


def test_an_analyst_promotes_nothing(monkeypatch, study):
    sign_in(monkeypatch, "analyst")
    with pytest.raises(AccessError, match="takes the role approver; on area ocean you are analyst"):
        changes.roll_back(study, "y")
    with pytest.raises(AccessError, match="takes the role approver"):
        jobs.start_job(study, "promote", language="en", model_id="m", reason="", override=False)


def test_comments_are_kept_by_officers_of_the_whole_only(monkeypatch, study):
    snapshot = list_surfaces(study)[-1].snapshot_id
    for reader in ("viewer", "officer of a county"):
        sign_in(monkeypatch, reader)
        with pytest.raises(AccessError):
            changes.keep_comment(study, snapshot, "Watch the harbour.")
    sign_in(monkeypatch, "officer")
    assert changes.keep_comment(study, snapshot, "Watch the harbour.") == "Watch the harbour."


# --- what a narrowed study holds


def test_a_part_of_a_surface_holds_its_cells_and_sums(study, county):
    whole, part = read_surface(study), read_surface(county)
    own = locate(whole.cells["cell"].to_numpy()).set_index("cell")["county"]
    assert set(part.cells["cell"]) == set(own.index[own == COUNTY])
    assert sorted(part.cells["rank"]) == list(range(1, len(part.cells) + 1))
    order = whole.cells.set_index("cell")["rank"].loc[part.cells["cell"]].to_numpy()
    assert (np.argsort(order) == np.argsort(part.cells["rank"].to_numpy())).all()
    areas = part.table("areas")
    assert areas["area_code"].tolist() == ["ocean", COUNTY]
    row = whole.table("areas").set_index("area_code").loc[COUNTY]
    for name in ("expected", "low", "high", "last_count", "before_count", "z"):
        assert areas[name].tolist() == pytest.approx([row[name]] * 2), name
    assert part.manifest["expected_total"] == pytest.approx(row["expected"])
    counts = whole.table("counts")
    total = counts.loc[counts["cell"].map(own) == COUNTY, "count"].sum()
    assert part.table("counts")["count"].sum() == part.table("periods")["cases"].sum() == total
    assert {entry["rows"] for entry in part.manifest["freshness"].values()} == {None}


def test_a_part_of_several_areas_is_their_sum_without_an_interval(study):
    part = read_surface(study.narrowed(("1001", COUNTY, "100202")))
    areas = part.table("areas").set_index("area_code")
    rows = read_surface(study).table("areas").set_index("area_code")
    assert set(areas.index) == {"ocean", "1001", "100101", "100102", "100202"}
    assert areas.loc["ocean", "expected"] == pytest.approx(rows.loc[["1001", "100202"], "expected"].sum())
    assert np.isnan(areas.loc["ocean", "low"])


def test_an_area_that_no_cell_lies_in_shows_nothing(study):
    from riskmap.errors import SnapshotError

    with pytest.raises(SnapshotError, match="No cell of this forecast lies in 999"):
        read_surface(study.narrowed(("999",)))
    assert len(read_layer(study.narrowed(("999",)), "sites")) == 0


def test_colours_mean_the_same_counts_to_every_reader(study, county):
    assert published_scale(county, read_surface(county)) == published_scale(study, read_surface(study))


@pytest.mark.parametrize("layer", ["cases", "seizures"])
def test_events_outside_are_not_read(study, county, layer):
    every, own = read_events(study, layer), read_events(county, layer)
    kept = every[inside(every["lon"], every["lat"])]
    assert 0 < len(own) < len(every)
    assert set(own["id"]) == set(kept["id"])


def test_layers_outside_are_not_read(study, county):
    sites = read_layer(county, "sites")
    assert 0 < len(sites) < len(read_layer(study, "sites"))
    assert inside(sites.geometry.x, sites.geometry.y).all()
    assert read_layer(county, "areas")["area_code"].tolist() == [COUNTY]
    assert read_layer(county, "plants")["plant_id"].tolist() == ["P1"]
    assert set(read_layer(county, "samples")["plant_id"]) == {"P1"}


def test_a_list_holds_the_sites_inside(study, county):
    plan = read_plan(county)
    assert 0 < len(plan.sites) < len(read_plan(study).sites)
    assert inside(plan.sites["lon"], plan.sites["lat"]).all()


def test_doubts_of_others_places_are_not_read(tmp_path):
    study = build_study(tmp_path, surfaces=1)
    cells = read_surface(study).cells["cell"].to_numpy()
    lon, lat = cell_centres(cells)
    within, without = (f"{cells[inside(lon, lat) == found][0]:x}" for found in (True, False))
    for cell, place in ((within, ""), (without, ""), ("", COUNTY), ("", "100201"), ("", "")):
        file_challenge(study, "s", f"This is wrong there: {cell}{place}", cell=cell, place=place)
    found = {(one.cell, one.place) for one in list_challenges(study.narrowed((COUNTY,)))}
    assert found == {(within, ""), ("", COUNTY)}
    assert len(list_challenges(study)) == 5


def test_a_pack_of_a_part_speaks_of_it_alone(study, county):
    pack = gather_pack(county, read_surface(county))
    assert pack.comment == ""
    assert pack.facts.areas["area_code"].tolist() == [COUNTY]
    assert pack.facts.previous.cells["cell"].isin(pack.surface.cells["cell"]).all()
    assert inside(pack.visits.sites["lon"], pack.visits.sites["lat"]).all()
    row = read_surface(study).table("areas").set_index("area_code").loc[COUNTY]
    assert pack.past["expected"].max() < 2 * row["expected"]
    assert pack.outline.bounds == pytest.approx((MIDDLE, MIDDLE_NORTH, EAST, NORTH))


@pytest.mark.parametrize("what", ["surface", "surface_areas", "cases", "sites", "areas", "plants", "samples"])
def test_exports_of_a_part_hold_nothing_outside(study, county, what):
    table = export_table(county, what)
    assert 0 < len(table) < len(export_table(study, what))
    text = pd.DataFrame(table).astype(str).to_csv()
    for code in ("100102", "100201", "100202"):
        assert f",{code}," not in text


def test_reasons_of_a_cell_are_the_same_for_every_reader(monkeypatch, study, county):
    part = read_surface(county)
    cell = int(part.cells.loc[part.cells["reasons"] != "", "cell"].iloc[0])
    assert explain_cell(county, part, cell) == explain_cell(study, read_surface(study), cell)


# --- the log


def test_the_log_is_only_added_to(tmp_path):
    import sqlite3

    record(tmp_path, "a@b.c", "export", "ocean", "100101", "x.csv")
    record(tmp_path, "a@b.c", "sign_out")
    log = read_audit(tmp_path)
    assert log[["who", "event", "study", "place", "detail"]].to_numpy().tolist() == [
        ["a@b.c", "sign_out", "", "", ""],
        ["a@b.c", "export", "ocean", "100101", "x.csv"],
    ]
    with sqlite3.connect(audit_path(tmp_path)) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        for attempt in ("UPDATE audit SET who = 'x'", "DELETE FROM audit"):
            with pytest.raises(sqlite3.IntegrityError, match="only added to"):
                connection.execute(attempt)
    assert len(read_audit(tmp_path, ["other"])) == 1


def test_what_cannot_be_logged_is_not_done(monkeypatch, tmp_path):
    study = build_study(tmp_path, surfaces=0)
    audit_path(tmp_path).write_text("no database")
    with pytest.raises(AuditError, match="nothing was done"):
        changes.doubt(study, "s", "This is wrong, I was there.")
    assert list_challenges(study) == []


def test_changes_are_logged_with_who_and_where_and_failures_too(monkeypatch, tmp_path):
    study = build_study(tmp_path, surfaces=0)
    write_rules(tmp_path)
    monkeypatch.setenv("RISKMAP_HOME", str(tmp_path))
    sign_in(monkeypatch, "viewer")
    changes.doubt(study, "s", "This is wrong, I was there.", place="100101")
    sign_in(monkeypatch, "approver")
    with pytest.raises(Exception, match="no other model"):
        changes.roll_back(study, "for no reason")
    log = read_audit(tmp_path)
    assert log[["who", "event", "place"]].to_numpy().tolist() == [
        [address_of("approver"), "failed", ""],
        [address_of("approver"), "rollback", ""],
        [address_of("viewer"), "challenge", "100101"],
    ]
    kept = json.loads(next((study.folder / "challenges").glob("*.json")).read_text())
    assert "viewer" not in json.dumps(kept)
