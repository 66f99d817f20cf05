"""The finding over each slide of the pack, by rules; that nothing moved is a finding, and so is not to know."""

import pandas as pd

from riskmap.briefing.list_facts import ListFacts
from riskmap.briefing.model_health import Check
from riskmap.briefing.pack_facts import PackFacts
from riskmap.briefing.sentences import area_names
from riskmap.briefing.visit_facts import VisitFacts
from riskmap.briefing.wastewater_facts import WastewaterFacts
from riskmap.figures.plain import plain_text
from riskmap.figures.scale import format_count
from riskmap.figures.words import join_names
from riskmap.language import Text

MOST_NAMES = 3
QUIET_SHARE = 0.0455
"""Share of quiet comparisons that are called notable all the same: beyond two standard deviations of z."""


def say_share(share: float) -> str:
    """Return a share as whole percent, but never a small one as nothing."""
    return f"{share:.1%}" if 0 < share < 0.01 else f"{share:.0%}"


def half_of_expected(pack: PackFacts, language: str) -> Text:
    """Say in how few areas half of the expected cases lie."""
    areas = pack.facts.areas
    total = float(areas["expected"].sum()) if len(areas) else 0.0
    if len(areas) < 2 or total <= 0:
        return Text("No administrative areas were imported: the forecast is told for the whole area only.")
    n = int((areas["expected"].cumsum() < total / 2).sum()) + 1
    names = [plain_text(name) for name in area_names(areas.head(n), language)]
    more = f" (+{n - MOST_NAMES})" if n > MOST_NAMES else ""
    values = {"n": n, "all": len(areas), "names": join_names(names[:MOST_NAMES], language) + more}
    return Text("Half of the expected cases lie in {n} of {all} areas: {names}.", values)


def by_chance(pack: PackFacts) -> Text | None:
    """Say how many of the areas compared changed notably, and how many chance alone would bring; None below one."""
    facts = pack.facts
    if facts.total.now is None or facts.total.before is None or not len(facts.areas):
        return None
    compared = facts.areas["last_count"].fillna(0) + facts.areas["before_count"].fillna(0) >= pack.study.minimum_count
    chance = QUIET_SHARE * int(compared.sum())
    if chance < 1:
        return None
    values = {"n": int((facts.areas["notable"] != 0).sum()), "all": int(compared.sum()), "chance": f"{chance:.0f}"}
    return Text("Notable are {n} of {all} areas compared; about {chance} would be so by chance alone.", values)


def class_moves(steps: pd.Series | None, scale_id: str) -> Text:
    """Say how many of the cells drawn rose or fell by a class of the frozen scale."""
    if steps is None:
        return Text("There is no earlier forecast: what changed in it is not known.")
    up, down = int((steps > 0).sum()), int((steps < 0).sum())
    values = {"n": len(steps), "up": f"{up:,}", "down": f"{down:,}", "all": f"{len(steps):,}", "scale": scale_id}
    if not up + down:
        return Text("Expected counts: no notable change, all {all} cells kept their class (scale {scale}).", values)
    return Text("Of {all} cells drawn {up} rose and {down} fell by a class or more (scale {scale}).", values)


def held_by_list(pack: PackFacts) -> Text:
    """Say how much of what is expected the list of top cells holds, by the model and by the baseline."""
    cells, n = pack.surface.cells, pack.facts.top_cells
    values = {
        "n": f"{n:,}",
        "all": f"{len(cells):,}",
        "share": say_share(pack.study.operating_share),
        "held": format_count(float(cells.loc[cells["rank"] <= n, "expected"].sum())),
        "total": format_count(float(cells["expected"].sum())),
        "baseline": format_count(float(cells.loc[cells["rank"] <= n, "baseline_expected"].sum())),
    }
    sentence = (
        "The list of the top {n} of {all} cells ({share}) holds {held} of {total} expected cases; the baseline expects "
        "{baseline} there."
    )
    return Text(sentence, values)


def list_outcome(lists: ListFacts) -> Text:
    """Say what became of the list before, the baseline's list beside it."""
    if lists.unknown:
        return lists.unknown
    if not lists.outcomes:
        return Text("No case was recorded in the period of the list before: it was neither right nor wrong.")
    own, baseline = lists.outcomes
    values = {
        "cases": f"{own.cases:,}",
        "cells": f"{own.cells:,}",
        "hits": f"{own.hits:,}",
        "other": f"{baseline.hits:,}",
    }
    sentence = (
        "Of {cases} cases known so far of the last period {hits} fell into the {cells} cells of its list, {other} "
        "into as many cells of the baseline."
    )
    return Text(sentence, values)


def wastewater_moves(found: WastewaterFacts) -> Text:
    """Say how many loads moved, or that none did, or that nothing is known."""
    told = found.moves["finding"].notna().sum() if len(found.moves) else 0
    if not told:
        return Text("No load can be compared: wastewater says nothing about this period.")
    rises, falls = int((found.moves["finding"] > 0).sum()), int((found.moves["finding"] < 0).sum())
    if not rises + falls:
        return Text("No notable change in {n} loads compared (plant and substance).", {"n": int(told)})
    values = {"n": int(told), "rises": rises, "falls": falls}
    return Text("Of {n} loads compared (plant and substance) {rises} rose and {falls} fell notably.", values)


def visits_planned(visits: VisitFacts | None) -> Text:
    """Say how many visits the list orders, and how many of them by lot."""
    if visits is None:
        return Text("No inspection list had been drawn up by then.")
    random = int((visits.plan.sites["arm"] == "random").sum())
    values = {"number": visits.plan.number, "n": len(visits.plan.sites), "random": random}
    if visits.new is None:
        return Text("Inspection list {number}: {n} visits, {random} of them drawn at random.", values)
    sentence = (
        "Inspection list {number}: {n} visits, {random} of them drawn at random; {new} sites were not on the list "
        "before."
    )
    return Text(sentence, {**values, "new": visits.new})


def health(checks: list[Check]) -> Text:
    """Say how many checks of the model are well, and how many cannot be told."""
    counts = {verdict: sum(check.verdict == verdict for check in checks) for verdict in ("good", "look", "unknown")}
    values = {**counts, "n": len(checks)}
    if counts["good"] == len(checks):
        return Text("All {n} checks of the model are well.", values)
    return Text("Of {n} checks of the model {good} are well, {look} need a look, {unknown} are not known.", values)
