"""This week's inspection list and briefing page."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from riskmap.cli.terminal import Area, Moment, Settings, out, read_moment, read_study, say


def plan(
    area: Area,
    visits: Annotated[int, typer.Option(help="How many sites can be visited.")],
    random_share: Annotated[float, typer.Option(help="Share of visits drawn at random.")] = 0.1,
    county_share: Annotated[float, typer.Option(help="Largest share of one county.")] = 0.3,
) -> None:
    """Draw up and freeze this week's inspection list."""
    from riskmap.decisions.inspections import draw_plan

    made = draw_plan(read_study(area), visits, random_share=random_share, county_share=county_share)
    text = say("List {number} with {n} visits: {folder}", number=made.number, n=len(made.sites), folder=made.folder)
    out.print(text, markup=False, highlight=False, soft_wrap=True)


def brief(
    area: Area,
    out_folder: Annotated[Path, typer.Option("--out", help="Folder for the page.")],
    as_of: Moment = None,
    language: Annotated[Literal["zh", "en"] | None, typer.Option(help="Language of the page.")] = None,
) -> None:
    """Draw the week's briefing page as PNG and PDF."""
    from riskmap.briefing.page import write_brief

    moment = read_moment(as_of)
    for path in write_brief(read_study(area), out_folder, as_of=moment, language=language or Settings.language):
        out.print(str(path), markup=False, highlight=False, soft_wrap=True)
