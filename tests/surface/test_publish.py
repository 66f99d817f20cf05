import os
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from riskmap.errors import SnapshotError, TableError
from riskmap.snapshot import folder_hashes
from riskmap.study import check_study
from riskmap.surface.publish import ROWS_READ_AT_ONCE, current_id, list_surfaces, publish_surface, read_surface
from tests.panel.synthetic import disk_cells


@pytest.fixture
def study(home):
    return check_study({"id": "here", "resolution": 8, "period": "week", "timezone": "UTC", "home": home})


def surface_of(value: float, as_of: str = "2026-01-05"):
    cells = disk_cells(3)
    ranks = np.arange(1, len(cells) + 1, dtype=np.int32)
    frame = pd.DataFrame(
        {
            "cell": cells,
            "expected": value,
            "low": 0.0,
            "high": 2.0,
            "need": value,
            "rank": ranks,
            "band": np.int8(6),
            "baseline_expected": 0.5,
            "baseline_rank": ranks,
            "monitored": False,
            "reasons": "",
        }
    )
    return frame, {"as_of": as_of, "period_start": as_of, "period_end": as_of, "area": "here"}


def publish(study, value, as_of="2026-01-05"):
    cells, manifest = surface_of(value, as_of)
    return publish_surface(study, cells, {"areas": pd.DataFrame({"area_code": ["x"]})}, manifest)


def test_the_newest_as_of_is_served_and_an_older_one_only_listed(study):
    newer = publish(study, 1.0, "2026-01-05")
    older = publish(study, 2.0, "2025-12-29")
    assert current_id(study) == newer.snapshot_id
    assert [info.snapshot_id for info in list_surfaces(study)] == [older.snapshot_id, newer.snapshot_id]
    assert read_surface(study, older.snapshot_id).cells["expected"].iloc[0] == 2.0


def test_of_two_for_one_moment_the_later_one_is_served(study):
    publish(study, 1.0)
    second = publish(study, 2.0)
    assert current_id(study) == second.snapshot_id
    assert len(list_surfaces(study)) == 1


def test_the_same_contents_are_one_snapshot(study):
    first = publish(study, 1.0)
    hashes = folder_hashes(first.folder, leave_out=())
    assert publish(study, 1.0).snapshot_id == first.snapshot_id
    assert folder_hashes(first.folder, leave_out=()) == hashes
    assert read_surface(study).manifest["files"]["cells.parquet"] == hashes["cells.parquet"]


def test_tables_lie_in_groups_so_that_one_cells_features_are_read_by_themselves(study):
    cells, manifest = surface_of(1.0)
    number = np.arange(3 * ROWS_READ_AT_ONCE, dtype=np.uint64)
    surface = publish_surface(study, cells, {"features": pd.DataFrame({"cell": number, "a": 1.0})}, manifest)
    groups = pq.ParquetFile(surface.folder / "features.parquet").metadata
    bounds = [groups.row_group(at).column(0).statistics for at in range(groups.num_row_groups)]
    assert [(found.min, found.max) for found in bounds] == [
        (at * ROWS_READ_AT_ONCE, (at + 1) * ROWS_READ_AT_ONCE - 1) for at in range(3)
    ]


def test_nothing_published_and_a_foreign_name_are_said(study):
    with pytest.raises(SnapshotError, match="has no surface yet"):
        read_surface(study)
    publish(study, 1.0)
    with pytest.raises(SnapshotError, match="has no surface"):
        read_surface(study, "../../elsewhere")


def test_a_table_that_breaks_the_schema_is_not_published(study):
    cells, manifest = surface_of(1.0)
    with pytest.raises(TableError, match="column expected"):
        publish_surface(study, cells.assign(expected=-1.0), {}, manifest)
    assert current_id(study) is None


@pytest.mark.parametrize("step", range(1, 12))
def test_a_kill_at_any_step_leaves_the_last_surface_served(study, step):
    """The process dies before its n-th flush, rename or replacement; a reader sees old or new, whole."""
    first = publish(study, 1.0)
    child = os.fork()
    if child == 0:
        left = [step]

        def dying(function):
            def call(*arguments, **named):
                left[0] -= 1
                if left[0] == 0:
                    os._exit(9)
                return function(*arguments, **named)

            return call

        os.fsync = dying(os.fsync)
        Path.rename = dying(Path.rename)
        Path.replace = dying(Path.replace)
        publish(study, 3.0, "2026-01-12")
        os._exit(0)
    os.waitpid(child, 0)
    served = read_surface(study)
    assert served.cells["expected"].iloc[0] in (1.0, 3.0)
    assert served.manifest["files"] == folder_hashes(served.folder)
    assert read_surface(study, first.snapshot_id).cells["expected"].iloc[0] == 1.0
    assert publish(study, 3.0, "2026-01-12").cells["expected"].iloc[0] == 3.0
