"""The pages: started from the command line, on this machine only."""

import os
import socket
import sys
from typing import Annotated

import typer

from riskmap.cli.forecasts import SHARES, evaluate_area, read_shares
from riskmap.cli.terminal import Settings, out, say, with_progress
from riskmap.errors import StudyError
from riskmap.sources.private_folders import remove_abandoned
from riskmap.study import REPOSITORY

DEMO_SURFACES = 6
DEMO_VISITS = 40
DEMO_ORIGINS = 4


def serve(
    host: Annotated[
        str, typer.Option(help="Address to listen on; another than this machine's takes sign-in (docs/access.md).")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8501,
    demo: Annotated[bool, typer.Option("--demo", help="Build the simulated area first if it is not there.")] = False,
) -> None:
    """Start the pages and print their address."""
    os.chdir(REPOSITORY)  # where secrets.toml is looked for
    _refuse_open_door(host)
    _refuse_taken_port(host, port)
    remove_abandoned()
    if demo:
        _prepare_demo()
    out.print(say("The pages are at http://{host}:{port} (Ctrl+C ends them).", host=host, port=port), markup=False)
    environment = {**os.environ, "RISKMAP_HOME": str(Settings.home)}
    options = ["--server.address", host, "--server.port", str(port), "--server.headless", "true"]
    script = str(REPOSITORY / "app.py")
    os.execve(sys.executable, [sys.executable, "-m", "streamlit", "run", script, *options], environment)  # noqa: S606


def _refuse_open_door(host: str) -> None:
    from riskmap.web.sign_in_settings import refusal

    refused = refusal(host)
    if refused is not None:
        raise StudyError(refused.template, **refused.values)


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

    if not (Settings.home / "geodata" / "demo" / "study.toml").is_file():
        out.print(say("Building the simulated area; this takes a few minutes, once."), markup=False)
    study = with_progress(lambda report: build_demo(Settings.home, report=report))
    if current_id(study) is None:
        with_progress(lambda report: pipeline.publish_recent(study, DEMO_SURFACES, report))
    if not read_plans(study):
        draw_plan(study, DEMO_VISITS)
    if read_evaluation(study) is None:
        evaluate_area(study, DEMO_ORIGINS, read_shares(SHARES))
