"""The parts of the overview: numbers, findings, areas, history, freshness, skill."""

from collections.abc import Hashable
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from riskmap.briefing.facts import Facts
from riskmap.briefing.sentences import area_names, sentences
from riskmap.briefing.skill import skill_rows
from riskmap.figures.charts import history_chart, history_frame
from riskmap.figures.plain import plain_text, plain_texts
from riskmap.figures.scale import format_count
from riskmap.figures.words import format_moment, format_signed, layer_word
from riskmap.model.evaluate import read_evaluation
from riskmap.surface.export import export_table
from riskmap.web.dossier_parts import PERIODS_SHOWN, chart_key
from riskmap.web.exports import Export, offer, offer_table, show_table
from riskmap.web.language import current_view, say, t
from riskmap.web.legend import lines_html

ROWS_SHOWN = 12


def show_numbers(facts: Facts) -> None:
    """Show the period's four numbers, each with what it is to be compared with."""
    manifest, total = facts.surface.manifest, facts.total
    expected, last, new, gaps = st.columns(4)
    baseline = t("baseline {count}", count=format_count(float(manifest["baseline_total"])))
    expected.metric(
        t("Expected cases"),
        format_count(float(manifest["expected_total"])),
        baseline,
        delta_color="off",
        delta_arrow="off",
    )
    before = t("not reported") if total.before is None else f"{total.before:,}"
    known = t("not reported") if total.now is None else f"{total.now:,}"
    last.metric(
        t("Cases in the last period"), known, t("before: {count}", count=before), delta_color="off", delta_arrow="off"
    )
    fresh = f"{len(facts.new_cells):,}" if facts.previous else "–"
    new.metric(t("New top cells"), fresh, t("of {n}", n=f"{facts.top_cells:,}"), delta_color="off", delta_arrow="off")
    cut_off = t("data until {moment}", moment=format_moment(manifest["data_cut_off"], current_view().language))
    gaps.metric(t("Periods not reported"), str(len(facts.gaps)), cut_off, delta_color="off", delta_arrow="off")


def show_findings(facts: Facts) -> None:
    """Show what changed, in sentences."""
    st.subheader(t("What changed"), anchor=False)
    language = current_view().language
    st.html(
        lines_html(
            [plain_text(sentence.in_language(language), 400) for sentence in sentences(facts, language)], listed=True
        )
    )


def show_areas(facts: Facts) -> None:
    """Show the areas with most expected cases, the baseline beside the model."""
    st.subheader(t("Areas with most expected cases"), anchor=False)
    areas = facts.areas.head(ROWS_SHOWN)
    if not len(areas):
        st.write(t("No administrative areas were imported; import the layer `areas` to see them here."))
        return
    marks = {1: " ▲", -1: " ▼", 0: ""}
    rows = areas.to_dict("records")
    table = pd.DataFrame(
        {
            t("Area"): plain_texts(area_names(areas, current_view().language)),
            t("Expected (80 %)"): [_with_interval(row) for row in rows],
            t("Baseline"): [format_count(row["baseline_expected"]) for row in rows],
            t("Last"): [_if_reported(f"{row['last_count']:.0f}", facts.total.now) for row in rows],
            t("Before"): [_if_reported(f"{row['before_count']:.0f}", facts.total.before) for row in rows],
            t("No exact place"): [_if_reported(f"{row.get('last_unplaced', 0):.0f}", facts.total.now) for row in rows],
            "z": [
                _if_reported(format_signed(row["z"]) + marks[row["notable"]], facts.total.now, facts.total.before)
                for row in rows
            ],
            t("Monitored"): [f"{row['monitored_share']:.0%}" for row in rows],
        }
    )
    study, surface = facts.study, facts.surface
    offer(Export("areas", t("Areas"), partial(export_table, study, "surface_areas", surface), shapes=True))
    st.dataframe(table, hide_index=True, height="content", row_height=30, key=f"areas-{current_view().language}")


def _if_reported(text: str, *totals: int | None) -> str:
    """Return `text`, or a dash where a period that it speaks of was not reported: unknown is not zero."""
    return "–" if any(total is None for total in totals) else text


def _with_interval(row: dict[Hashable, Any]) -> str:
    return f"{format_count(row['expected'])} ({format_count(row['low'])}–{format_count(row['high'])})"


def show_history(facts: Facts) -> None:
    """Show the whole area's cases over time with what its marks mean."""
    draw_history(facts)
    late = t("Late registrations will still raise the newest counts; sentences and z compare counts of one age.")
    periods = facts.surface.table("periods")
    marked = "holidays_en" in periods and (periods["holidays_en"] != "").any()
    holidays = [t("Triangle: the period holds a public holiday.")] if marked else []
    st.html(lines_html([chart_key(), *holidays, late], muted=True))


def draw_history(facts: Facts, height: int = 165, font_px: int = 13) -> None:
    """Draw the whole area's cases over time, gaps as grey bands, and the forecast; sizes in pixels."""
    st.subheader(t("Cases recorded, and the forecast"), anchor=False)
    periods = facts.surface.table("periods")
    counts = periods[["period_start", "cases"]].rename(columns={"cases": "count"})
    if "holidays_en" in periods:
        periods = periods.assign(holiday=periods["holidays_en"] != "")
    manifest = facts.surface.manifest
    forecast = {
        "period_start": facts.period_start,
        "period_end": facts.period_end,
        "expected": float(manifest["expected_total"]),
        "baseline": float(manifest["baseline_total"]),
    }
    if facts.interval:
        forecast |= dict(zip(("low", "high"), facts.interval, strict=True))
    words = {"cases": t("cases"), "not_reported": t("not reported")}
    shown = PERIODS_SHOWN[facts.study.period]
    offer_table("history", t("Cases recorded, and the forecast"), periods)
    chart = history_chart(history_frame(counts, periods), forecast, words, shown, height, font_px)
    st.vega_lite_chart(chart, width="stretch", key="area-history")


def show_freshness(facts: Facts) -> None:
    """Show how old each source's newest record is."""
    st.subheader(t("Freshness of the sources"), anchor=False)
    language = current_view().language
    found = facts.surface.manifest.get("freshness") or {}
    # Sources with dates first: those are the ones that go stale.
    freshness = dict(sorted(found.items(), key=lambda item: item[1]["latest"] is None))
    table = pd.DataFrame(
        {
            t("Source"): [layer_word(layer, language) for layer in freshness],
            t("Latest record"): [format_moment(entry["latest"], language) for entry in freshness.values()],
            t("Rows"): ["–" if entry["rows"] is None else f"{entry['rows']:,}" for entry in freshness.values()],
            t("From"): [plain_text(", ".join(entry["source"])) for entry in freshness.values()],
        }
    )
    show_table(
        "freshness",
        t("Freshness of the sources"),
        table,
        hide_index=True,
        height="content",
        row_height=30,
        key=f"freshness-{language}",
    )


def show_skill(facts: Facts) -> None:
    """Show the model's hit rate beside the baseline's, with N and interval, where it was measured."""
    st.subheader(t("Skill: model beside baseline"), anchor=False)
    rows = skill_rows(read_evaluation(facts.study), facts.study.operating_share)
    if not rows:
        st.write(t("Not measured yet; `riskmap evaluate {area}` does it.", area=facts.study.id))
        return
    table = pd.DataFrame(
        {
            t("Forecast"): [say(row.name) for row in rows],
            t("Hit rate at {share}", share=f"{facts.study.operating_share:.0%}"): [
                f"{row.hit_rate:.1%}" for row in rows
            ],
            t("95 % interval"): [f"{row.low:.1%} – {row.high:.1%}" for row in rows],
            t("Cases N"): [f"{row.events:,}" for row in rows],
        }
    )
    show_table(
        "skill",
        t("Skill: model beside baseline"),
        table,
        hide_index=True,
        height="content",
        row_height=30,
        key=f"skill-{current_view().language}",
    )
    if facts.study.within:
        st.html(lines_html([t("Measured over the whole area of the study, of which you see a part.")], muted=True))
