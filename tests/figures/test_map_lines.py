"""Outlines and borders as the pieces that a browser draws."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely.geometry import LineString, Polygon, box

from riskmap.figures.map_lines import borders_within, line_collection, line_pieces, line_shapes

TWO = gpd.GeoDataFrame(
    {"area_code": ["west", "east"], "level": "county", "parent_code": "all"},
    geometry=[box(0, 0, 1, 1), box(1, 0, 2, 1)],
    crs="EPSG:4326",
)


def ends(pieces):
    return {(tuple(piece["s"]), tuple(piece["t"])) for piece in pieces}


def test_a_border_of_two_areas_is_drawn_once_and_the_outline_not_again():
    (border,) = borders_within(box(0, 0, 2, 1), TWO.geometry)
    assert border.equals(LineString([(1, 0), (1, 1)]))


def test_borders_beside_an_outline_that_is_drawn_otherwise_are_all_there():
    found = shapely.union_all(borders_within(box(-0.1, -0.1, 2.1, 1.1), TWO.geometry))
    assert found.equals(shapely.union_all(TWO.boundary))


def test_areas_and_counties_are_borders_within_the_outline():
    whole = box(0, 0, 2, 1)
    for name in ("areas", "counties"):
        (border,) = line_shapes(name, TWO, pd.DataFrame(), "", whole)
        assert border.equals(LineString([(1, 0), (1, 1)])), name
    assert line_shapes("outline", TWO, pd.DataFrame(), "", whole) == [whole]
    assert line_shapes("counties", TWO.iloc[:1], pd.DataFrame(), "west", box(0, 0, 1, 1)) == []


def test_pieces_join_one_line_to_its_end_and_never_two_lines():
    holed = Polygon([(0, 0), (4, 0), (4, 4), (0, 4)], [[(1, 1), (2, 1), (2, 2)]])
    apart = LineString([(10, 0), (10, 1), (11, 1)])
    pieces = line_pieces([holed, apart], 1e-6)
    assert len(pieces) == 4 + 3 + 2
    assert ((10.0, 0.0), (10.0, 1.0)) in ends(pieces)
    drawn = shapely.union_all([LineString([piece["s"], piece["t"]]) for piece in pieces])
    assert drawn.equals(shapely.union_all([holed.boundary, apart]))


def test_pieces_are_written_no_finer_than_lines_that_travel_with_the_map():
    angle = np.linspace(0, 2 * np.pi, 400)
    round_one = Polygon(np.column_stack([np.cos(angle), np.sin(angle)]))
    pieces = line_pieces([round_one], 0.005)
    (feature,) = line_collection([round_one], 0.005)["features"]
    places = feature["geometry"]["coordinates"]
    assert len(pieces) == len(places) - 1 < 100
    assert np.allclose([piece["s"] for piece in pieces], places[:-1], atol=1e-9)
    assert all(len(str(abs(value))) <= 5 for piece in pieces for value in piece["s"])  # 0.123


def test_nothing_to_draw_is_no_piece():
    assert line_pieces([], 0.01) == []
    assert line_pieces([Polygon()], 0.01) == []
