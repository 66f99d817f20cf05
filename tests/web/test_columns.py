"""Widths of columns: as wide as what stands in them, and together as wide as the room."""

from riskmap.web.columns import share_px, width_px


def test_a_column_is_as_wide_as_its_widest_text_or_its_header():
    assert width_px(["ab", "abcd"], "abc") == width_px([], "abcd")
    assert width_px(["岫磡市"], "a") == width_px(["abcdef"], "a") > width_px(["abcde"], "a")


def test_columns_share_the_room_by_what_they_need():
    assert share_px({"site": 200, "kind": 100}, 150) == {"site": 100, "kind": 50}
    assert share_px({"site": 50, "kind": 50}, 300) == {"site": 150, "kind": 150}
