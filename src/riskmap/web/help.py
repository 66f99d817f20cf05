"""The parts of the help page: what scores mean, the words of the screens, whom to ask, doubts filed."""

import pandas as pd
import streamlit as st

from riskmap.decisions.challenges import MOST_CHARACTERS, list_challenges
from riskmap.figures.plain import plain_text
from riskmap.figures.words import PERIOD_WORDS, format_moment
from riskmap.language import Text
from riskmap.study import Study
from riskmap.surface.publish import Surface
from riskmap.web.changes import doubt
from riskmap.web.exports import show_table
from riskmap.web.language import current_view, say, t
from riskmap.web.legend import lines_html
from riskmap.web.notices import tell_after_rerun

SHOWN_CHALLENGES = 20
MEANS = (
    Text("A score is the number of recorded drug cases expected in a cell in the next period, nothing else."),
    Text("The 80 % interval is honest: of ten such intervals about eight hold what then happens."),
    Text("The baseline beside it is smoothed counts. Where the model is no better than that, the screens say so."),
    Text("Colours are classes of expected counts that stay the same for a quarter; the scale's name is in the legend."),
)
MEANS_NOT = (
    Text("It is never about a person. No person is scored, stored or shown."),
    Text("A low score is not safety: where nobody looked, little is recorded. Dots: nobody samples wastewater there."),
    Text("It is no proof and no ground for measures against anybody who lives or works there."),
    Text("Reasons marked as following police work say where was looked, not where the drugs are."),
    Text("A period that nobody reported is unknown, not quiet; charts show it in grey."),
)
WORDS = (
    (Text("Cell"), Text("A hexagon of the H3 grid; on small maps larger ones that hold the sums of the smaller.")),
    (Text("Expected"), Text("Mean number of cases that the model foresees for the period.")),
    (Text("80 % interval"), Text("Between its ends lie eight of ten outcomes.")),
    (
        Text("Need"),
        Text(
            "What would be recorded if a place were looked at as usual. Where hours are known, it orders inspections."
        ),
    ),
    (Text("Baseline"), Text("Counts of the past, newer ones weighing more, smoothed over the neighbouring cells.")),
    (Text("Rank"), Text("Place of a cell when all are ordered by what is expected; 1 is the highest.")),
    (Text("Hit rate"), Text("Share of all later cases in the cells selected, always with their share of the area.")),
    (Text("Data cut-off"), Text("The forecast knows only what was registered before this moment.")),
    (Text("Not monitored"), Text("No catchment of a sampled plant covers the cell.")),
    (Text("Not reported"), Text("The source delivered nothing for the period: unknown, not zero.")),
    (Text("No exact place"), Text("Cases known only by area: counted for it, in no cell.")),
    (Text("z"), Text("Change against the period before, 2 (root of now - root of before); beyond 2 it is notable.")),
    (
        Text("At random"),
        Text("A part of the list of visits is drawn by lot: what is found there tells of all places."),
    ),
    (Text("Blind spot"), Text("Much is expected or found in wastewater, and little was looked.")),
    (
        Text("Model in use, challenger"),
        Text("A new model is compared on the past and takes over only through a gate."),
    ),
    (Text("Snapshot"), Text("One published forecast, unchangeable; its name stands on every page and picture.")),
)


def show_meaning(study: Study) -> None:
    """Say what a score of this area means and does not mean, and whom to ask."""
    st.subheader(t("What a score means"), anchor=False)
    period = t("The period here is one {period}.", period=say(PERIOD_WORDS[study.period]))
    st.html(lines_html([*(say(text) for text in MEANS), period], listed=True))
    st.subheader(t("What it does not mean"), anchor=False)
    st.html(lines_html([say(text) for text in MEANS_NOT], listed=True))
    st.subheader(t("Whom to ask"), anchor=False)
    contact = plain_text(study.contact) or t("Nobody is named yet: set contact in the area's study.toml.")
    st.html(lines_html([contact]))


def show_glossary(study: Study) -> None:
    """Show the words of the screens and their meaning."""
    st.subheader(t("Words on the screens"), anchor=False)
    table = pd.DataFrame(
        {t("Word"): [say(word) for word, _ in WORDS], t("Meaning"): [say(meaning) for _, meaning in WORDS]}
    )
    st.table(table, border="horizontal", hide_index=True, hide_header=True)
    st.html(lines_html([t("Operating share of this area: {share}", share=f"{study.operating_share:.0%}")], muted=True))


def show_challenge(study: Study, surface: Surface) -> None:
    """Take a doubt about the forecast shown."""
    st.subheader(t("I doubt this forecast"), anchor=False)
    view = current_view()
    about = t("cell {cell}", cell=view.cell) if view.cell else plain_text(view.place) or t("the whole area")
    with st.form(f"challenge-{surface.snapshot_id}", clear_on_submit=True, border=False):
        text = st.text_area(
            t("About {what}: what is wrong, and how do you know? No names or numbers of persons.", what=about),
            max_chars=MOST_CHARACTERS,
            height=90,
        )
        if st.form_submit_button(t("File the doubt")):
            doubt(study, surface.snapshot_id, text, cell=view.cell, place=view.place)
            tell_after_rerun("done", t("The doubt is kept for the analysts; it stands in the list below."))
            st.rerun()


def show_challenges(study: Study) -> None:
    """Show the doubts that were filed, newest first."""
    found = list_challenges(study)[:SHOWN_CHALLENGES]
    if not found:
        return
    st.subheader(t("Doubts filed"), anchor=False)
    language = current_view().language
    table = pd.DataFrame(
        {
            t("Filed"): [format_moment(pd.Timestamp(one.made_at).tz_localize(None), language) for one in found],
            t("About"): [one.cell or plain_text(one.place) or t("the whole area") for one in found],
            t("Doubt"): [plain_text(one.text, MOST_CHARACTERS) for one in found],
        }
    )
    show_table(
        "challenges",
        t("Doubts filed"),
        table,
        hide_index=True,
        height="content",
        row_height=30,
        key=f"challenges-{language}",
    )
