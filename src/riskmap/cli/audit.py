"""The audit log at a terminal."""

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from riskmap.cli.terminal import Settings, out, say


def audit(
    area: Annotated[str | None, typer.Argument(metavar="ID", help="Only this area; all without it.")] = None,
    limit: Annotated[int, typer.Option(help="How many of the newest entries.")] = 100,
    out_file: Annotated[Path | None, typer.Option("--out", help="CSV file to write all entries to.")] = None,
) -> None:
    """Show who did what, on the pages and at this terminal, the newest first."""
    from riskmap.audit import read_audit
    from riskmap.surface.export import write_csv

    log = read_audit(Settings.home, None if area is None else [area], limit if out_file is None else 2**31)
    if out_file is not None:
        write_csv(log, out_file)
        out.print(say("Wrote {n} rows to {path}", n=len(log), path=out_file), markup=False, soft_wrap=True)
        return
    table = Table(*(say(name) for name in ("time", "who", "what", "area", "place", "detail")))
    for row in log.itertuples(index=False):
        table.add_row(
            *(str(text).replace("[", r"\[") for text in (row.at, row.who, row.event, row.study, row.place, row.detail))
        )
    out.print(table)
