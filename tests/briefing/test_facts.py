from dataclasses import replace
from types import SimpleNamespace

import h3
import numpy as np
import pandas as pd
import pytest
from fabricated import ATTACK, GAP, WEEKS, peak_cell, surface_cells

from riskmap.briefing.area_facts import area_facts
from riskmap.briefing.cell_facts import cell_facts, expectation_words, read_sources
from riskmap.briefing.facts import compare_counts, gather_facts, last_counts, mark_changes, top_areas
from riskmap.briefing.findings import by_chance
from riskmap.briefing.sentences import sentences
from riskmap.briefing.skill import skill_rows
from riskmap.surface.publish import list_surfaces, read_surface


@pytest.mark.parametrize(
    ("now", "before", "z", "finding"),
    [
        # 2 (sqrt 36 - sqrt 16) = 4 >= 2.83; 2 (sqrt 25 - sqrt 16) = 2 < 2.83.
        (36, 16, 4.0, "notable rise (z = +4.0)"),
        (16, 36, -4.0, "notable fall (z = −4.0)"),
        (25, 16, 2.0, "no notable change (z = +2.0)"),
        (4, 0, 0.0, "too few to compare (under 5)"),
        (None, 16, 0.0, "cannot be compared: a period was not reported"),
    ],
)
def test_a_change_is_notable_by_z_and_never_on_small_counts(now, before, z, finding):
    change = compare_counts(now, before, 5)
    assert change.z == pytest.approx(z)
    assert change.finding.en == finding
    assert change.notable == (abs(z) > 2.83)


def test_the_last_counts_are_of_ended_periods_and_unknown_where_not_reported():
    periods = pd.DataFrame(
        {
            "period_start": pd.to_datetime(["2026-01-05", "2026-01-12", "2026-01-19"]),
            "period_end": pd.to_datetime(["2026-01-12", "2026-01-19", "2026-01-26"]),
            "reported": [True, False, True],
            "cases": [7, 0, 9],
        }
    )
    areas = pd.DataFrame({"level": ["province", "county"], "before_count": [7.0, 3.0], "last_count": [9.0, 4.0]})
    assert last_counts(areas, periods, pd.Timestamp("2026-01-26")) == (9, None)
    assert last_counts(areas, periods, pd.Timestamp("2026-01-20")) == (None, 7)
    assert last_counts(areas, periods.head(1), pd.Timestamp("2026-01-26")) == (9, None)


def test_areas_are_marked_only_where_there_are_enough_cases():
    areas = pd.DataFrame({"last_count": [36, 4, 16], "before_count": [16, 0, 36], "z": [4.0, 4.0, -4.0]})
    assert mark_changes(areas, 5)["notable"].tolist() == [1, 0, -1]


def test_top_areas_are_counties_by_expected_count(ocean):
    areas = top_areas(read_surface(ocean).table("areas"), None, 5)
    assert set(areas["level"]) == {"county"}
    assert areas["expected"].is_monotonic_decreasing
    assert areas["area_code"].iloc[0] == "100101"


def test_new_top_cells_are_those_that_were_not_in_the_top_before(ocean):
    facts = gather_facts(ocean, read_surface(ocean))
    top = round(len(surface_cells(WEEKS)) * 0.05)
    now = set(surface_cells(WEEKS).nsmallest(top, "rank")["cell"])
    before = set(surface_cells(WEEKS - 1).nsmallest(top, "rank")["cell"])
    assert facts.top_cells == top
    assert set(facts.new_cells["cell"]) == now - before
    assert now - before


def test_the_first_surface_has_nothing_to_compare_with(ocean):
    first = read_surface(ocean, list_surfaces(ocean)[0].snapshot_id)
    facts = gather_facts(ocean, first)
    assert facts.previous is None
    assert "no earlier forecast" in " ".join(text.en for text in sentences(facts, "en"))


def test_gaps_are_said_to_be_unknown(ocean):
    facts = gather_facts(ocean, read_surface(ocean))
    assert len(facts.gaps) == 1
    gap = pd.Timestamp("2025-06-02") + pd.Timedelta(weeks=GAP)
    assert facts.gaps[0] == gap
    assert any(f"{gap:%Y-%m-%d}" in text.en and "not zero" in text.en for text in sentences(facts, "en"))
    assert any("并非为零" in text.zh for text in sentences(facts, "zh"))


def test_holidays_of_the_periods_compared_and_forecast_are_named(ocean):
    # The week forecast holds 1 January 2026; the two before it hold no holiday.
    surface = read_surface(ocean)
    said = sentences(gather_facts(ocean, surface), "zh")
    assert [text.zh for text in said if "公共假日" in text.zh] == ["预测周期内有公共假日：元旦；预测未考虑假日影响。"]
    periods = surface.table("periods").set_index("period_start")
    assert periods.loc["2025-09-29", "holidays_en"].startswith("National Day")
    assert (periods["holidays_en"] != "").sum() == 3  # and Mid-Autumn, and Dragon Boat on the first day of the series


def test_the_dossier_of_a_cell_holds_what_the_surface_says(ocean):
    surface = read_surface(ocean)
    facts = cell_facts(ocean, surface, peak_cell())
    assert facts.row["rank"] == 1
    assert not facts.rolled_up
    assert [code for code, _, _ in facts.places] == ["10", "1001", "100101"]
    assert facts.plant["plant_id"] == "P1"
    assert len(facts.history) == WEEKS
    assert facts.history["count"].isna().sum() == 1
    assert facts.reasons[0].en.startswith("×1.8")


def test_the_dossier_of_a_larger_cell_sums_its_cells(ocean):
    surface = read_surface(ocean)
    parent = h3.cell_to_parent(peak_cell(), 6)
    facts = cell_facts(ocean, surface, parent)
    inside = surface.cells[[h3.cell_to_parent(h3.int_to_str(int(c)), 6) == parent for c in surface.cells["cell"]]]
    assert facts.rolled_up
    assert facts.row["expected"] == pytest.approx(inside["expected"].sum())
    assert facts.row["rank"] == 1
    assert facts.parts["rank"].tolist() == sorted(inside["rank"])[:8]
    assert "low" not in facts.row


@pytest.mark.parametrize("cell", ["zzz", "8928308280fffff", "88283082a1fffff", "8a754e64d6dffff"])
def test_a_cell_that_is_not_on_the_surface_has_no_dossier(ocean, cell):
    assert cell_facts(ocean, read_surface(ocean), cell) is None


def test_the_dossier_of_an_area_holds_what_its_cells_and_its_line_say(ocean):
    surface = read_surface(ocean)
    facts = area_facts(ocean, surface, "100101")
    located = surface.table("cell_areas")
    cells = surface.cells[surface.cells["cell"].isin(located.loc[located["county"] == "100101", "cell"])]
    counties = surface.table("areas").query("level == 'county'")
    assert [code for code, _, _ in facts.parents] == ["10", "1001"]
    assert facts.rank == 1 + int((counties["expected"] > facts.row["expected"]).sum())
    assert facts.of_areas == len(counties)
    assert facts.cells["rank"].tolist() == sorted(cells["rank"])[:8]
    counts = surface.table("counts")
    assert facts.history["count"].sum() == counts.loc[counts["cell"].isin(cells["cell"]), "count"].sum()
    assert facts.history["count"].isna().sum() == 1
    assert "P1" in facts.plants["plant_id"].tolist()
    assert facts.sites.sum() > 0
    assert area_facts(ocean, surface, "nowhere") is None


def test_a_cell_outside_every_catchment_is_not_monitored(ocean):
    surface = read_surface(ocean)
    blind = surface.cells[~surface.cells["monitored"]].iloc[0]
    assert cell_facts(ocean, surface, h3.int_to_str(int(blind["cell"]))).plant is None


def test_sites_of_a_cell_keep_their_names_as_they_came(ocean):
    surface = read_surface(ocean)
    found = [cell_facts(ocean, surface, cell).sites for cell in _cells_with_sites(ocean)]
    assert ATTACK in {name for sites in found for name in sites["name_zh"]}


def test_a_dossier_sets_the_hours_worked_in_a_cell_beside_the_usual_ones(ocean):
    surface = read_surface(ocean)
    sources = read_sources(ocean, surface)
    assert sources.hours is None  # nobody reports hours here
    assert cell_facts(ocean, surface, peak_cell(), sources).hours is None
    at = int(np.searchsorted(surface.cells["cell"].to_numpy(), h3.str_to_int(peak_cell())))
    hours = np.full(len(surface.cells), np.nan)
    hours[[at, 0 if at else 1]] = 3.0, 1.0
    assert cell_facts(ocean, surface, peak_cell(), replace(sources, hours=hours)).hours == (3.0, 2.0)
    hours[at] = np.nan
    assert cell_facts(ocean, surface, peak_cell(), replace(sources, hours=hours)).hours is None


def _cells_with_sites(study):
    from riskmap.layers.sites import read_sites

    first = read_sites(study).head(1).geometry
    return [h3.latlng_to_cell(point.y, point.x, 8) for point in first]


def test_an_expected_count_is_put_into_words(ocean):
    words = expectation_words(ocean, pd.Series({"expected": 0.25, "low": 0.0, "high": 1.0}))
    assert words[0].en == "About one case in 4 weeks."
    assert words[0].zh == "平均约每 4 周 1 起。"
    assert words[1].en == "In 8 of 10 such cells between 0 and 1 cases happen within the week."


def test_skill_shows_model_and_baseline_with_n_and_interval():
    share = {"hit_rate": 0.3, "ci_low": 0.25, "ci_high": 0.35, "events": 400}
    scores = {"models": {"boosting": {"shares": {"0.05": share}}, "ewma_ring": {"shares": {"0.05": share}}}}
    rows = skill_rows(scores, 0.05)
    assert [row.name.en for row in rows] == ["Model", "Baseline (smoothed counts with neighbours)"]
    assert (rows[0].low, rows[0].hit_rate, rows[0].high, rows[0].events) == (0.25, 0.3, 0.35, 400)
    assert skill_rows(None, 0.05) == skill_rows(scores, 0.1) == []


def test_ranks_of_the_fabricated_surface_are_a_permutation():
    cells = surface_cells(WEEKS)
    assert np.array_equal(np.sort(cells["rank"]), np.arange(1, len(cells) + 1))


def test_how_many_areas_chance_alone_would_mark_is_said(ocean):
    facts = gather_facts(ocean, read_surface(ocean))
    # P(|N(0, 1)| > 2) = 0.0455: of 4 areas none, of 40 about two.
    pack = SimpleNamespace(facts=facts, study=ocean)
    assert by_chance(pack) is None
    many = pd.concat([facts.areas] * 10).assign(last_count=9, before_count=9, notable=0)
    text = by_chance(SimpleNamespace(facts=replace(facts, areas=many), study=ocean))
    assert text.en == "Notable are 0 of 40 areas compared; about 2 would be so by chance alone."
