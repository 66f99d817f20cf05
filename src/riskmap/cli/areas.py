"""Areas under watch: made, simulated, looked over."""

from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.table import Table

from riskmap.cli.terminal import Area, Settings, out, read_study, say, with_progress

area_app = typer.Typer(help="Areas under watch.", no_args_is_help=True)


def demo(
    scale: Annotated[Literal["small", "province"], typer.Option(help="How large.")] = "small",
    seed: Annotated[int, typer.Option(help="Another seed makes another province.")] = 20260105,
) -> None:
    """Build the simulated area `demo`, whose true risk is known."""
    from riskmap.simulate.demo import build_demo

    study = with_progress(lambda report: build_demo(Settings.home, scale=scale, seed=seed, report=report))
    out.print(say("Area {area} is built: {folder}", area=study.id, folder=study.folder), markup=False)


@area_app.command("create")
def area_create(
    area: Area,
    boundary: Annotated[Path, typer.Option(help="Vector file; the union of its polygons.")],
    resolution: Annotated[int, typer.Option(help="H3 resolution, 3 to 12.")],
    period: Annotated[Literal["day", "week", "month", "quarter"], typer.Option(help="Time step.")],
    timezone: Annotated[str, typer.Option(help="IANA name, such as Asia/Shanghai.")],
    crs: Annotated[str | None, typer.Option(help="Where the file names none: EPSG:4490, GCJ-02, ...")] = None,
    name_zh: Annotated[str, typer.Option(help="Chinese name.")] = "",
    name_en: Annotated[str, typer.Option(help="English name.")] = "",
    horizon: Annotated[int, typer.Option(help="Periods forecast at once.")] = 1,
) -> None:
    """Create an area from its boundary."""
    from riskmap.layers.areas import create_area

    study = create_area(
        Settings.home,
        area,
        boundary,
        resolution=resolution,
        period=period,
        timezone=timezone,
        crs=crs if crs is None or not crs.isdigit() else f"EPSG:{crs}",
        name_zh=name_zh,
        name_en=name_en,
        horizon=horizon,
    )
    out.print(say("Area {area} is there: {folder}", area=study.id, folder=study.folder), markup=False)


def status(area: Area) -> None:
    """Tell how fresh the data is, what is missing, and what is published."""
    from riskmap.model.promotion import champion_id
    from riskmap.pipeline import freshness, missing_periods
    from riskmap.surface.publish import current_id

    study = read_study(area)
    table = Table(say("layer"), say("rows"), say("delivered until"), say("sources"))
    for layer, known in freshness(study).items():
        table.add_row(layer, str(known["rows"]), str(known["latest"] or "-"), ", ".join(known["source"]))
    out.print(table)
    served = current_id(study)
    lines = {
        say("surface"): served or "-",
        say("model in use"): champion_id(study) or "-",
        say("periods not reported"): ", ".join(missing_periods(study)) or "-",
    }
    for name, value in lines.items():
        out.print(f"{name}: {value}", markup=False, highlight=False, soft_wrap=True)
    if study.simulated:
        out.print("SIMULATED / 模拟数据", markup=False)
