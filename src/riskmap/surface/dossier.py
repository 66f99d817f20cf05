"""What is known of one cell of a published surface."""

import json

import numpy as np
import pandas as pd

from riskmap.errors import SnapshotError
from riskmap.model.explain import Reason, explain_rows
from riskmap.model.registry import load_model
from riskmap.study import Study
from riskmap.surface.publish import Surface


def explain_cell(study: Study, surface: Surface, cell: int) -> list[Reason]:
    """Return the reasons of any one cell of a published surface.

    Raises
    ------
    SnapshotError, ModelError
        If the cell is not on the surface, or its model cannot be trusted.
    """
    at = surface.cells.index[surface.cells["cell"] == cell]
    if not len(at):
        raise SnapshotError("Cell {cell:x} is not on surface {surface}.", cell=int(cell), surface=surface.snapshot_id)
    prepared = str(surface.cells["reasons"].loc[at[0]])
    if prepared:
        return [(str(name), float(factor)) for name, factor in json.loads(prepared)]
    model = load_model(study, str(surface.manifest["model_id"]))
    path = surface.folder / "features.parquet"
    row = pd.read_parquet(path, filters=[("cell", "==", int(cell))], columns=["cell", *model.feature_names])
    # What is usual is that of the whole area, so that a cell has the same reasons for every reader.
    usual = float(surface.whole_column("baseline_expected").mean())
    features = row[list(model.feature_names)].to_numpy(np.float32)
    return explain_rows(model, features, usual)[0]
