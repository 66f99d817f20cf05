"""Widths of columns: as wide as what stands in them."""

from riskmap.web.columns import width_px


def test_a_column_is_as_wide_as_its_widest_text_or_its_header():
    assert width_px(["ab", "abcd"], "abc") == width_px([], "abcd")
    assert width_px(["岫磡市"], "a") == width_px(["abcdef"], "a") > width_px(["abcde"], "a")
