"""This week's inspection list and briefing."""

from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.table import Table

from riskmap.cli.terminal import Area, Moment, Settings, logged, out, read_moment, read_study, say


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
    out_folder: Annotated[Path, typer.Option("--out", help="Folder for the files.")],
    as_of: Moment = None,
    language: Annotated[Literal["zh", "en"] | None, typer.Option(help="Language of the slides.")] = None,
    comment: Annotated[
        str | None, typer.Option(help="File or words, kept with the snapshot and printed; '' removes it.")
    ] = None,
    marking: Annotated[str | None, typer.Option(help="Printed on every page; default: the area's settings.")] = None,
    map_number: Annotated[
        str | None, typer.Option(help="Approval number of the map; default: the area's settings.")
    ] = None,
) -> None:
    """Make the week's briefing: PowerPoint, PDF for screen and A4, one picture a slide."""
    from riskmap.briefing.comment import comment_argument
    from riskmap.briefing.pack import write_pack

    study, moment = read_study(area), read_moment(as_of)
    with logged(study, "briefing", detail="" if moment is None else f"as of {moment:%Y-%m-%d}"):
        written = write_pack(
            study,
            out_folder,
            as_of=moment,
            language=language or Settings.language,
            comment=None if comment is None else comment_argument(comment),
            marking=marking,
            map_number=map_number,
        )
    for path in written:
        out.print(str(path), markup=False, highlight=False, soft_wrap=True)


def blind_spots(
    area: Area,
    json_file: Annotated[Path | None, typer.Option("--json", help="Where to write both comparisons.")] = None,
) -> None:
    """Compare cases with wastewater, and where people looked with the risk."""
    from riskmap.decisions.blind_spots import looking_against_risk, wastewater_against_cases
    from riskmap.snapshot import canonical_json, write_text
    from riskmap.surface.publish import read_surface

    study = read_study(area)
    surface = read_surface(study)
    found = {
        "wastewater": wastewater_against_cases(study, surface),
        "looking": looking_against_risk(study, surface),
    }
    if json_file is not None:
        write_text(json_file, canonical_json({name: table.to_dict("records") for name, table in found.items()}))
    by_hours = len(found["looking"]) > 0 and found["looking"]["measure"].iloc[0] == "hours"
    hours, cases = say("Hours of police work beside the risk"), say("Found by police work beside the risk")
    titles = {"wastewater": say("Cases beside wastewater"), "looking": hours if by_hours else cases}
    for name, rows in found.items():
        if rows.empty:
            out.print(f"{titles[name]}: -", markup=False)
            continue
        measured = say("hours per period") if by_hours and name == "looking" else say("found")
        table = Table(say("place"), measured, say("if all were alike"), say("factor"), "", title=titles[name])
        place, count = ("code", "cases") if name == "wastewater" else ("area_code", "hours" if by_hours else "found")
        for row in rows.to_dict("records"):
            factor = f"×{row['ratio']:.2f} [{row['low']:.2f}–{row['high']:.2f}]"
            table.add_row(str(row[place]), f"{row[count]:,.0f}", f"{row['even']:,.0f}", factor, say(row["verdict"]))
        out.print(table)
