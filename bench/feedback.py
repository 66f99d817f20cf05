"""`python -m bench.feedback`: what lists learn that send people where records are, and what riskmap's lists learn."""

import argparse

import numpy as np
from rich.console import Console
from rich.table import Table

from riskmap.simulate.feedback import POLICIES, run_loop

TRUE_SHARE = 0.545
PLACES, HAZARDS = 100, 0.8
TOP = 20


def main() -> None:
    """Print, for each way of learning, the share that it gives to the richer half of the places."""
    parser = argparse.ArgumentParser(prog="python -m bench.feedback", description=__doc__)
    parser.add_argument("--worlds", type=int, default=10, help="how many worlds (default: 10)")
    parser.add_argument("--periods", type=int, default=300)
    parser.add_argument("--visits", type=int, default=40)
    parser.add_argument("--random-share", type=float, default=0.25)
    options = parser.parse_args()
    rates = np.repeat([TRUE_SHARE, 1 - TRUE_SHARE], PLACES // 2) * HAZARDS
    title = f"{PLACES} places, {options.visits} visits in each of {options.periods} periods, {options.worlds} worlds"
    table = Table("learning", f"share of the richer half (true {TRUE_SHARE})", f"of the {TOP} largest", title=title)
    for policy in POLICIES:
        sizes = {"periods": options.periods, "visits": options.visits, "random_share": options.random_share}
        loops = [run_loop(rates, policy, **sizes, seed=10_000 * world) for world in range(options.worlds)]
        half = np.array([loop.learned[: PLACES // 2].sum() for loop in loops])
        top = np.array([np.sort(loop.learned)[-TOP:].sum() for loop in loops])
        table.add_row(policy, f"{half.mean():.3f} ({half.min():.3f} to {half.max():.3f})", f"{top.mean():.2f}")
    Console().print(table)
    print(f"In truth the {TOP} largest hold {np.sort(rates)[-TOP:].sum() / rates.sum():.2f}.")


if __name__ == "__main__":
    main()
