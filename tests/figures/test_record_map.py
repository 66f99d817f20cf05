import json

import geopandas as gpd
import pandas as pd
from shapely.geometry import box

from riskmap.figures.record_map import MARKS, MOST_MARKS, compose_records, mark_entries

BOUNDARY = box(104, 30, 105, 31)
AREAS = gpd.GeoDataFrame({"level": ["county"], "area_code": ["1"]}, geometry=[BOUNDARY], crs="EPSG:4326")


def points(**columns):
    return pd.DataFrame({"lon": [104.5], "lat": [30.5], "text": ["a"]} | columns)


def layers(marked, shapes=None, areas=AREAS):
    deck = json.loads(compose_records(BOUNDARY, areas, marked, shapes, "/lines/{name}.json", (600, 400)).to_json())
    assert deck.get("mapProvider") is None
    return {layer["id"]: layer for layer in deck["layers"]}


def test_accepted_and_quarantined_rows_have_marks_of_their_own():
    drawn = layers({"accepted": points(), "quarantined": points()})
    accepted, quarantined = drawn["records-accepted"], drawn["records-quarantined"]
    assert accepted["getFillColor"] != quarantined["getFillColor"]
    assert accepted["getRadius"] < quarantined["getRadius"]
    assert list(drawn) == ["areas", "outline", "records-accepted", "records-quarantined"]


def test_text_from_data_never_becomes_an_expression():
    drawn = layers({"accepted": points(text=["@@=alert(1)"])})
    assert drawn["records-accepted"]["data"][0]["t"] == " @@=alert(1)"


def test_outlines_are_drawn_as_lines_and_no_more_than_a_page_carries():
    shapes = gpd.GeoSeries([box(104.1, 30.1, 104.2, 30.2)] * (MOST_MARKS + 1), crs="EPSG:4326")
    drawn = layers({"accepted": points().iloc[:0]}, shapes, AREAS.iloc[:0])
    assert list(drawn) == ["outline", "shapes"]
    assert len(drawn["shapes"]["data"]["features"]) == MOST_MARKS


def test_the_legend_says_every_mark_in_both_languages():
    entries = mark_entries(list(MARKS))
    assert [entry.words("zh") for entry in entries] == ["接受", "隔离", "待裁定", "已保留", "已排除"]
    assert len({(entry.fill, entry.line) for entry in entries}) >= 3
