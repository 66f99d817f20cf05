"""Limits of detection keep their size, however they are written."""

from decimal import Decimal

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from riskmap.layers.findings import Findings
from riskmap.layers.measurements import scale_limits, split_qualifiers
from riskmap.sources.recipe import Recipe
from tests.columns import MANY, column

FORM = {
    "name": "laboratory",
    "layer": "samples",
    "columns": {"sample_id": "id", "sampled": "date", "concentration_ng_l": "result"},
    "constants": {"plant_id": "P1", "analyte": "cocaine", "kind": "grab"},
}


@MANY
@given(
    column(st.decimals(Decimal("0.001"), 10**6, places=3)),
    st.sampled_from([("ng/L", 1), ("ug/L", 1000), ("mg/L", 10**6)]),
)
def test_a_limit_inside_a_result_is_in_the_results_unit(sizes: list[Decimal], unit: tuple[str, int]) -> None:
    name, factor = unit
    recipe = Recipe.model_validate({**FORM, "units": {"concentration_ng_l": name}})
    written = [text for size in sizes for text in (f"<{size}", f"< {size}", f"＜{size}")]
    texts = pd.DataFrame({"concentration_ng_l": written, "qualifier": "="}, dtype="str")
    read = scale_limits(split_qualifiers(texts, recipe, Findings(len(texts)), accept=False), recipe)
    assert (read["qualifier"] == "<LOD").all()
    assert (read["concentration_ng_l"] == "").all()
    expected = pd.Series([float(size) * factor for size in sizes for _ in range(3)])
    assert (((read["lod_ng_l"].astype(float) - expected) / expected).abs() < 1e-9).all()
