"""Which model is in use: through the gate, in spite of it, and back."""

import geopandas as gpd
import numpy as np
import pytest
from shapely.geometry import box

from riskmap.errors import ModelError
from riskmap.grid.cells import cell_centres, cells_to_text
from riskmap.model import compare as comparing
from riskmap.model.compare import compare_forms, gate_failures
from riskmap.model.fitting import fit_model
from riskmap.model.promotion import champion_id, compare, lists_apart, promote, read_history, rollback, set_champion
from riskmap.model.registry import save_model
from riskmap.model.risk_model import predict
from riskmap.study import check_study, study_toml
from tests.panel.synthetic import disk_cells, lumpy_rate, make_panel, random_counts

SEED = 1


@pytest.fixture(scope="module")
def panel():
    cells = disk_cells(12)
    return make_panel(random_counts(lumpy_rate(cells, 48), seed=SEED), cells)


@pytest.fixture
def study(home):
    settings = {"id": "here", "resolution": 8, "period": "month", "timezone": "UTC", "home": home, "seed": SEED}
    return check_study(settings)


@pytest.fixture(scope="module")
def models(panel):
    names = panel.feature_names
    return {
        "old": fit_model(panel, 48, 1, SEED, features=names[:4]),
        "new": fit_model(panel, 48, 1, SEED),
    }


@pytest.fixture
def kept(study, models):
    """Both models in the registry, the one with few features in use."""
    for name, model in models.items():
        save_model(study, name, model, {"as_of": "2020-01-01", "study": study_toml(study)})
    set_champion(study, "old", "first")
    return study


@pytest.fixture
def quick(monkeypatch):
    """Comparisons of two periods in place of twelve: what they come to is not what these tests are about."""
    whole = comparing.compare_forms

    def short(study, panel, forms, *, origins, report):
        return whole(study, panel, forms, origins=2, report=report)

    monkeypatch.setattr("riskmap.model.promotion.compare_forms", short)


def result_of(own=0.2, champion=0.21, baseline=0.22, origins=6, pei=(0.0, 0.01), worse=()):
    difference = {"deviance": {"mean": 0.0, "standard_error": 0.0}}
    difference["pei_star"] = dict(zip(("mean", "standard_error"), pei, strict=True))
    names = {"challenger": own, "champion": champion, "ewma_ring": baseline}
    return {
        "origins": [str(number) for number in range(origins)],
        "models": {name: {"deviance": value} for name, value in names.items()},
        "differences": dict.fromkeys(("champion", "ewma_ring"), difference),
        "areas_worse": [{"area_code": code} for code in worse],
    }


@pytest.mark.parametrize(
    ("result", "said"),
    [
        (result_of(), []),
        (result_of(own=0.21), []),
        (result_of(own=0.215), ["larger than 0.21000 of champion"]),
        (result_of(own=0.23), ["larger than 0.21000 of champion", "larger than 0.22000 of ewma_ring"]),
        (result_of(origins=5), ["only 5 past periods"]),
        (result_of(pei=(-0.019, 0.01)), []),
        (result_of(pei=(-0.03, 0.01)), ["PEI* differs by -0.0300 (± 0.0200)"] * 2),
        (result_of(worse=["980101", "980102"]), ["clearly worse: 980101, 980102"]),
    ],
)
def test_the_gate_stops_what_is_worse_and_says_why(result, said):
    failures = gate_failures(result)
    assert len(failures) == len(said)
    for failure, words in zip(failures, said, strict=True):
        assert words in failure.en
        assert any("\u4e00" <= sign <= "\u9fff" for sign in failure.zh)


def test_forms_are_compared_on_periods_that_neither_has_seen(study, panel):
    names = panel.feature_names
    result = compare_forms(study, panel, {"challenger": names, "champion": names[:4]}, origins=3)
    assert len(result["origins"]) == 3
    assert set(result["models"]) == {"challenger", "champion", "ewma_ring"}
    assert result["events"] > 0
    own, other = (result["models"][name]["deviance"] for name in ("challenger", "champion"))
    assert result["differences"]["champion"]["deviance"]["mean"] == pytest.approx(own - other)
    assert result["areas_worse"] == []
    same = compare_forms(study, panel, {"challenger": names, "champion": names}, origins=2)
    assert same["models"]["challenger"] == same["models"]["champion"]
    with pytest.raises(ModelError, match="no longer has"):
        compare_forms(study, panel, {"challenger": [*names, "gone"]}, origins=2)


def test_an_area_that_loses_in_every_period_is_called_worse(study, panel, monkeypatch):
    lon, lat = cell_centres(panel.cells)
    outline = box(lon.min(), lat.min(), lon.max(), lat.max())
    county = gpd.GeoDataFrame({"level": ["county"], "area_code": ["980101"]}, geometry=[outline], crs=4326)
    monkeypatch.setattr(comparing, "read_areas", lambda _study: county)
    forecasts = comparing._forecasts

    def spoilt(*arguments):
        own, champion, baseline = forecasts(*arguments)
        return [own * 3, champion, baseline]

    monkeypatch.setattr(comparing, "_forecasts", spoilt)
    names = panel.feature_names
    result = compare_forms(study, panel, {"challenger": names, "champion": names}, origins=4)
    assert [entry["area_code"] for entry in result["areas_worse"]] == ["980101"]
    assert result["areas_worse"][0]["difference"] > result["areas_worse"][0]["doubt"]


def test_a_model_that_passes_takes_the_place_and_can_be_taken_back(kept, panel, quick, monkeypatch):
    monkeypatch.setattr("riskmap.model.promotion.gate_failures", lambda _result: [])
    promote(kept, panel, "new", reason="more features")
    assert champion_id(kept) == "new"
    last = read_history(kept)[-1]
    assert (last["action"], last["previous"], last["reason"]) == ("promote", "old", "more features")
    assert last["comparison"]["models"]["challenger"]["deviance"] > 0
    with pytest.raises(ModelError, match="in use already"):
        promote(kept, panel, "new")
    with pytest.raises(ModelError, match="for a reason"):
        rollback(kept, " ")
    assert rollback(kept, "complaints") == "old"
    assert champion_id(kept) == "old"
    with pytest.raises(ModelError, match="no other model"):
        rollback(kept, "again")
    assert [entry["action"] for entry in read_history(kept)] == ["first", "promote", "rollback"]


def test_a_model_that_is_stopped_stays_out_unless_somebody_answers_for_it(kept, panel, quick):
    with pytest.raises(ModelError, match="not promoted: only") as refused:
        promote(kept, panel, "new")
    assert "未被启用：可比较的历史周期" in refused.value.in_language("zh")
    assert champion_id(kept) == "old"
    with pytest.raises(ModelError, match="for a reason only"):
        promote(kept, panel, "new", override=True)
    promote(kept, panel, "new", override=True, reason="the command wants it")
    last = read_history(kept)[-1]
    assert (champion_id(kept), last["action"], last["reason"]) == ("new", "override", "the command wants it")
    assert last["comparison"]["failures"][0]["en"].startswith("only")


def test_a_tampered_challenger_is_refused_and_the_champion_stays(kept, panel):
    path = kept.models_folder / "new" / "trees.skops"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(ModelError, match="altered or not made here"):
        promote(kept, panel, "new")
    assert champion_id(kept) == "old"


def test_a_model_of_other_settings_is_not_compared(kept, panel):
    with pytest.raises(ModelError, match="other settings"):
        compare(kept.model_copy(update={"horizon": 2}), panel, "new")


def test_a_model_with_few_features_reads_them_from_a_panel_with_more(panel, models):
    from riskmap.model.risk_model import predict

    forecast = predict(models["old"], panel, 48)
    assert forecast.features.shape[1] == 5
    assert np.isfinite(forecast.expected).all()


def test_the_lists_of_two_models_are_told_apart_by_cell(kept, panel, models):
    found = lists_apart(kept, panel, "new", "old")
    assert found["as_of"] == "2022-01-01"  # 48 months from January 2018 on
    # All cells are nearly of one size: 5 % of the 469 are 23.
    alone = {name: sum(row["listed_by"] == name for row in found["apart"]) for name in ("challenger", "champion")}
    assert found["both"] + alone["challenger"] == pytest.approx(23, abs=1)
    assert found["both"] + alone["champion"] == pytest.approx(23, abs=1)
    assert alone["challenger"] > 0
    expected = predict(models["new"], panel, 48).expected
    row = found["apart"][0]
    at = list(cells_to_text(panel.cells)).index(row["cell"])
    assert row["challenger"] == pytest.approx(expected[at])
    distance = [abs(row["challenger"] - row["champion"]) for row in found["apart"]]
    assert distance == sorted(distance, reverse=True)


def test_a_model_has_the_same_list_as_itself(kept, panel):
    assert lists_apart(kept, panel, "old", "old")["apart"] == []
