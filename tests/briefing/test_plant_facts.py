import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import Point, box

from riskmap.briefing.plant_facts import Sampling, count_coverage, gather_sampling, plant_table, residents_of_cells
from riskmap.briefing.plant_sentences import high_sentence, rise_sentence, unsampled_sentence
from riskmap.layers.store import empty_layer
from riskmap.surface.publish import read_surface
from riskmap.wastewater.loads import name_catchments, normalise_loads

MOMENT = pd.Timestamp("2026-01-05")
PEOPLE = 20_000.0


def plants(*names, **columns):
    frame = {"plant_id": names, "code": [f"W-{name}" for name in names], "level": "plant", "population": PEOPLE}
    shapes = [box(n, 0, n + 1, 1) for n in range(len(names))]
    return gpd.GeoDataFrame({**frame, **columns}, geometry=shapes, crs="EPSG:4326")


def samples(plant, loads, *, last="2025-12-29", **columns):
    """One sample a week; a load is a number, a limit is a text such as "<2"."""
    days = pd.date_range(end=last, periods=len(loads), freq="7D")
    below = [isinstance(load, str) for load in loads]
    frame = {
        "sample_id": [f"{plant}{n}" for n in range(len(loads))],
        "plant_id": plant,
        "analyte": "ketamine",
        "sampled_from": days,
        "sampled_to": days + pd.Timedelta(days=1),
        "known_on": days + pd.Timedelta(days=2),
        "kind": "composite_24h",
        "qualifier": ["<LOD" if limit else "=" for limit in below],
        "load_mg_d_per_1000": [None if limit else float(load) for load, limit in zip(loads, below, strict=True)],
        "limit_mg_d_per_1000": [float(load[1:]) if limit else None for load, limit in zip(loads, below, strict=True)],
    }
    return pd.DataFrame({**frame, **columns})


def table(places, *parts, moment=MOMENT):
    known = pd.concat(parts, ignore_index=True) if parts else empty_layer("samples")
    known = known[known["known_on"] <= moment]
    taken = known.groupby(["plant_id", "analyte"])["sampled_from"].max()
    named = places.assign(catchment=name_catchments(places))
    sampling = Sampling(moment, named, normalise_loads(known.reset_index(drop=True), named), taken, 0)
    return plant_table(sampling, "ketamine").set_index("plant_id"), sampling


def test_a_level_is_the_mean_of_the_newest_four_and_its_change_that_over_the_four_before():
    found, _ = table(plants("a"), samples("a", [10] * 4 + [20, 22, 24, 26]))
    row = found.loc["a"]
    assert (row["state"], row["load"], row["latest"]) == ("level", 23.0, 26.0)
    assert row["ratio"] == pytest.approx(2.3)
    assert row["low"] < 2.3 < row["high"]
    assert row["finding"] == 1
    assert row["flags"] == ()


def test_what_is_not_known_has_a_state_and_no_number():
    places = plants("below", "none", "small", "old", "new", population=[PEOPLE, PEOPLE, 9_000.0, PEOPLE, PEOPLE])
    found, _ = table(
        places,
        samples("below", ["<2", "<2", "<2", 3]),
        samples("small", [50] * 8),
        samples("old", [5] * 8, last="2025-10-01"),
        samples("new", [5] * 8, last="2025-12-01", laboratory="one"),
        samples("new", [9] * 3, laboratory="two"),
    )
    assert found["state"].to_dict() == {
        "below": "below",
        "none": "none",
        "small": "small",
        "old": "level",
        "new": "new_series",
    }
    assert found["load"].notna().to_dict() == dict.fromkeys(found.index, False) | {"old": True}
    assert found["old"].to_dict() == dict.fromkeys(found.index, False) | {"old": True}
    assert found.loc["small", ["latest", "ratio", "finding"]].isna().all()
    assert found.loc["old", "flags"] == ("old",)
    assert found.loc["none", "sampled_on"] is pd.NaT


def test_the_newest_result_below_a_limit_is_that_limit_and_no_zero():
    found, _ = table(plants("a"), samples("a", [5, 5, 5, "<2"]))
    assert np.isnan(found.loc["a", "latest"])
    assert found.loc["a", "latest_limit"] == 2.0
    assert found.loc["a", "flags"] == ("limit",)


def test_rain_is_said_and_leaves_the_level_alone():
    flags = pd.array([False] * 4 + [True], dtype="boolean")
    found, _ = table(plants("a"), samples("a", [5, 5, 5, 5, 99], rain_flag=flags))
    assert found.loc["a", "load"] == 5.0
    assert found.loc["a", "flags"] == ("rain",)


def test_a_place_without_catchment_and_an_area_without_samples_are_shown_as_not_reported():
    places = plants("a").set_geometry([Point(0, 0)])
    found, _ = table(places)
    assert found["state"].tolist() == ["none"]
    assert found.geometry.geom_type.tolist() == ["Point"]


def test_only_what_was_known_at_the_moment_is_told():
    whole, _ = table(plants("a"), samples("a", [10] * 4 + [90] * 4))
    before, _ = table(plants("a"), samples("a", [10] * 4 + [90] * 4), moment=pd.Timestamp("2025-12-08"))
    assert whole.loc["a", "load"] == 90.0
    assert before.loc["a", "load"] == 10.0


def test_a_redrawn_catchment_is_not_reported_until_it_is_sampled():
    dates = [pd.Timestamp("2024-01-01"), pd.Timestamp("2026-01-01")]
    places = plants("a", "a", valid_from=dates, valid_to=pd.Series([dates[1], pd.NaT]))
    named = places.assign(catchment=name_catchments(places))
    known = samples("a", [10] * 8)
    taken = known.groupby(["plant_id", "analyte"])["sampled_from"].max()
    now = named.tail(1).reset_index(drop=True)
    found = plant_table(Sampling(MOMENT, now, normalise_loads(known, named), taken, 0), "ketamine")
    assert found["state"].tolist() == ["none"]


def test_sentences_name_the_highest_the_risen_and_what_nobody_samples():
    parts = [samples("a", [10] * 4 + [40] * 4), samples("b", [30] * 8), samples("c", [20] * 4 + [8] * 4)]
    found, sampling = table(plants("a", "b", "c"), *parts)
    said = high_sentence(found, "en").en
    assert said == "Highest loads (mg/d per 1,000 people): W-a (40), W-b (30), W-c (8); the middle place has 30."
    assert rise_sentence(found, "en").en == "Rose notably: 1 of 3 places compared: W-a (×4.0); 1 fell."
    assert rise_sentence(found.loc[["b", "c"]], "en").en == "No notable rise in 2 places compared; 1 fell."
    coverage = count_coverage(sampling, "plant", pd.Series([True, False, False, False]), pd.Series([60.0, 20, 10, 10]))
    assert (coverage.plants, coverage.sampled, coverage.people) == (3, 3, 3 * PEOPLE)
    assert (coverage.residents, coverage.covered, coverage.cell_share) == (100.0, 60.0, 0.25)
    said = unsampled_sentence(coverage).en
    assert said == "Nobody samples 75% of the cells, where 40% of the residents live: nothing is known there."


def test_sentences_say_what_is_not_known():
    found, sampling = table(plants("a"))
    assert "not known" in high_sentence(found, "en").en
    assert "not known" in rise_sentence(found, "en").en
    coverage = count_coverage(sampling, "plant", None, None)
    assert (coverage.plants, coverage.sampled, coverage.cell_share) == (1, 0, None)
    assert "first forecast" in unsampled_sentence(coverage).en
    without = count_coverage(sampling, "plant", pd.Series([False, True]), None)
    assert unsampled_sentence(without).en == "Nobody samples 50% of the cells: nothing is known there."


def test_an_old_load_is_not_among_the_highest():
    found, _ = table(plants("a", "b"), samples("a", [99] * 8, last="2025-09-01"), samples("b", [5] * 8))
    assert "W-a" not in high_sentence(found, "en").en


def test_an_imported_area_is_read_as_it_was_known(briefed):
    sampling = gather_sampling(briefed, MOMENT)
    assert sampling.analytes == ["methamphetamine", "ketamine"]
    found = plant_table(sampling, "ketamine", "plant").set_index("code")
    # 400 ng/L x 20,000 m3/d / 120,000 people, against 100 ng/L before
    assert found.loc["WW-01", "load"] == pytest.approx(400 * 20_000 / 120_000)
    assert found["finding"].to_dict() == {"WW-01": 1.0, "WW-02": 0.0}
    early = gather_sampling(briefed, pd.Timestamp("2025-07-01"))
    assert early.later == len(sampling.loads) + sampling.later - len(early.loads)
    assert gather_sampling(briefed).later == 0
    assert residents_of_cells(read_surface(briefed)) is None
