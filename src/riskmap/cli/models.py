"""Fitted models: listed, looked into, trained."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from riskmap.cli.terminal import Area, Moment, Settings, logged, out, read_moment, read_study, say, with_progress

ModelId = Annotated[str, typer.Argument(metavar="MODEL", help="The model's id, as `models list` shows it.")]

models_app = typer.Typer(help="Fitted models.", no_args_is_help=True)


@models_app.command("list")
def models_list(area: Area) -> None:
    """List an area's models; the one in use is marked."""
    from riskmap.model.promotion import champion_id
    from riskmap.model.registry import list_models

    study = read_study(area)
    champion = champion_id(study)
    for model_id in list_models(study):
        out.print(f"{'*' if model_id == champion else ' '} {model_id}", markup=False, highlight=False)


@models_app.command("card")
def models_card(
    area: Area, model_id: Annotated[str | None, typer.Argument(help="Default: the one in use.")] = None
) -> None:
    """Print what a model was made from, after its signature was checked, and how it came into use and why."""
    from riskmap.errors import ModelError
    from riskmap.model.promotion import champion_id, read_history
    from riskmap.model.registry import read_card
    from riskmap.snapshot import canonical_json

    study = read_study(area)
    wanted = model_id or champion_id(study)
    if wanted is None:
        raise ModelError("Area {area} has no model yet; `riskmap run {area}` fits one.", area=area)
    changes = [entry for entry in read_history(study) if entry["model_id"] == wanted]
    card = {**read_card(study, wanted), "changes": changes}
    out.print(canonical_json(card), markup=False, highlight=False, soft_wrap=True, end="")


@models_app.command("train")
def models_train(area: Area, as_of: Moment = None) -> None:
    """Fit a challenger on all that is known; `promote` puts it to use. The first model of an area is in use at once."""
    from riskmap.model.promotion import champion_id
    from riskmap.panel.build import build_panel
    from riskmap.pipeline import train
    from riskmap.snapshot import lease

    study = read_study(area)
    with lease(study.folder, "train"):
        first = champion_id(study) is None
        fitted = train(study, build_panel(study, read_moment(as_of)), "first" if first else None)
    if champion_id(study) == fitted.model_id:
        said = say("Model {model} is in use.", model=fitted.model_id)
    else:
        said = say("Model {model} is kept as a challenger.", model=fitted.model_id)
    out.print(said, markup=False, highlight=False)


@models_app.command("compare")
def models_compare(
    area: Area,
    model_id: ModelId,
    origins: Annotated[int, typer.Option(help="Past forecasts to compare on.")] = 12,
    json_file: Annotated[Path | None, typer.Option("--json", help="Where to write the comparison.")] = None,
) -> None:
    """Compare a model with the one in use and with the baseline on past periods."""
    from riskmap.model.promotion import compare
    from riskmap.panel.build import build_panel
    from riskmap.snapshot import canonical_json, write_text

    study = read_study(area)
    panel = build_panel(study)
    result = with_progress(lambda report: compare(study, panel, model_id, origins=origins, report=report))
    if json_file is not None:
        write_text(json_file, canonical_json(result))
    _show_comparison(result)


@models_app.command("promote")
def models_promote(
    area: Area,
    model_id: ModelId,
    reason: Annotated[str, typer.Option(help="Why; it is kept.")] = "",
    override: Annotated[bool, typer.Option("--override", help="In spite of the gate; needs --reason.")] = False,
) -> None:
    """Put a model to use if it is no worse than the one in use and the baseline."""
    from riskmap.model.promotion import promote
    from riskmap.panel.build import build_panel
    from riskmap.snapshot import lease

    study = read_study(area)
    detail = f"{model_id}{', in spite of the gate' if override else ''}: {reason}"
    with logged(study, "promote", detail=detail), lease(study.folder, "promote"):
        panel = build_panel(study)
        result = with_progress(
            lambda report: promote(study, panel, model_id, reason=reason, override=override, report=report)
        )
    _show_comparison(result)
    out.print(say("Model {model} is in use.", model=model_id), markup=False, highlight=False)


@models_app.command("rollback")
def models_rollback(area: Area, reason: Annotated[str, typer.Option(help="Why; it is kept.")]) -> None:
    """Put the model to use that was in use before."""
    from riskmap.model.promotion import rollback
    from riskmap.snapshot import lease

    study = read_study(area)
    with logged(study, "rollback", detail=reason), lease(study.folder, "rollback"):
        model_id = rollback(study, reason)
    out.print(say("Model {model} is in use.", model=model_id), markup=False, highlight=False)


def _show_comparison(result: dict[str, Any]) -> None:
    words = {"n": len(result["origins"]), "events": result["events"], "share": f"{result['share']:.0%}"}
    title = say("{n} past periods, {events:.0f} cases; hit rate and PEI* at {share} of the area", **words)
    table = Table("", say("deviance"), say("hit rate"), "PEI*", title=title)
    for name, scores in result["models"].items():
        cells = (f"{scores['deviance']:.5f}", f"{scores['hit_rate']:.3f}", f"{scores['pei_star']:.3f}")
        table.add_row(say(name), *cells)
    out.print(table)
    for failure in result["failures"]:
        out.print(say("Stops a promotion: {failure}.", failure=failure[Settings.language]), markup=False)
