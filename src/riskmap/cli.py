"""The `riskmap` command: the same functions as the pages, for people at a terminal and for scripts."""

import json
import os
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Literal

import pandas as pd
import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from riskmap.errors import RiskmapError, StudyError
from riskmap.language import Text, translate
from riskmap.progress import Report
from riskmap.study import REPOSITORY, Study, default_home, load_study

app = typer.Typer(help="Weekly drug-risk forecasts for places.", no_args_is_help=True, pretty_exceptions_enable=False)
area_app = typer.Typer(help="Areas under watch.", no_args_is_help=True)
models_app = typer.Typer(help="Fitted models.", no_args_is_help=True)
app.add_typer(area_app, name="area")
app.add_typer(models_app, name="models")

SHARES = "0.01,0.05,0.1,0.2"
Area = Annotated[str, typer.Argument(metavar="ID", help="The area's id.")]
Moment = Annotated[str | None, typer.Option("--as-of", help="Look ahead from this date; default: the last data.")]
WIDTH_OF_FILES = 140
"""Columns where output goes to a file or a pipe, so that tables are not folded at 80."""
out = Console(width=None if sys.stdout.isatty() else WIDTH_OF_FILES)
err = Console(stderr=True)


class _Settings:
    """What holds for every command of one call."""

    home: Path = default_home()
    language: str = "en"


def _default_language() -> str:
    wanted = os.environ.get("RISKMAP_LANGUAGE") or os.environ.get("LC_ALL") or os.environ.get("LANG") or "en"
    return "zh" if wanted.lower().startswith("zh") else "en"


def say(template: str, **values: object) -> str:
    """Return a sentence in the chosen language."""
    return translate(template, _Settings.language, **values)


@app.callback()
def _begin(
    home: Annotated[Path | None, typer.Option(help="Where geodata/ and models/ lie (or RISKMAP_HOME).")] = None,
    language: Annotated[Literal["zh", "en"] | None, typer.Option(help="Language of messages.")] = None,
) -> None:
    _Settings.home = home.expanduser().resolve() if home else default_home()
    _Settings.language = language or _default_language()


def _with_progress(work: Callable[[Report], object]) -> object:
    """Run `work` under a bar in a terminal, or with one line a stage where nobody watches."""
    if not err.is_terminal:
        seen: list[str] = []

        def line(stage: Text, _share: float | None) -> None:
            text = stage.in_language(_Settings.language)
            if not seen or seen[-1] != text:
                seen.append(text)
                err.print(text, markup=False, highlight=False)

        return work(line)
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=err, transient=True) as bar:
        task = bar.add_task("", total=1.0)

        def move(stage: Text, share: float | None) -> None:
            bar.update(task, description=stage.in_language(_Settings.language), completed=share)

        return work(move)


def _study(area: str) -> Study:
    return load_study(area, _Settings.home)


def _moment(value: str | None) -> pd.Timestamp | None:
    if value is None:
        return None
    try:
        return pd.Timestamp(value)
    except ValueError:
        raise StudyError("--as-of takes a date such as 2026-01-05; it was {value!r}.", value=value) from None


@app.command()
def demo(
    scale: Annotated[Literal["small", "province"], typer.Option(help="How large.")] = "small",
    seed: Annotated[int, typer.Option(help="Another seed makes another province.")] = 20260105,
) -> None:
    """Build the simulated area `demo`, whose true risk is known."""
    from riskmap.simulate.demo import build_demo

    study = _with_progress(lambda report: build_demo(_Settings.home, scale=scale, seed=seed, report=report))
    assert isinstance(study, Study)  # noqa: S101 - narrows the type for mypy
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
        _Settings.home,
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


@app.command("import")
def import_(
    area: Area,
    layer: Annotated[str, typer.Argument(help="cases, incidents, seizures, sites, plants, samples, areas, ...")],
    files: Annotated[list[Path], typer.Argument(help="Files to import together.")],
    recipe: Annotated[str, typer.Option(help="A recipe's name or file.")],
    receipt: Annotated[Path | None, typer.Option(help="Where to write the receipt, JSON.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Agree to what is asked.")] = False,
) -> None:
    """Import files into a layer: all of them with a receipt, or nothing."""
    from riskmap.layers.intake import import_files
    from riskmap.sources.recipe import load_recipe

    study = _study(area)
    made = import_files(study, layer, files, load_recipe(recipe), accept=yes)
    if receipt is not None:
        made.write(receipt)
    keys = ("read", "not_selected", "accepted", "repaired", "quarantined", "rejected", "net_count")
    summary = "  ".join(f"{key} {made.data[key]}" for key in keys)
    out.print(f"{layer} {made.import_id or '-'}: {summary}", markup=False, highlight=False, soft_wrap=True)
    for note in made.notes:
        err.print(note[_Settings.language], markup=False, highlight=False)
    for entry in made.refused:
        message = entry["refused"][f"message_{_Settings.language}"]
        err.print(f"{Path(entry['path']).name}: {message}", markup=False, highlight=False)
    if made.exit_status:
        raise typer.Exit(made.exit_status)


@app.command()
def run(area: Area, as_of: Moment = None) -> None:
    """Forecast the next period and publish the surface."""
    from riskmap import pipeline
    from riskmap.surface.publish import Surface

    study, moment = _study(area), _moment(as_of)
    surface = _with_progress(lambda report: pipeline.run(study, moment, report))
    assert isinstance(surface, Surface)  # noqa: S101 - narrows the type for mypy
    text = say(
        "{area}: surface {snapshot} for {start} to {end}; {expected:.1f} cases expected, baseline {baseline:.1f}.",
        area=area,
        snapshot=surface.snapshot_id,
        start=surface.manifest["period_start"],
        end=surface.manifest["period_end"],
        expected=surface.manifest["expected_total"],
        baseline=surface.manifest["baseline_total"],
    )
    out.print(text, markup=False, highlight=False, soft_wrap=True)


@app.command()
def evaluate(
    area: Area,
    origins: Annotated[int, typer.Option(help="Forecasts to look back on.")] = 12,
    shares: Annotated[str, typer.Option(help="Shares of the area, comma-separated.")] = SHARES,
    json_file: Annotated[Path | None, typer.Option("--json", help="Where to write the result.")] = None,
) -> None:
    """Score the model and all baselines on past periods."""
    from riskmap.snapshot import canonical_json, write_text

    result = _evaluate(_study(area), origins, _shares(shares))
    if json_file is not None:
        write_text(json_file, canonical_json(result))
    out.print(_score_table(result))


def _evaluate(study: Study, origins: int, shares: list[float]) -> dict[str, object]:
    from riskmap.model.evaluate import evaluate as evaluate_models
    from riskmap.model.evaluate import save_evaluation
    from riskmap.panel.build import build_panel

    panel = build_panel(study)
    result = _with_progress(lambda report: evaluate_models(study, panel, origins=origins, shares=shares, report=report))
    assert isinstance(result, dict)  # noqa: S101 - narrows the type for mypy
    save_evaluation(study, result)
    return result


def _shares(text: str) -> list[float]:
    try:
        return [float(part) for part in text.split(",")]
    except ValueError:
        raise StudyError("--shares takes numbers such as 0.05,0.1; it was {value!r}.", value=text) from None


def _score_table(result: dict[str, object]) -> Table:
    models: dict[str, dict[str, dict[str, dict[str, float]]]] = result["models"]  # type: ignore[assignment]
    shares = list(next(iter(models.values()))["shares"])
    title = say(
        "{area}: hit rate by share of the area, with 95 % interval; {events:.0f} cases in {n} periods",
        area=result["area"],
        events=result["events"],
        n=len(result["origins"]),  # type: ignore[arg-type]
    )
    table = Table("", say("deviance"), *(f"{float(share):.0%}" for share in shares), title=title)
    for name, scores in models.items():
        cells = [
            f"{score['hit_rate']:.3f} [{score['ci_low']:.2f}–{score['ci_high']:.2f}]"
            for score in scores["shares"].values()
        ]
        table.add_row(name, f"{scores['poisson_deviance']:.4f}", *cells)
    return table


@models_app.command("list")
def models_list(area: Area) -> None:
    """List an area's models; the one in use is marked."""
    from riskmap.model.registry import champion_id, list_models

    study = _study(area)
    champion = champion_id(study)
    for model_id in list_models(study):
        out.print(f"{'*' if model_id == champion else ' '} {model_id}", markup=False, highlight=False)


@models_app.command("card")
def models_card(
    area: Area, model_id: Annotated[str | None, typer.Argument(help="Default: the one in use.")] = None
) -> None:
    """Print what a model was made from, after its signature was checked."""
    from riskmap.errors import ModelError
    from riskmap.model.registry import champion_id, read_card
    from riskmap.snapshot import canonical_json

    study = _study(area)
    wanted = model_id or champion_id(study)
    if wanted is None:
        raise ModelError("Area {area} has no model yet; `riskmap run {area}` fits one.", area=area)
    out.print(canonical_json(read_card(study, wanted)), markup=False, highlight=False, soft_wrap=True, end="")


@models_app.command("train")
def models_train(area: Area, as_of: Moment = None) -> None:
    """Fit a model now; it is put to use if its totals hold on held-out periods."""
    from riskmap.panel.build import build_panel
    from riskmap.pipeline import train
    from riskmap.snapshot import lease

    study = _study(area)
    with lease(study.folder, "train"):
        fitted = train(study, build_panel(study, _moment(as_of)))
    out.print(say("Model {model} is in use.", model=fitted.model_id), markup=False, highlight=False)


@app.command()
def plan(
    area: Area,
    visits: Annotated[int, typer.Option(help="How many sites can be visited.")],
    random_share: Annotated[float, typer.Option(help="Share of visits drawn at random.")] = 0.1,
    county_share: Annotated[float, typer.Option(help="Largest share of one county.")] = 0.3,
) -> None:
    """Draw up and freeze this week's inspection list."""
    from riskmap.decisions.inspections import draw_plan

    made = draw_plan(_study(area), visits, random_share=random_share, county_share=county_share)
    text = say("List {number} with {n} visits: {folder}", number=made.number, n=len(made.sites), folder=made.folder)
    out.print(text, markup=False, highlight=False, soft_wrap=True)


@app.command()
def brief(
    area: Area,
    out_folder: Annotated[Path, typer.Option("--out", help="Folder for the page.")],
    as_of: Moment = None,
    language: Annotated[Literal["zh", "en"] | None, typer.Option(help="Language of the page.")] = None,
) -> None:
    """Draw the week's briefing page as PNG and PDF."""
    from riskmap.briefing.page import write_brief

    moment = _moment(as_of)
    for path in write_brief(_study(area), out_folder, as_of=moment, language=language or _Settings.language):
        out.print(str(path), markup=False, highlight=False, soft_wrap=True)


@app.command()
def export(
    area: Area,
    what: Annotated[str, typer.Argument(help="surface, surface_areas or a layer.")],
    form: Annotated[str, typer.Option("--format", help="gpkg, geojson, parquet, csv or xlsx.")],
    out_file: Annotated[Path, typer.Option("--out", help="File to write.")],
) -> None:
    """Write the surface or a layer to a file."""
    from riskmap.decisions.workbook import write_workbook
    from riskmap.surface.export import export_table, write_export

    study = _study(area)
    notice = "SIMULATED / 模拟数据" if study.simulated else ""
    table = export_table(study, what)
    about = {"area": study.id, "what": what}
    write_export(table, out_file, form, lambda path, flat: write_workbook(path, flat, about, notice))
    out.print(say("Wrote {n} rows to {path}", n=len(table), path=out_file), markup=False, soft_wrap=True)


@app.command()
def status(area: Area) -> None:
    """Tell how fresh the data is, what is missing, and what is published."""
    from riskmap.model.registry import champion_id
    from riskmap.pipeline import freshness
    from riskmap.surface.publish import current_id, read_surface

    study = _study(area)
    table = Table(say("layer"), say("rows"), say("delivered until"), say("sources"))
    for layer, known in freshness(study).items():
        table.add_row(layer, str(known["rows"]), str(known["latest"] or "-"), ", ".join(known["source"]))
    out.print(table)
    served = current_id(study)
    gaps = read_surface(study).manifest["gaps"] if served else []
    lines = {
        say("surface"): served or "-",
        say("model in use"): champion_id(study) or "-",
        say("periods not reported"): ", ".join(gaps) or "-",
    }
    for name, value in lines.items():
        out.print(f"{name}: {value}", markup=False, highlight=False, soft_wrap=True)
    if study.simulated:
        out.print("SIMULATED / 模拟数据", markup=False)


DEMO_SURFACES = 6
DEMO_VISITS = 40
DEMO_ORIGINS = 4


@app.command("app")
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on; this machine only.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8501,
    demo: Annotated[bool, typer.Option("--demo", help="Build the simulated area first if it is not there.")] = False,
) -> None:
    """Start the pages and print their address."""
    if host not in ("127.0.0.1", "localhost", "::1"):
        raise StudyError("The pages have no sign-in yet and listen on this machine only, not on {host}.", host=host)
    _refuse_taken_port(host, port)
    if demo:
        _prepare_demo()
    out.print(say("The pages are at http://{host}:{port} (Ctrl+C ends them).", host=host, port=port), markup=False)
    environment = {**os.environ, "RISKMAP_HOME": str(_Settings.home)}
    options = ["--server.address", host, "--server.port", str(port), "--server.headless", "true"]
    script = str(REPOSITORY / "app.py")
    os.chdir(REPOSITORY)
    os.execve(sys.executable, [sys.executable, "-m", "streamlit", "run", script, *options], environment)  # noqa: S606


def _refuse_taken_port(host: str, port: int) -> None:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except (OSError, OverflowError) as taken:
            raise StudyError(
                "Port {port} on {host} cannot be used ({problem}); choose another: `make run PORT={other}`.",
                port=port,
                host=host,
                problem=getattr(taken, "strerror", None) or str(taken),
                other=port + 1,
            ) from None


def _prepare_demo() -> None:
    from riskmap import pipeline
    from riskmap.decisions.inspections import draw_plan, read_plans
    from riskmap.model.evaluate import read_evaluation
    from riskmap.simulate.demo import build_demo
    from riskmap.surface.publish import current_id

    if not (_Settings.home / "geodata" / "demo" / "study.toml").is_file():
        out.print(say("Building the simulated area; this takes a few minutes, once."), markup=False)
    study = _with_progress(lambda report: build_demo(_Settings.home, report=report))
    assert isinstance(study, Study)  # noqa: S101 - narrows the type for mypy
    if current_id(study) is None:
        _with_progress(lambda report: pipeline.publish_recent(study, DEMO_SURFACES, report))
    if not read_plans(study):
        draw_plan(study, DEMO_VISITS)
    if read_evaluation(study) is None:
        _evaluate(study, DEMO_ORIGINS, _shares(SHARES))


def home_first(arguments: list[str]) -> list[str]:
    """Return the arguments with `--home DIR` at their head: people write it after the command as often as before."""
    moved, rest, left = [], [], list(arguments)
    while left:
        argument = left.pop(0)
        if argument == "--home" and left:
            moved += [argument, left.pop(0)]
        elif argument.startswith("--home="):
            moved.append(argument)
        else:
            rest.append(argument)
    return moved + rest


def main() -> None:
    """Run the command; errors are one readable paragraph on standard error, never a traceback."""
    try:
        app(args=home_first(sys.argv[1:]))
    except RiskmapError as error:
        err.print(error.in_language(_Settings.language), markup=False, highlight=False, soft_wrap=True)
        sys.exit(1)
    except OSError as error:
        text = say(
            "The system refused: {problem} ({path}). Nothing that was published has changed.",
            problem=error.strerror or str(error),
            path=error.filename or "-",
        )
        err.print(text, markup=False, highlight=False, soft_wrap=True)
        sys.exit(1)
    except json.JSONDecodeError as error:
        err.print(say("A stored file is damaged: {problem}.", problem=str(error)), markup=False, soft_wrap=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
