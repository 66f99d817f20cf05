import json

import geopandas as gpd
import numpy as np
from shapely.geometry import Point, box

from riskmap.figures.catchment_key import BELOW, COLOURS, SMALL, UNREPORTED, catchment_classes, catchment_entries
from riskmap.figures.catchment_map import Frame, compose_catchments, not_inside, not_sampled
from riskmap.figures.load_scale import LOAD_PALETTE, LoadScale
from riskmap.figures.scale import PAPER

AREA = box(0, 0, 1, 1)
NO_AREAS = gpd.GeoDataFrame({"area_code": [], "level": []}, geometry=[], crs="EPSG:4326")
SCALE = LoadScale("2025Q4-abc", (1.0, 2.0, 3.0, 4.0, 5.0))
STATES = ("level", "below", "none", "new_series", "small")


def places(**columns):
    frame = {
        "level": "plant",
        "shade": [5, UNREPORTED, 1],
        "old": [False, False, False],
        "finding": [1.0, np.nan, 0.0],
        "text": ["a", "@@=alert(1)", "c"],
    }
    shapes = [box(0.1, 0.1, 0.4, 0.4), box(0.6, 0.6, 0.601, 0.601), Point(0.8, 0.2)]
    return gpd.GeoDataFrame({**frame, **columns}, geometry=shapes, crs="EPSG:4326")


def layers(plants, others=(), chosen=None):
    rest = gpd.GeoSeries(list(others), crs="EPSG:4326")
    frame = Frame(AREA, NO_AREAS, "/lines/{name}", "en", (800, 500))
    deck = json.loads(compose_catchments(plants, rest, chosen, frame).to_json())
    assert deck.get("mapProvider") is None
    return {layer["id"]: layer for layer in deck["layers"]}


def test_each_state_has_a_colour_of_its_own_and_none_is_that_of_a_load_or_of_paper():
    classes = catchment_classes(STATES, [9.0, np.nan, np.nan, np.nan, np.nan], SCALE)
    assert classes.tolist() == [5, BELOW, UNREPORTED, UNREPORTED, SMALL]
    assert catchment_classes(["none"], [np.nan], None).tolist() == [UNREPORTED]
    beside = {COLOURS[k] for k in (BELOW, UNREPORTED, SMALL)}
    assert len(beside) == 3
    assert not beside & {*LOAD_PALETTE, PAPER}


def test_places_keep_their_position_and_their_text_runs_nowhere():
    drawn = layers(places())
    features = drawn["places-plant"]["data"]["features"]
    assert [feature["properties"]["i"] for feature in features] == [0, 1, 2]
    assert [feature["properties"]["k"] for feature in features] == [5, UNREPORTED, 1]
    assert features[1]["properties"]["t"] == " @@=alert(1)"
    assert drawn["places-plant"]["pickable"]
    assert "getFillColor" not in drawn["places-plant"]


def test_a_catchment_too_small_to_be_seen_and_a_point_get_dots_with_the_same_meaning():
    dots = layers(places())["places-dots-plant"]["data"]["features"]
    assert [(dot["geometry"]["type"], dot["properties"]["i"]) for dot in dots] == [("Point", 1), ("Point", 2)]


def test_old_catchments_are_hatched_and_old_points_ringed():
    drawn = layers(places(old=[True, False, True]))
    hatched = drawn["old"]["data"]["features"][0]["geometry"]
    assert hatched["type"] == "MultiLineString"
    assert len(drawn["old-points"]["data"]) == 1
    assert not {"old", "old-points"} & set(layers(places()))


def test_moves_are_signs_and_the_chosen_place_is_marked():
    drawn = layers(places(finding=[1.0, -1.0, 0.0]), chosen=2)
    assert [row["n"] for row in drawn["moved"]["data"]] == ["▲", "▼"]
    assert {"chosen-7", "chosen-3"} <= set(drawn)
    assert "moved" not in layers(places(finding=np.nan))


def test_dots_lie_where_nobody_samples_and_nowhere_else():
    points = not_sampled(AREA, gpd.GeoSeries([box(0, 0, 1, 0.5)]), gpd.GeoSeries([Point(0.5, 0.7)]))
    assert len(points) > 1000
    assert points[:, 1].min() >= 0.5
    assert len(not_sampled(AREA, gpd.GeoSeries([AREA]), gpd.GeoSeries([]))) == 0
    assert len(layers(places(), others=[box(0, 0, 1, 1)])["not-sampled"]["data"]) == 0


def test_catchments_of_other_levels_are_drawn_where_no_larger_one_holds_them():
    shown = gpd.GeoSeries([box(0, 0, 0.5, 0.5)])
    others = gpd.GeoSeries([box(0.1, 0.1, 0.2, 0.2), box(0.6, 0.6, 0.7, 0.7), box(0, 0, 0.6, 0.6)])
    assert not_inside(others, shown).index.tolist() == [1, 2]


def test_the_legend_tells_what_the_map_shows():
    def words(plants, **settings):
        return [entry.words("en") for entry in catchment_entries(SCALE, plants, **{"others": False, **settings})]

    assert words(places())[:6] == ["≥ 5", "4 – 5", "3 – 4", "2 – 3", "1 – 2", "< 1"]
    assert words(places())[6:] == ["not reported", "rose notably", "nobody samples here"]
    assert "last sample is old" in words(places(old=True))
    assert "catchment of another level" in words(places(), others=True)


def test_an_area_without_places_is_all_unsampled():
    assert list(layers(places().head(0))) == ["not-sampled", "outline"]
