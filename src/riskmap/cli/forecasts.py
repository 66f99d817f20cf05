"""Forecasts: made, published, scored on the past, written out."""

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from riskmap.cli.terminal import Area, Moment, Settings, err, logged, out, read_moment, read_study, say, with_progress
from riskmap.errors import StudyError
from riskmap.study import Study

SHARES = "0.01,0.05,0.1,0.2"


def run(area: Area, as_of: Moment = None) -> None:
    """Forecast the next period and publish the surface."""
    from riskmap import pipeline

    study, moment = read_study(area), read_moment(as_of)
    surface = with_progress(lambda report: pipeline.run(study, moment, report))
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


def evaluate(
    area: Area,
    origins: Annotated[int, typer.Option(help="Forecasts to look back on.")] = 12,
    shares: Annotated[str, typer.Option(help="Shares of the area, comma-separated.")] = SHARES,
    json_file: Annotated[Path | None, typer.Option("--json", help="Where to write the result.")] = None,
    parquet_file: Annotated[Path | None, typer.Option("--parquet", help="Where to write it as a table.")] = None,
    areas_out: Annotated[
        bool, typer.Option("--areas-out", help="Also score the model on areas that it did not learn from.")
    ] = False,
) -> None:
    """Score the model and all baselines on past periods."""
    from riskmap.model.evaluate import evaluation_table
    from riskmap.snapshot import canonical_json, write_text

    result = evaluate_area(read_study(area), origins, read_shares(shares), areas_out=areas_out)
    if json_file is not None:
        write_text(json_file, canonical_json(result))
    if parquet_file is not None:
        evaluation_table(result).to_parquet(parquet_file, index=False)
    out.print(_score_table(result))
    if left_out := result["areas_left_out"]:
        words: dict[str, object] = dict(left_out)  # type: ignore[call-overload]
        said = say(
            "In {areas} areas that it did not learn from, its deviance is {ratio:.3f} [{ci_low:.3f}–{ci_high:.3f}] of "
            "that of EWMA + ring.",
            **words,
        )
        out.print(said, highlight=False)


def evaluate_area(study: Study, origins: int, shares: list[float], *, areas_out: bool = False) -> dict[str, object]:
    from riskmap.model.evaluate import evaluate as evaluate_models
    from riskmap.model.evaluate import save_evaluation
    from riskmap.panel.build import build_panel

    panel = build_panel(study)
    result = with_progress(
        lambda report: evaluate_models(study, panel, origins=origins, shares=shares, areas_out=areas_out, report=report)
    )
    save_evaluation(study, result)
    return result


def read_shares(text: str) -> list[float]:
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


def export(
    area: Area,
    what: Annotated[str, typer.Argument(help="surface, surface_areas or a layer.")],
    form: Annotated[str, typer.Option("--format", help="gpkg, geojson, parquet, csv or xlsx.")],
    out_file: Annotated[Path, typer.Option("--out", help="File to write.")],
) -> None:
    """Write the surface or a layer to a file."""
    from riskmap.decisions.workbook import write_workbook
    from riskmap.surface.export import export_table, write_export

    study = read_study(area)
    notice = "SIMULATED / 模拟数据" if study.simulated else ""
    table = export_table(study, what)
    about = {"area": study.id, "what": what}
    with logged(study, "export", detail=f"{what}.{form}"):
        notes = write_export(table, out_file, form, lambda path, flat: write_workbook(path, flat, about, notice))
    for note in notes:
        err.print(note.in_language(Settings.language), markup=False, soft_wrap=True)
    out.print(say("Wrote {n} rows to {path}", n=len(table), path=out_file), markup=False, soft_wrap=True)
