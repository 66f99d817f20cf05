"""Where records and the world part: cases beside wastewater, and where people looked beside the risk."""

import geopandas as gpd
import pandas as pd
import streamlit as st

from riskmap.decisions.blind_spots import (
    NOTABLE,
    cases_of_plants,
    count_verdicts,
    looking_against_risk,
    wastewater_against_cases,
)
from riskmap.figures.plain import plain_text
from riskmap.figures.words import PERIOD_WORDS, analyte_words
from riskmap.language import Text
from riskmap.layers.folders import layer_fingerprint
from riskmap.study import Study
from riskmap.surface.publish import Surface, current_id
from riskmap.web.access import needs
from riskmap.web.area_tree import load_area_tree
from riskmap.web.exports import show_table
from riskmap.web.language import current_view, say, t
from riskmap.web.legend import lines_html
from riskmap.web.loaded import load_layer, load_surface, remember
from riskmap.web.notices import tell

WASTEWATER_WORDS = {
    "few": Text("▲ few cases for its load: does anybody look there?"),
    "many": Text("△ many cases for its load: enforcement or transit"),
    "as expected": Text("– as elsewhere"),
}
LOOKING_WORDS = {
    "few": Text("▲ little found by police work for its risk"),
    "many": Text("△ much found by police work for its risk"),
    "as expected": Text("– as elsewhere"),
}

HOURS_WORDS = {
    "few": Text("▲ few hours worked for its risk"),
    "many": Text("△ many hours worked for its risk"),
    "as expected": Text("– as elsewhere"),
}

_cases = remember(cases_of_plants)
_looking = remember(looking_against_risk)


@remember
def _wastewater(study: Study, surface: Surface, analyte: str | None, layers: str) -> pd.DataFrame:
    del layers
    return wastewater_against_cases(study, surface, analyte, _cases(study, surface))


@remember
def _on_map(study: Study, surface: Surface, layers: str) -> gpd.GeoDataFrame:
    del layers
    plants, areas = load_layer(study, "plants"), load_layer(study, "areas")
    beside = pd.DataFrame() if study.within else _wastewater(study, surface, None, layer_fingerprint(study, "samples"))
    found = [
        (beside, plants.drop_duplicates("plant_id").set_index("plant_id"), "plant_id"),
        (_looking(study, surface), areas.drop_duplicates("area_code").set_index("area_code"), "area_code"),
    ]
    parts = []
    for table, places, key in found:
        few = table[table["verdict"] == "few"] if len(table) else table
        if len(few):
            shapes = places.geometry.reindex(few[key]).to_numpy()
            columns = {"place": few[key].to_numpy(), "measure": few.get("measure", "cases"), "geometry": shapes}
            parts.append(few[["ratio", "low", "high"]].assign(**columns))
    if not parts:
        empty = pd.DataFrame(columns=["place", "measure", "ratio", "low", "high"])
        return gpd.GeoDataFrame(empty, geometry=[], crs="EPSG:4326")
    table = pd.concat(parts, ignore_index=True)[["place", "measure", "ratio", "low", "high", "geometry"]]
    return gpd.GeoDataFrame(table, geometry="geometry", crs="EPSG:4326")


def blind_spots_on_map(study: Study, surface: Surface) -> gpd.GeoDataFrame:
    """Return the plants with few cases for their load and the counties with little looking for their risk.

    Returns
    -------
    place (plant_id or area_code), measure ("cases", or "hours" or "found" of police work), ratio to what it would be if
    all were alike, low and high (95 %), geometry.
    """
    state = "".join(layer_fingerprint(study, layer) for layer in ("samples", "plants", "areas", "effort"))
    return _on_map(study, load_surface(study, surface.snapshot_id), state)


def blind_spot_notes(study: Study, surface: Surface) -> list[str]:
    """Return what the outlines of blind spots on a map mean, and how many there are of each kind."""
    found = blind_spots_on_map(study, surface)["measure"].value_counts()
    said = [_kind_on_map(str(measure), int(n)) for measure, n in found.sort_index().items()]
    return said or [t("Blind spots: none beyond a factor of {n}", n=f"{NOTABLE:g}")]


def _kind_on_map(measure: str, n: int) -> str:
    if measure == "cases":
        return t("Blind spots: {n} catchments with few cases for their load", n=n)
    if measure == "hours":
        return t("Blind spots: {n} counties with few hours of police work for their risk", n=n)
    return t("Blind spots: {n} counties with little found by police work for their risk", n=n)


@needs("read_models")
def show_blind_spots(study: Study) -> None:
    """Show both comparisons, the most overlooked place first."""
    snapshot = current_id(study)
    if snapshot is None:
        return
    surface = load_surface(study, snapshot)
    st.subheader(t("Blind spots"), anchor=False)
    words = t(
        "By what factor each place differs from what it would have if all were alike, over the last year, with 95 % "
        "intervals. Marked is what lies beyond a factor of {n} with its whole interval.",
        n=f"{NOTABLE:g}",
    )
    st.html(lines_html([words], muted=True))
    left, right = st.columns(2, gap="medium")
    with left:
        show_wastewater_beside_cases(study, surface)
    with right:
        _show_looking(study, surface)


def show_wastewater_beside_cases(study: Study, surface: Surface, analyte: str | None = None) -> None:
    """Show by what factor each plant's cases differ from what its load would bring if all plants were alike.

    Without an analyte it is the one measured in most samples.
    """
    st.html(lines_html([t("Cases beside wastewater, by plant")]))
    found = _wastewater(study, surface, analyte, layer_fingerprint(study, "samples"))
    if found.empty:
        tell("note", t("Not to be compared: it takes three plants with catchments and a year of samples."))
        return
    table = pd.DataFrame(
        {
            t("Plant"): [plain_text(code) for code in found["code"]],
            t("Load (mg/d/1000)"): [f"{load:.2f}" for load in found["load_mg_d_per_1000"]],
            t("Cases"): [f"{cases:,.0f}" for cases in found["cases"]],
            t("If all were alike"): [f"{even:,.0f}" for even in found["even"]],
            t("Factor"): _factors(found),
            t("Reading"): [say(WASTEWATER_WORDS[verdict]) for verdict in found["verdict"]],
        }
    )
    _draw(table, "wastewater", t("Cases beside wastewater, by plant"))
    measured = found["analyte"].iloc[0]
    name = plain_text(analyte_words(current_view().language).get(measured, measured))
    st.html(lines_html([t("Load of {analyte}; {n} plants.", analyte=name, n=len(found))], muted=True))


def _show_looking(study: Study, surface: Surface) -> None:
    found = _looking(study, surface)
    by_hours = len(found) > 0 and found["measure"].iloc[0] == "hours"
    heading = t("Hours of police work beside the risk, by county")
    st.html(lines_html([heading if by_hours else t("Found by police work beside the risk, by county")]))
    if found.empty:
        words = t(
            "Not to be compared: it takes hours of police work, or cases whose origin is recorded, and three counties."
        )
        tell("note", words)
        return
    measured, readings = ("hours", HOURS_WORDS) if by_hours else ("found", LOOKING_WORDS)
    unit = say(PERIOD_WORDS[study.period])
    tree, language = load_area_tree(study), current_view().language
    table = pd.DataFrame(
        {
            t("County"): [tree.name(code, language) for code in found["area_code"]],
            t("Hours per {period}", period=unit) if by_hours else t("Found"): [f"{n:,.0f}" for n in found[measured]],
            t("If all were alike"): [f"{even:,.0f}" for even in found["even"]],
            t("Factor"): _factors(found),
            t("Reading"): [say(readings[verdict]) for verdict in found["verdict"]],
        }
    )
    _draw(table, "looking", t("Hours of police work beside the risk, by county"))
    few = count_verdicts(found)["few"]
    st.html(lines_html([t("{few} of {n} counties: little looked for their risk.", few=few, n=len(found))], muted=True))


def _factors(found: pd.DataFrame) -> list[str]:
    triples = zip(found["ratio"], found["low"], found["high"], strict=True)
    return [f"×{ratio:.2f} [{low:.2f}–{high:.2f}]" for ratio, low, high in triples]


def _draw(table: pd.DataFrame, name: str, title: str) -> None:
    key = f"blind-{name}-{current_view().language}"
    show_table(
        f"blind_{name}",
        title,
        table,
        hide_index=True,
        height=402 if len(table) > 12 else "content",
        row_height=30,
        key=key,
    )
