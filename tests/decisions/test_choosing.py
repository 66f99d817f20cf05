from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from openpyxl import load_workbook

from riskmap.decisions.choosing import choose_sites, reason, score_sites
from riskmap.decisions.workbook import write_workbook
from riskmap.surface.publish import read_surface
from tests.web.fabricated import build_study


def candidates(n=200, counties=4, seed=0):
    rng = np.random.default_rng(seed)
    table = pd.DataFrame(
        {
            "site_id": [f"s{i:04d}" for i in range(n)],
            "county_code": rng.choice([f"98010{c}" for c in range(counties)], n, p=[0.7, 0.1, 0.1, 0.1]),
            "kind": "warehouse",
            "expected": rng.gamma(0.5, 1.0, n),
            "kind_factor": 1.0,
        }
    )
    table = table.assign(need=table["expected"] * rng.choice([0.5, 1.0, 2.0], n))
    table = table.assign(score=table["need"])
    return table.sort_values(["score", "site_id"], ascending=[False, True], ignore_index=True)


def test_the_list_is_as_long_as_the_budget_with_its_random_arm():
    chosen = choose_sites(candidates(), 20, 0.1, 0.5, seed=1)
    assert chosen["visit"].tolist() == list(range(1, 21))
    assert chosen["arm"].value_counts().to_dict() == {"ranked": 18, "random": 2}
    assert chosen["site_id"].is_unique


def test_the_propensity_of_the_random_arm_is_the_one_it_was_drawn_with():
    table = candidates(100)
    times = np.zeros(100)
    runs = 100
    for seed in range(runs):
        chosen = choose_sites(table, 20, 0.25, 1.0, seed=seed)
        drawn = chosen[chosen["arm"] == "random"]
        times[[int(site[1:]) for site in drawn["site_id"]]] += 1
    left = times > 0
    # 15 of 100 are ranked; each of the 85 left is drawn with 5 / 85
    assert chosen.loc[chosen["arm"] == "random", "propensity"].unique() == pytest.approx([5 / 85])
    assert 70 < left.sum() <= 85
    assert times.sum() == 5 * runs


def test_no_county_gets_more_than_its_share_of_the_ranked_visits():
    chosen = choose_sites(candidates(), 40, 0.1, 0.3, seed=1)
    ranked = chosen[chosen["arm"] == "ranked"]
    assert ranked["county_code"].value_counts().max() <= int(36 * 0.3)
    assert len(ranked) == 36


def test_the_same_seed_gives_the_same_list():
    first, second = (choose_sites(candidates(), 20, 0.2, 0.5, seed=9) for _ in range(2))
    pd.testing.assert_frame_equal(first, second)


def test_a_budget_beyond_all_sites_lists_them_all_once():
    chosen = choose_sites(candidates(10), 50, 0.1, 1.0, seed=1)
    assert len(chosen) == 10


def test_reasons_say_what_was_expected_or_that_it_was_drawn():
    rows = choose_sites(candidates(), 20, 0.1, 0.5, seed=1)
    for row in rows.itertuples():
        text = reason(row)
        assert ("drawn at random" in text.en) == (row.arm == "random")
        assert ("if looked at as usual" in text.en) == (row.arm == "ranked" and row.need != row.expected)
        assert "{" not in text.zh


def test_text_in_a_workbook_never_becomes_a_formula(tmp_path):
    table = pd.DataFrame({"name": ["=cmd|' /C calc'!A0", "plain"], "n": [1.5, np.nan]})
    write_workbook(tmp_path / "plan.xlsx", table, {"area": "=1+1"}, "SIMULATED / 模拟数据")
    book = load_workbook(tmp_path / "plan.xlsx")
    cell = book["list"]["A3"]
    assert (cell.value, cell.data_type) == ("=cmd|' /C calc'!A0", "s")
    assert book["list"]["A1"].value == "SIMULATED / 模拟数据"
    assert book["list"]["B4"].value is None
    assert book["about"]["B2"].data_type == "s"


def test_places_are_listed_by_their_need_and_not_by_what_a_campaign_will_record(tmp_path):
    study = build_study(tmp_path, surfaces=1)
    surface = read_surface(study)
    older = replace(surface, cells=surface.cells.drop(columns="need"))  # of a forecast that tells of no need
    by_records = score_sites(study, older).set_index("site_id")
    assert by_records["need"].equals(by_records["expected"].rename("need"))
    first = by_records.index[0]
    campaign = older.cells["cell"] == by_records.loc[first, "cell"]
    need = older.cells["expected"].mask(campaign, older.cells["expected"] / 50)
    by_need = score_sites(study, replace(surface, cells=older.cells.assign(need=need))).set_index("site_id")
    assert by_need.loc[first, "expected"] == by_records.loc[first, "expected"]
    assert by_need.loc[first, "need"] < by_records.loc[first, "need"]
    assert by_need.index.get_loc(first) > 0
