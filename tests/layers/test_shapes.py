import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString, Point, Polygon, box

from riskmap.errors import SourceError
from riskmap.layers.catchments import overlapping_pairs, with_validity
from riskmap.layers.findings import Findings
from riskmap.layers.place import Reach
from riskmap.layers.shapes import limit_vertices, place_shapes

REACH = Reach(box(100, 20, 110, 40), (100.0, 20.0, 110.0, 40.0))


def circle(vertices: int, lon: float = 104.5) -> Polygon:
    """A ring of `vertices` points with waves of about a metre, which carry no shape."""
    angle = np.linspace(0, 2 * np.pi, vertices, endpoint=False)
    radius = 0.1 + 1e-5 * np.sin(500 * angle)
    return Polygon(np.column_stack([lon + radius * np.cos(angle), 30 + radius * np.sin(angle)]))


def placed(*shapes: object, layer: str = "areas") -> tuple[np.ndarray, Findings]:
    array = np.array(shapes, dtype=object)
    findings = Findings(len(array))
    found = place_shapes(array, layer, REACH, findings, coded=np.zeros(len(array), dtype=bool), resolution=7)
    return found, findings


def test_few_vertices_are_left_alone():
    shapes = np.array([circle(100), None, Point(104, 30)], dtype=object)
    thin, changed = limit_vertices(shapes)
    assert thin is shapes
    assert not changed.any()


def test_many_vertices_are_simplified_within_one_percent_of_the_area():
    shapes = np.array([circle(20_000), circle(20_000, 105.5), box(106, 30, 106.1, 30.1), None], dtype=object)
    thin, changed = limit_vertices(shapes, kept=5_000)
    assert changed.tolist() == [True, True, False, False]
    assert shapely.get_num_coordinates(thin).sum() <= 5_000
    assert np.allclose(shapely.area(thin[:2]) / shapely.area(shapes[:2]), 1, atol=0.01)
    assert shapely.is_valid(thin[:3]).all()
    # No point lies further from the old outline than the tolerances together: 126 m.
    assert shapely.hausdorff_distance(thin[0], shapes[0]) * 111_195 < 126


def test_a_shape_that_would_become_another_one_is_left_alone():
    # 20 m across: any simplification by 32 m would take more than 1 % of it.
    tiny = shapely.affinity.scale(circle(2_000), 0.001, 0.001)
    thin, _ = limit_vertices(np.array([tiny], dtype=object), kept=4)
    assert abs(thin[0].area - tiny.area) <= 0.01 * tiny.area


def test_vertices_over_the_cap_are_refused():
    with pytest.raises(SourceError, match="have 101 vertices and the limit is 100"):
        limit_vertices(np.array([circle(100)], dtype=object), cap=100)


def test_ring_order_and_direction_are_no_content():
    ring = [(104, 30), (105, 30), (105, 31), (104, 31)]
    hole = [(104.2, 30.2), (104.2, 30.4), (104.4, 30.4), (104.4, 30.2)]
    one = Polygon(ring, [hole])
    other = Polygon(ring[2:] + ring[:2], [hole[::-1]]).reverse()
    found, findings = placed(one, other)
    assert shapely.to_wkb(found[0]) == shapely.to_wkb(found[1])
    assert found[0].exterior.is_ccw
    assert findings.table().empty


def test_a_shape_of_another_kind_than_the_layers_is_put_aside():
    _, findings = placed(box(104, 30, 105, 31), LineString([(104, 30), (105, 31)]), Point(104, 30))
    assert findings.table()[["position", "rule", "original"]].to_numpy().tolist() == [
        [1, "geometry_kind", "LineString"],
        [2, "geometry_kind", "Point"],
    ]
    _, events = placed(box(104, 30, 105, 31), layer="cases")
    assert events.table()["rule"].tolist() == ["place_unreadable"]


@pytest.mark.parametrize(
    "shape", [box(-170, 25, 170, 35), box(179, 25, 181, 35), box(500_000, 3_300_000, 510_000, 3_310_000)]
)
def test_an_outline_across_the_180th_meridian_is_refused(shape):
    with pytest.raises(SourceError, match="1 outlines cross the 180th meridian or span more than half the globe"):
        placed(box(104, 30, 105, 31), shape)


def plants(**columns: object) -> gpd.GeoDataFrame:
    shapes = columns.pop("shapes")
    names = [chr(65 + number) for number in range(len(shapes))]
    return gpd.GeoDataFrame({"plant_id": names, "level": "plant", **columns}, geometry=shapes, crs=4326)


def test_overlaps_beyond_one_percent_of_the_smaller_are_found():
    shapes = [box(0, 0, 10, 10), box(9.8, 0, 11, 1), box(20, 0, 21, 1), box(20.995, 0, 22, 1), Point(5, 5)]
    # B lies in A by 0.2 of 1.2; C and D share 0.005 of 1.
    assert overlapping_pairs(plants(shapes=shapes)).to_numpy().tolist() == [[0, 1]]


def test_nested_levels_and_one_plants_successive_shapes_do_not_overlap():
    same = [box(0, 0, 1, 1)] * 2
    assert overlapping_pairs(plants(shapes=same, level=["plant", "street"])).empty
    assert overlapping_pairs(plants(shapes=same, plant_id=["A", "A"])).empty
    ends = pd.to_datetime(["2024-01-01", None])
    begins = pd.to_datetime([None, "2024-01-01"])
    assert overlapping_pairs(plants(shapes=same, valid_from=begins, valid_to=ends)).empty
    assert len(overlapping_pairs(plants(shapes=same, valid_from=begins))) == 1


def test_a_catchment_holds_until_it_is_redrawn():
    begins = pd.to_datetime([None, "2024-01-01", "2025-01-01", None])
    table = plants(shapes=[box(0, 0, 1, 1)] * 4, plant_id=["A", "A", "A", "B"], valid_from=begins)
    ends = with_validity(table)["valid_to"].dt.year.tolist()
    assert ends == [2024, 2025, 2262, 2262]


@given(st.lists(st.tuples(st.floats(104, 105), st.floats(30, 31)), min_size=3, max_size=8, unique=True))
@settings(max_examples=60, deadline=None)
def test_whatever_is_placed_is_valid_and_near_its_old_area(ring):
    found, findings = placed(Polygon(ring))
    if not findings.out.any():
        assert found[0].is_valid
        assert found[0].geom_type in ("Polygon", "MultiPolygon")
        assert found[0].area == pytest.approx(abs(Polygon(ring).area), rel=0.0102)
