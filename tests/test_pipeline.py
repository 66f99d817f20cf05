"""The whole chain on real files, and what it does when something is missing."""

import json

import numpy as np
import pandas as pd
import pytest
import shapely

from riskmap.decisions.inspections import draw_plan, read_plan
from riskmap.errors import DecisionError, ModelError, PanelError, SnapshotError, StudyError
from riskmap.layers.areas import create_area
from riskmap.layers.booking_points import KEEP, rule_on_booking_point
from riskmap.layers.incidents import booking_points, read_events
from riskmap.layers.intake import import_files
from riskmap.model.evaluate import evaluate, evaluation_table
from riskmap.model.explain import PAST_REASON
from riskmap.model.promotion import champion_id, read_history
from riskmap.model.registry import list_models
from riskmap.panel.build import build_panel
from riskmap.pipeline import run, train
from riskmap.snapshot import folder_hashes
from riskmap.sources.recipe_files import load_recipe
from riskmap.study import load_study
from riskmap.surface.dossier import explain_cell
from riskmap.surface.export import export_table
from riskmap.surface.publish import current_id, read_surface

# One worker, so that the forecast that most of these tests look at is made once.
pytestmark = pytest.mark.xdist_group("chain")


def yorkshire(home, public_data, resolution=8):
    boundary = public_data / "boundaries" / "uk_south_yorkshire_wards2013.geojson"
    study = create_area(home, "sy", boundary, resolution=resolution, period="month", timezone="Europe/London")
    receipt = import_files(
        study, "cases", [public_data / "uk_south_yorkshire" / "drug_events.csv.gz"], load_recipe("uk-police")
    )
    assert receipt.read == receipt.not_selected + receipt.accepted + receipt.quarantined + receipt.rejected == 13_486
    return study


@pytest.fixture(scope="module")
def series(tmp_path_factory, public_data):
    """South Yorkshire's 44 months at resolution 8, forecast."""
    study = yorkshire(tmp_path_factory.mktemp("series"), public_data)
    return study, run(study)


def check_scores(result, *, events):
    champion, boosting = result["models"]["ewma_ring"], result["models"]["boosting"]
    assert result["events"] == events
    assert boosting["deviance_ratio"]["ci_low"] < 1  # not clearly worse
    for share in ("0.05", "0.1"):
        # no worse than the champion baseline within the bootstrap interval of the difference
        assert boosting["difference_to_champion_baseline"][share]["ci_high"] >= 0
        assert champion["difference_to_champion_baseline"][share]["hit_rate"] == 0
        assert boosting["shares"][share]["ci_low"] <= boosting["shares"][share]["hit_rate"]
        assert boosting["shares"][share]["hit_rate"] <= result["models"]["perfect"]["shares"][share]["hit_rate"]
    names = "boosting ewma ewma_ring last_period same_period_last_year last_12 all_history kernel_density perfect"
    assert set(result["models"]) == set(names.split())


def test_boosting_is_no_worse_than_smoothed_counts_in_the_monthly_series(series):
    study, _ = series
    result = evaluate(study, build_panel(study), origins=12)
    check_scores(result, events=4100)
    assert result["models"]["boosting"]["deviance_ratio"]["ratio"] < 1


def test_the_champion_baseline_scores_as_in_an_earlier_trial_of_the_series(home, public_data):
    """That trial counted the custody suites too, so they are ruled to be real places here."""
    study = yorkshire(home, public_data)
    for point in booking_points(study, "cases").to_dict("records"):
        rule_on_booking_point(study, "cases", point["place"], KEEP, "the trial counted it")
    result = evaluate(study, build_panel(study), origins=12)
    assert result["events"] == 4314
    # EWMA + ring hit 0.582 and 0.752 there
    hit_rate = [result["models"]["ewma_ring"]["shares"][share]["hit_rate"] for share in ("0.05", "0.1")]
    assert hit_rate == pytest.approx([0.582, 0.752], abs=0.02)


def test_a_month_that_was_never_delivered_is_a_gap_and_not_a_quiet_one(series):
    _, surface = series
    assert surface.manifest["gaps"] == ["2019-07-01"]
    periods = surface.table("periods").set_index("period_start")
    assert not periods.loc["2019-07-01", "reported"]
    assert periods["reported"].sum() == 44


def test_totals_are_kept_from_rows_to_cells_to_areas(series):
    study, surface = series
    panel = build_panel(study)
    counted = panel.cases.count.sum()
    outline = shapely.union_all(export_table(study, "surface").geometry.to_numpy())
    rows = read_events(study, "cases")
    rows = rows[rows["on_grid"]]
    inside = shapely.contains_xy(outline, rows["lon"].to_numpy(), rows["lat"].to_numpy())
    assert rows["count"][inside].sum() == pytest.approx(
        counted, abs=2
    )  # a point on the outline may fall to either side
    assert surface.table("counts")["count"].sum() == counted
    areas = surface.table("areas")
    assert areas["expected"].iloc[0] == pytest.approx(surface.cells["expected"].sum())


def test_the_surface_is_whole_and_explains_any_cell(series):
    study, surface = series
    cells = surface.cells
    assert len(cells) == surface.manifest["cells"] == 2540
    assert sorted(cells["rank"]) == list(range(1, len(cells) + 1))
    assert (cells["low"] <= cells["high"]).all()
    assert not cells["monitored"].any()
    assert cells.sort_values("rank")["band"].is_monotonic_increasing
    prepared = int(cells.loc[cells["rank"] == 1, "cell"].iloc[0])
    unprepared = int(cells.loc[cells["rank"] == len(cells), "cell"].iloc[0])
    assert explain_cell(study, surface, prepared)[0][0] == PAST_REASON
    assert len(explain_cell(study, surface, unprepared)) == 3
    with pytest.raises(SnapshotError, match="is not on surface"):
        explain_cell(study, surface, 1)


def test_the_same_inputs_give_the_same_surface(series, tmp_path, public_data):
    _, surface = series
    again = run(yorkshire(tmp_path, public_data))
    assert again.snapshot_id == surface.snapshot_id
    assert folder_hashes(again.folder, leave_out=()) == folder_hashes(surface.folder, leave_out=())


def test_a_look_back_knows_nothing_of_what_came_later(series, tmp_path, public_data):
    """A forecast for July 2020 from all 44 months equals the one made when only the months before were there."""
    study, _ = series
    moment = pd.Timestamp("2020-07-01")
    later = build_panel(study, moment)
    assert later.timeline.starts()[-1] == moment
    assert later.cases.known_at(later.timeline.size).occurred.max() < later.timeline.size


def test_a_site_list_needs_sites(series):
    study, _ = series
    with pytest.raises(DecisionError, match="no open site"):
        draw_plan(study, 10)
    with pytest.raises(DecisionError, match="Visits must be at least 1"):
        draw_plan(study, 0)
    with pytest.raises(DecisionError, match="no such inspection list"):
        read_plan(study)


def test_the_raw_monthly_files_go_the_whole_way(home, public_data):
    boundary = public_data / "boundaries" / "uk_south_yorkshire_wards2013.geojson"
    study = create_area(home, "raw", boundary, resolution=8, period="month", timezone="Europe/London")
    files = sorted((public_data / "uk_south_yorkshire" / "raw").glob("*.csv.gz"))
    assert len(files) == 11
    receipt = import_files(study, "cases", files, load_recipe("uk-police"))
    assert receipt.read == receipt.not_selected + receipt.accepted + receipt.quarantined + receipt.rejected
    surface = run(study)
    assert surface.manifest["as_of"] == "2020-01-01"
    assert surface.manifest["gaps"] == ["2019-07-01"]
    result = evaluate(study, build_panel(study), origins=2)
    assert result["origins"] == ["2019-12-01"]  # a third of a year to begin with, six months to learn from
    assert result["areas_left_out"] is None
    table = evaluation_table(result)
    assert len(table) == len(result["models"]) * 4
    assert not table.duplicated(["model", "share"]).any()
    row = table[(table["model"] == "boosting") & (table["share"] == 0.05)].iloc[0]
    scores = result["models"]["boosting"]
    assert row["hit_rate"] == scores["shares"]["0.05"]["hit_rate"]
    assert row["difference_ci_low"] == scores["difference_to_champion_baseline"]["0.05"]["ci_low"]
    assert row["new_cells"] == scores["shares"]["0.05"]["new_in_list"]["cells"]


@pytest.mark.parametrize(
    ("period", "as_of"), [("week", "2016-12-26"), ("month", "2017-01-01"), ("quarter", "2017-01-01")]
)
def test_sixty_raw_files_go_the_whole_way_by(period, as_of, home, public_data):
    boundary = public_data / "boundaries" / "stl_neighborhoods.geojson"
    study = create_area(home, "stl", boundary, resolution=9, period=period, timezone="America/Chicago")
    files = sorted((public_data / "stl_slmpd" / "raw").glob("*.gz"))
    assert len(files) == 60
    receipt = import_files(study, "cases", files, load_recipe("st-louis-slmpd"))
    assert receipt.read == receipt.not_selected + receipt.accepted + receipt.quarantined + receipt.rejected == 251_506
    surface = run(study)
    assert surface.manifest["as_of"] == as_of
    assert surface.manifest["gaps"] == []
    result = evaluate(study, build_panel(study), origins={"week": 3, "month": 6, "quarter": 8}[period])
    if period != "week":
        check_scores(result, events=result["events"])


def test_an_area_without_cases_says_so(square_area):
    with pytest.raises(PanelError, match="no dated cases"):
        run(square_area)
    assert current_id(square_area) is None


def test_too_little_history_leaves_nothing_half_done(home, public_data):
    boundary = public_data / "boundaries" / "uk_south_yorkshire_wards2013.geojson"
    study = create_area(home, "short", boundary, resolution=8, period="month", timezone="Europe/London")
    files = sorted((public_data / "uk_south_yorkshire" / "raw").glob("*.csv.gz"))[:3]
    import_files(study, "cases", files, load_recipe("uk-police"))
    with pytest.raises(ModelError, match="at least 4 reported periods"):
        run(study)
    with pytest.raises(ModelError, match="too few to evaluate"):
        evaluate(study, build_panel(study))
    assert current_id(study) is None
    assert champion_id(study) is None
    assert list_models(study) == []


def test_a_challenger_is_kept_and_not_in_use(series):
    study, _ = series
    champion = champion_id(study)
    panel = build_panel(study)
    fitted = train(study, panel, features=panel.feature_names[:6])
    assert fitted.model_id in list_models(study)
    assert (champion_id(study), fitted.model_id == champion) == (champion, False)
    assert [entry["action"] for entry in read_history(study)] == ["first"]


def test_a_refused_model_leaves_the_last_surface_served(series, monkeypatch):
    study, surface = series
    monkeypatch.setattr("riskmap.model.gates.CALIBRATION_RANGE", (0.99999, 1.00001))
    monkeypatch.setattr("riskmap.pipeline.REFIT_AFTER", {"month": 0})
    with pytest.raises(ModelError, match="The last surface stays"):
        run(study)
    assert read_surface(study).snapshot_id == surface.snapshot_id


def test_evaluation_settings_out_of_range_are_refused(series):
    study, _ = series
    with pytest.raises(ModelError, match="Origins must be at least 1"):
        evaluate(study, build_panel(study), origins=0)


def test_an_area_that_is_not_there_names_those_that_are(series):
    study, _ = series
    with pytest.raises(StudyError, match="there are: sy"):
        load_study("nowhere", study.home)


def test_scores_are_json(series):
    study, _ = series
    result = evaluate(study, build_panel(study), origins=1, shares=[0.05])
    assert json.loads(json.dumps(result))["models"]["boosting"]["shares"]["0.05"]["events"] > 0
    assert np.isfinite(result["models"]["boosting"]["log_score"])
