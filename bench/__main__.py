"""`make bench`: every way of every step, alternately, each in a process of its own; one table with ratios to ours."""

import argparse
import os
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table

from bench import indexing, intake, panel
from bench.learning import EXPLAINED
from bench.timing import Measured, measure
from bench.worlds import CELLS, WEEKS

SCALES = ("small", "province")
WIDTH_OF_FILES = 150
AIM = "aim 300 s, 4096 MB"
Found = dict[str, list[Measured]]


def indexing_rounds(scale: str, rounds: int, work: Path) -> Iterator[tuple[str, Found]]:
    """Yield the ways from points to cells."""
    points = indexing.POINTS[scale]
    ways = ("indexing_ours", "indexing_h3", "indexing_geopandas")
    answers = {way: str(work / f"{way}.npy") for way in ways}
    found = _alternate(ways, rounds, lambda way, _: {"points": points, "answer": answers[way]})
    for way in ways[1:]:
        tolerated = 0.0 if way == "indexing_h3" else 0.001
        found[way][-1].said["note"] = indexing.compare(Path(answers[ways[0]]), Path(answers[way]), tolerated)
    found[ways[0]][-1].said["note"] = f"{points / _seconds(found[ways[0]]):,.0f} points a second"
    yield f"{points:,} points -> cells", found


def panel_rounds(scale: str, rounds: int, work: Path) -> Iterator[tuple[str, Found]]:
    """Yield the ways to write the whole panel, then the one period that a forecast needs."""
    resolution = panel.RESOLUTION[scale]
    ways = ("panel_ours", "panel_duckdb", "panel_pandas")
    found: Found = defaultdict(list)
    for _ in range(rounds):
        with tempfile.TemporaryDirectory(dir=work) as folder:
            for way in ways:
                arguments = {"resolution": resolution, "folder": f"{folder}/{way}"}
                found[way].append(_said(measure(way, arguments)))
                if way != ways[0]:
                    other = {"ours": f"{folder}/{ways[0]}", "other": f"{folder}/{way}"}
                    check = measure("panel_check", {"resolution": resolution, **other})
                    found[way][-1].said["note"] = _agreement(check)
    yield f"26 features, {CELLS[resolution]:,} cells x {WEEKS} weeks -> Parquet", found
    found = _alternate(("period_ours",), rounds, lambda *_: {"resolution": 8})
    yield f"the same, {CELLS[8]:,} cells, one week", found


def learning_rounds(scale: str, rounds: int, work: Path) -> Iterator[tuple[str, Found]]:
    """Yield fit, predict and reasons, then trees alone beside other libraries'; always at the size of a province."""
    found = _alternate(("learning_ours", "learning_plain"), rounds, lambda *_: {})
    for ways in found.values():
        ways[-1].said["note"] = _quality(ways[-1].said)
    rows = found["learning_ours"][-1].said["rows"]
    for part, what in (("fit", f"fit on {rows:,} rows"), ("predict", f"features and forecast of {CELLS[8]:,} cells")):
        yield what, {way: [Measured(way, m.said[part], m.peak_mb, m.said) for m in ms] for way, ms in found.items()}
    alone = [("predict", "the forecast alone", -1.0), ("explain", f"reasons of {EXPLAINED:,} cells", 0.0)]
    for part, what, features in alone:
        ours = [(m.said[part] + features * m.said["features"], m.peak_mb) for m in found["learning_ours"]]
        yield what, {"learning_ours": [Measured("learning_ours", *one) for one in ours]}
    trees = _alternate(("trees_ours", "trees_lightgbm", "trees_xgboost"), rounds, lambda *_: {})
    for ways in trees.values():
        ways[-1].said["note"] = _quality(ways[-1].said)
    yield "trees alone: one fit, one forecast", trees


def run_rounds(scale: str, rounds: int, work: Path) -> Iterator[tuple[str, Found]]:
    """Yield the build of the simulated area and its first run; each round in a home of its own."""
    found: Found = defaultdict(list)
    for _ in range(rounds):
        with tempfile.TemporaryDirectory(dir=work) as home:
            found["demo"].append(_said(measure("demo", {"home": home, "scale": scale})))
            found["run"].append(_said(measure("run", {"home": home})))
    if scale == "province":
        found["run"][-1].said["note"] = AIM
    yield f"riskmap demo --scale {scale}", {"demo": found["demo"]}
    yield "riskmap run demo, first run", {"run": found["run"]}


def intake_rounds(scale: str, rounds: int, work: Path) -> Iterator[tuple[str, Found]]:
    """Yield the import of one large file beside the bare reading of it, then of sixty monthly files."""
    file = intake.write_file(work, intake.ROWS)
    ways = ("intake_ours", "intake_pandas")
    found = _alternate(ways, rounds, lambda *_: {"file": str(file), "work": str(work)})
    found[ways[0]][-1].said["note"] = "aim 25 s, 1536 MB"
    yield f"{intake.ROWS:,} rows of CSV -> checked, converted, indexed, written", found
    months = intake.write_months(work, intake.MONTHS)
    found = _alternate(("intake_months",), rounds, lambda *_: {"folder": str(months), "work": str(work)})
    yield f"{intake.MONTHS} monthly files in one go", found


STEPS = {
    "intake": intake_rounds,
    "indexing": indexing_rounds,
    "panel": panel_rounds,
    "learning": learning_rounds,
    "run": run_rounds,
}


def main() -> None:
    """Measure what the command line asks for and print the table."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--only", choices=STEPS, help="one part (default: all)")
    parser.add_argument("--scale", choices=SCALES, default="small", help="size of the input (default: small)")
    parser.add_argument("--rounds", type=int, default=2, help="how often each way is run; medians are printed")
    options = parser.parse_args()
    table = Table("step", "way")
    for heading in ("seconds", "peak MB", "ratio to ours"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("answer")
    with tempfile.TemporaryDirectory(prefix="riskmap-bench-") as work:
        for step in [options.only] if options.only else STEPS:
            for what, found in STEPS[step](options.scale, options.rounds, Path(work)):
                _add_rows(table, what, found)
    console = Console()
    (console if console.is_terminal else Console(width=WIDTH_OF_FILES)).print(table)
    load = os.getloadavg()[1]
    print(f"Medians of {options.rounds}; {os.cpu_count()} cores, load {load:.1f} over the last 5 minutes.")


def _alternate(ways: tuple[str, ...], rounds: int, arguments: Callable[[str, int], dict]) -> Found:
    """Run the ways in turn, round after round, so that what else the machine does meets all of them."""
    found: Found = defaultdict(list)
    for done in range(rounds):
        for way in ways:
            found[way].append(_said(measure(way, arguments(way, done))))
    return found


def _said(measured: Measured) -> Measured:
    """Tell on stderr how far we are; the table itself comes at the end."""
    line = f"{measured.way}: {measured.seconds:.1f} s, {measured.peak_mb:.0f} MB"
    Console(stderr=True).print(line, markup=False, highlight=False)
    return measured


def _agreement(check: Measured) -> str:
    values, rows, worst = check.said["values"], check.said["rows"], check.said["worst"]
    return f"{rows:,} rows; {values:,} of them compared, all within {worst:.0e}"


def _quality(said: dict[str, Any]) -> str:
    """Return the deviance in words: a total a hundred times off is no forecast but a divergence."""
    if not said["ratio"] < 100:
        return f"diverged: deviance {said['deviance']:.2g}, predicted/actual {said['ratio']:.2g}"
    return f"deviance {said['deviance']:.5f}, predicted/actual {said['ratio']:.2f}"


def _seconds(runs: list[Measured]) -> float:
    return median(run.seconds for run in runs)


def _add_rows(table: Table, what: str, found: Found) -> None:
    """Add a row a way; the first one is ours."""
    ours = _seconds(next(iter(found.values())))
    for way, runs in found.items():
        seconds = _seconds(runs)
        peak = f"{median(run.peak_mb for run in runs):,.0f}"
        name = way.rpartition("_")[2] if "_" in way else "ours"
        note = runs[-1].said.get("note", "")
        table.add_row(what, name, f"{seconds:,.2f}", peak, f"{seconds / ours:.2f}", note)
        what = ""
    table.add_section()


if __name__ == "__main__":
    main()
