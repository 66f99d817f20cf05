import numpy as np

from riskmap.panel.counts import Counts
from riskmap.surface.compose import previous_counts
from tests.panel.synthetic import disk_cells, make_panel


def test_the_period_before_is_counted_as_it_was_known_one_period_ago():
    """Else late registrations make every newest period look like a fall."""
    # three periods; in cell 0 two cases of period 1: one known at once, one registered a period later
    counts = Counts(
        np.array([0, 0, 0], np.int32),
        np.array([1, 1, 2], np.int32),
        np.array([2, 3, 3], np.int32),
        np.array([1.0, 1.0, 1.0], np.float32),
        np.ones(3, dtype=bool),
    )
    panel = make_panel(counts, disk_cells(1))
    assert counts.known_at(3).matrix(7)[1, 0] == 2
    assert previous_counts(panel).tolist() == [1, 0, 0, 0, 0, 0, 0]
