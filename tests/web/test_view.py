from hypothesis import given
from hypothesis import strategies as st

from riskmap.web.view import (
    DEFAULT_LAYERS,
    FORMS,
    LAYER_CODES,
    View,
    analyte_code,
    decode_view,
    encode_view,
    language_of,
    plant_code,
)

LAYERS = st.lists(st.sampled_from(sorted(LAYER_CODES)), unique=True).map(
    lambda chosen: tuple(layer for layer in LAYER_CODES if layer in chosen)
)
VIEWS = st.builds(
    View,
    language=st.sampled_from(["zh", "en"]),
    study=st.sampled_from(["", "demo", "south-yorkshire"]),
    place=st.sampled_from(["", "100101", "E05000932"]),
    period=st.sampled_from(["", "2026-01-05"]),
    layers=LAYERS,
    cell=st.sampled_from(["", "88754eab69fffff"]),
    mode=st.sampled_from(["", "change", "beside"]),
    against=st.sampled_from(["", "year", "baseline", "2025-12-22"]),
    picture=st.booleans(),
    analyte=st.sampled_from(["", "ketamine", "6-monoacetylmorphine", analyte_code("<b>")]),
    level=st.sampled_from(["", "plant", "street"]),
    plant=st.sampled_from(["", plant_code("WP9801011")]),
)


@given(VIEWS)
def test_an_address_opens_the_view_it_was_copied_from(view):
    opened = decode_view(encode_view(view), "zh")
    assert opened == view or set(opened.layers) == set(view.layers) == set(DEFAULT_LAYERS)


CODES = ["lang", "a", "v", "p", "l", "c", "m", "b", "i", "w", "g", "s", "x"]


@given(st.dictionaries(st.sampled_from(CODES), st.text(max_size=30)))
def test_no_address_breaks_the_view(parameters):
    view = decode_view(parameters)
    assert view.language in ("zh", "en")
    assert set(view.layers) <= set(LAYER_CODES)
    assert decode_view(encode_view(view), view.language) == view


def test_what_is_not_of_the_form_is_left_out():
    bad = {"lang": "fr", "a": "../etc", "v": "<script>", "p": "yesterday", "l": "c<", "c": "ZZ"}
    bad |= {"m": "x", "b": "z", "i": "2"}
    bad |= {"w": "<img>", "g": "house", "s": "WP9801011"}
    assert decode_view(bad, "en") == View(language="en")


def test_codes_do_not_change_with_the_language():
    chinese, english = encode_view(View("zh", layers=("cases",))), encode_view(View("en", layers=("cases",)))
    assert {**chinese, "lang": ""} == {**english, "lang": ""} == {"lang": "", "l": "c"}


def test_the_language_begins_with_the_browsers():
    assert [language_of(locale) for locale in ("en-GB", "zh-CN", "de-DE", None)] == ["en", "zh", "zh", "zh"]


def test_another_study_drops_the_place_and_the_cell_of_the_one_before():
    view = View(study="demo", place="1", period="2026-01-05", cell="88754eab69fffff", plant="0123456789")
    assert view.changed(study="sea") == View(study="sea")
    assert view.changed(study="demo").cell == view.cell
    assert View(place="1").changed(study="demo").place == "1"


@given(st.text(max_size=60))
def test_any_substance_and_place_has_a_code_of_the_form(text):
    assert FORMS["w"].fullmatch(analyte_code(text))
    assert FORMS["s"].fullmatch(plant_code(text))


def test_a_substance_keeps_its_name_and_a_place_hides_its_id():
    assert analyte_code("6-monoacetylmorphine") == "6-monoacetylmorphine"
    assert analyte_code("可替宁") != analyte_code("可替宁 ")
    assert "WP98" not in plant_code("WP9801011")
