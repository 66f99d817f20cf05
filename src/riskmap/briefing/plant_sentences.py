"""What wastewater says of one substance in three sentences: where it is high, where it rises, where nobody samples."""

import pandas as pd

from riskmap.briefing.findings import say_share
from riskmap.briefing.plant_facts import Coverage
from riskmap.figures.plain import plain_text
from riskmap.figures.scale import format_count
from riskmap.figures.words import join_names
from riskmap.language import Text

MOST_NAMES = 4
FEWEST_PLACES = 3
"""The middle of fewer places says nothing of any of them."""


def high_sentence(plants: pd.DataFrame, language: str) -> Text:
    """Say where loads are highest, of places (`plant_facts.plant_table`) whose last sample is not old."""
    known = plants[(plants["state"] == "level") & ~plants["old"]].sort_values(["load", "code"], ascending=[False, True])
    if not len(known):
        return Text("No place has a load that is not old: where consumption is high is not known.")
    names = [f"{plain_text(code, 24)} ({format_count(load)})" for code, load in known[["code", "load"]].to_numpy()]
    values = {"names": join_names(names[:MOST_NAMES], language), "median": format_count(float(known["load"].median()))}
    if len(known) < FEWEST_PLACES:
        return Text("Highest loads (mg/d per 1,000 people): {names}.", values)
    return Text("Highest loads (mg/d per 1,000 people): {names}; the middle place has {median}.", values)


def rise_sentence(plants: pd.DataFrame, language: str) -> Text:
    """Say where loads rose notably, and how many fell."""
    told = plants[plants["finding"].notna()]
    if not len(told):
        return Text("No place can be compared with its samples before: where consumption rises is not known.")
    rose = told[told["finding"] > 0].sort_values(["ratio", "code"], ascending=[False, True])
    values = {"n": len(rose), "all": len(told), "fell": int((told["finding"] < 0).sum())}
    if not len(rose):
        return Text("No notable rise in {all} places compared; {fell} fell.", values)
    names = [f"{plain_text(code, 24)} (×{ratio:.1f})" for code, ratio in rose[["code", "ratio"]].to_numpy()]
    more = f" (+{len(rose) - MOST_NAMES})" if len(rose) > MOST_NAMES else ""
    named = {**values, "names": join_names(names[:MOST_NAMES], language) + more}
    return Text("Rose notably: {n} of {all} places compared: {names}; {fell} fell.", named)


def unsampled_sentence(coverage: Coverage) -> Text:
    """Say how much of the area nobody samples."""
    if coverage.cell_share is None:
        return Text("How much of the area nobody samples is known from the first forecast on.")
    values = {"cells": say_share(1 - coverage.cell_share)}
    if coverage.residents is None or coverage.covered is None or not coverage.residents:
        return Text("Nobody samples {cells} of the cells: nothing is known there.", values)
    people = say_share(1 - coverage.covered / coverage.residents)
    sentence = "Nobody samples {cells} of the cells, where {people} of the residents live: nothing is known there."
    return Text(sentence, {**values, "people": people})
