"""Fitted models: listed, looked into, trained."""

from typing import Annotated

import typer

from riskmap.cli.terminal import Area, Moment, out, read_moment, read_study, say

models_app = typer.Typer(help="Fitted models.", no_args_is_help=True)


@models_app.command("list")
def models_list(area: Area) -> None:
    """List an area's models; the one in use is marked."""
    from riskmap.model.registry import champion_id, list_models

    study = read_study(area)
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

    study = read_study(area)
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

    study = read_study(area)
    with lease(study.folder, "train"):
        fitted = train(study, build_panel(study, read_moment(as_of)))
    out.print(say("Model {model} is in use.", model=fitted.model_id), markup=False, highlight=False)
