"""One way of one step in a process of its own.

`python -m bench.ways WAY '{"argument": value}'` prints one line of JSON.
"""

import json
import resource
import sys
from importlib import import_module

WAYS = {
    "indexing_ours": "bench.indexing:index_ours",
    "indexing_h3": "bench.indexing:index_with_h3",
    "indexing_geopandas": "bench.indexing:index_with_geopandas",
    "intake_ours": "bench.intake:import_ours",
    "intake_pandas": "bench.intake:read_with_pandas",
    "intake_months": "bench.intake:import_months",
    "panel_ours": "bench.panel:write_ours",
    "panel_duckdb": "bench.panel_duckdb:write_with_duckdb",
    "panel_pandas": "bench.panel_pandas:write_with_pandas",
    "panel_check": "bench.panel:compare",
    "period_ours": "bench.panel:rows_of_one_period",
    "learning_ours": "bench.learning:learn_ours",
    "learning_plain": "bench.learning:learn_plainly",
    "trees_ours": "bench.learning:trees_ours",
    "trees_lightgbm": "bench.learning:trees_lightgbm",
    "trees_xgboost": "bench.learning:trees_xgboost",
    "demo": "bench.end_to_end:build_demo",
    "run": "bench.end_to_end:run_demo",
}
"""Each way and the function behind it, which returns `seconds` and whatever else it has to say."""


def peak_mb() -> float:
    """Return the most memory that this process, or any one of its finished children, ever held, MB."""
    who = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return max(resource.getrusage(one).ru_maxrss for one in who) / 1024


def main() -> None:
    """Run the way that the command line names."""
    module, function = WAYS[sys.argv[1]].split(":")
    said = getattr(import_module(module), function)(**json.loads(sys.argv[2] if len(sys.argv) > 2 else "{}"))
    print(json.dumps({"peak_mb": peak_mb(), **said}))


if __name__ == "__main__":
    main()
