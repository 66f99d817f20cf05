import pytest

from riskmap.panel.assemble import standard_histories
from riskmap.panel.feature_words import describe_feature
from tests.panel.synthetic import disk_cells, lumpy_rate, make_panel, random_counts

SOURCES = ["cases", "cases_discovered", "incidents", "incidents_Vehicle crime", "incidents_other_theft"]
OTHERS = [
    "residents_count",
    "distance_port_m",
    "distance_border_m",
    "distance_road_main_m",
    "hub_within_1000m_count",
    "load_mdma_mg_d_per_1000",
    "detected_mdma_share",
    "trend_mdma_log",
    "holidays_days",
    "excitation_log",
    "baseline_log",
]


def test_every_feature_has_words_and_a_unit_in_both_languages():
    cells = disk_cells(3)
    panel = make_panel(random_counts(lumpy_rate(cells, 24), seed=1), cells)
    groups = ["parent", "area", "region"]
    histories = [h.name for period in ("day", "week", "month") for h in standard_histories(period, SOURCES, groups)]
    for name in {*panel.feature_names, *histories, *OTHERS}:
        feature = describe_feature(name)
        assert feature.name == name
        for text in (feature.meaning, feature.unit):
            assert name not in text.en, name
            assert any("\u4e00" <= sign <= "\u9fff" for sign in text.zh) or "mg" in text.zh, name


@pytest.mark.parametrize(
    ("name", "meaning", "unit", "effort"),
    [
        ("cases_decay_26", "recorded cases here, 26 periods back", "records per period", True),
        ("cases_ring2_mean_13", "recorded cases 2 cells away, 13 periods back", "records per period", True),
        ("cases_discovered_decay_2", "cases found by police work here, 2 periods back", "records per period", True),
        ("incidents_other_theft_decay_2", "other_theft here, 2 periods back", "records per period", False),
        (
            "incidents_area_decay_6",
            "other incidents in the rest of the county, 6 periods back",
            "records per period",
            False,
        ),
        ("distance_port_m", "distance to the nearest port", "m", False),
        ("excitation_log", "what was recorded here and around, lately and over the years", "records per period", True),
        ("baseline_log", "recorded cases here and next door", "records per period", True),
    ],
)
def test_words_name_what_was_counted_where_and_whether_police_work_shows_in_it(name, meaning, unit, effort):
    feature = describe_feature(name)
    assert (feature.meaning.en, feature.unit.en, feature.effort) == (meaning, unit, effort)


def test_an_unknown_feature_keeps_its_name():
    assert describe_feature("canary").meaning.en == "canary"
