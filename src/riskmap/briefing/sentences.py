"""What a period's facts say in words, by rules; "no notable change" is a finding too."""

from collections.abc import Sequence

import pandas as pd

from riskmap.briefing.facts import Facts
from riskmap.figures.scale import format_count
from riskmap.figures.words import best_names, format_day, join_names
from riskmap.language import Text

MOST_NAMES = 4


def sentences(facts: Facts, language: str) -> list[Text]:
    """Return what the period's page says in words, the most important first."""
    found = [forecast_sentence(facts), change_sentence(facts), *_unplaced(facts), *area_sentences(facts, language)]
    return [*found, _cells(facts), *_holidays(facts, language), gaps_sentence(facts, language)]


def forecast_sentence(facts: Facts) -> Text:
    """Say what is expected, the baseline beside it."""
    manifest = facts.surface.manifest
    totals = {key: format_count(float(manifest[f"{key}_total"])) for key in ("expected", "baseline")}
    if facts.interval:
        low, high = (format_count(value) for value in facts.interval)
        return Text(
            "Expected this period: {expected} cases (in 8 of 10 such periods {low} to {high}); baseline {baseline}.",
            {**totals, "low": low, "high": high},
        )
    return Text("Expected this period: {expected} cases; the baseline alone says {baseline}.", totals)


def change_sentence(facts: Facts) -> Text:
    """Say how the last two periods compare."""
    total = facts.total
    if total.now is None and total.before is None:
        return Text("Neither of the last two periods was reported: nothing can be compared.")
    counts = {"now": _count(total.now), "before": _count(total.before), "finding": total.finding}
    return Text("Cases in the last full period: {now}, in the one before: {before}; {finding}.", counts)


def _unplaced(facts: Facts) -> list[Text]:
    """Say how many cases the map cannot show; nothing where it shows all."""
    areas = facts.surface.table("areas")
    if "last_unplaced" not in areas:
        return []
    n = round(float(areas.loc[areas["level"] == "province", "last_unplaced"].sum()))
    if n == 0:
        return []
    sentence = (
        "Further cases of that period without an exact place: {n}. No cell, forecast or count above holds them; they "
        "are listed by area."
    )
    return [Text(sentence, {"n": n})]


def _count(count: int | None) -> object:
    return Text("not reported") if count is None else f"{count:,}"


def area_sentences(facts: Facts, language: str) -> list[Text]:
    """Name the areas that changed notably, or say that none did; nothing where a period was not reported."""
    if facts.total.now is None or facts.total.before is None:
        return []  # that nothing can be compared was said of the whole
    rises, falls = (_names(facts.areas[facts.areas["notable"] == sign], language) for sign in (1, -1))
    found = []
    if rises:
        found.append(Text("Notable rise in: {names}.", {"names": rises}))
    if falls:
        found.append(Text("Notable fall in: {names}.", {"names": falls}))
    return found or [Text("No area changed notably.")]


def area_names(areas: pd.DataFrame, language: str) -> pd.Series:
    """Return each area's name in `language`, else its other name, else its code; names that are alike with the code."""
    names = best_names(areas, "area_code", language)
    if "area_code" not in areas:
        return names
    alike = names.duplicated(keep=False)
    return names.where(~alike, names.astype("str") + " (" + areas["area_code"].astype("str") + ")")


def _names(areas: pd.DataFrame, language: str) -> str:
    names = list(area_names(areas, language))
    more = f" (+{len(names) - MOST_NAMES})" if len(names) > MOST_NAMES else ""
    return join_names(names[:MOST_NAMES], language) + more


def _cells(facts: Facts) -> Text:
    if facts.previous is None:
        return Text("There is no earlier forecast to compare the top cells with.")
    share = f"{facts.study.operating_share:.0%}"
    values = {"new": f"{len(facts.new_cells):,}", "top": f"{facts.top_cells:,}", "share": share}
    return Text("{new} of the {top} cells in the top {share} were not there in the forecast before.", values)


def _holidays(facts: Facts, language: str) -> list[Text]:
    """Name the public holidays of the periods compared and forecast; nothing where there are none."""
    periods, column = facts.surface.table("periods").sort_values("period_start"), f"holidays_{language}"
    last = periods[column].tail(2).tolist() if column in periods else []
    coming = (facts.surface.manifest.get("holidays") or {}).get(language)
    found = []
    if any(last):
        sentence = "Public holidays in the last two periods: {names}. Their counts are not like others."
        found.append(Text(sentence, {"names": join_names(filter(None, last), language)}))
    if coming:
        sentence = "Public holidays in the forecast period: {names}; the forecast does not know of them."
        found.append(Text(sentence, {"names": coming}))
    return found


def gaps_sentence(facts: Facts, language: str) -> Text:
    """Name the periods that nobody reported."""
    if not facts.gaps:
        return Text("Every period up to the data cut-off was reported.")
    recent = [format_day(gap, language) for gap in sorted(facts.gaps)[-3:]]
    older = "… " if len(facts.gaps) > len(recent) else ""
    values = {"n": len(facts.gaps), "periods": older + join_names(recent, language)}
    return Text("Not reported ({n}): periods beginning {periods}. They are unknown, not zero.", values)


def stamp(facts: Facts, scale_id: str, language: str) -> Sequence[str]:
    """Return where the numbers come from: data cut-off, as-of, snapshot, scale."""
    manifest = facts.surface.manifest
    parts = [
        Text("Data cut-off {moment}", {"moment": format_day(manifest["data_cut_off"], language)}),
        Text("Forecast as of {moment}", {"moment": format_day(manifest["as_of"], language)}),
        Text("Snapshot {snapshot}", {"snapshot": facts.surface.snapshot_id}),
        Text("Scale {scale}", {"scale": scale_id}),
    ]
    return [part.in_language(language) for part in parts]
