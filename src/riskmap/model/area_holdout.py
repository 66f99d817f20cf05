"""Does the model work where it never learned? Whole areas are left out of its training rows and then forecast.

Rows of the areas left out are dropped before the fit, at all origins; what a forecast may look at in them stays, as it
would for a county that joins with its records. The baseline's few settings are those of the whole study.
"""

from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from riskmap.language import Text
from riskmap.layers.areas import read_areas
from riskmap.model.fitting import fit_model
from riskmap.model.risk_model import predict
from riskmap.model.scores import Array, poisson_deviances
from riskmap.panel.assemble import Panel
from riskmap.panel.context import finest_areas
from riskmap.panel.counts import first_full_origin
from riskmap.panel.sample import Sample, draw_sample, target_counts
from riskmap.progress import Report, silent
from riskmap.study import Study

MOST_FOLDS = 5
"""Areas are left out in so many lots: one fit each, and each fit still sees four fifths of the areas."""


def leave_areas_out(
    study: Study, panel: Panel, origins: Sequence[int], report: Report = silent
) -> dict[str, Any] | None:
    """Score boosting on areas that it was not fitted on, beside EWMA + ring there.

    One fit a lot of areas, on targets that ended one horizon before the first of `origins`, forecasts all of them.

    Returns
    -------
    areas, folds; deviance of boosting, of boosting fitted on all areas, and of EWMA + ring (means over cells and
    origins); `ratio` of the first to the last with a 95 % interval over areas; `better`, the share of areas in which
    it is smaller. None where fewer than two areas are known.
    """
    codes, area = finest_areas(read_areas(study), panel.cells, panel.resolution)
    if len(codes) < 2:
        return None
    end = origins[0] - study.horizon
    sample = draw_sample(panel, first_full_origin(panel.timeline), end, study.horizon, study.seed)
    folds = min(MOST_FOLDS, len(codes))
    fold = _shuffled(len(codes), study.seed) % folds
    sums = np.zeros((3, len(codes)))
    everywhere = _deviances(study, panel, sample, origins)
    for number in range(folds):
        report(Text("Leaving areas out"), number / folds)
        left_out = np.isin(area, np.flatnonzero(fold == number))
        learned = _deviances(study, panel, _rows(sample, ~left_out[sample.cell]), origins)
        for row, values in enumerate((learned[0], everywhere[0], everywhere[1])):
            sums[row] += np.bincount(area[left_out], weights=values[left_out], minlength=len(codes))
    return _summary(sums, int((area >= 0).sum()) * len(origins), folds, study.seed)


def _shuffled(n: int, seed: int) -> NDArray[np.int64]:
    return np.random.default_rng(seed).permutation(n)


def _rows(sample: Sample, kept: NDArray[np.bool_]) -> Sample:
    given = {part.name: getattr(sample, part.name) for part in fields(sample)}
    return replace(sample, **{name: values[kept] for name, values in given.items() if values is not None})


def _deviances(study: Study, panel: Panel, sample: Sample, origins: Sequence[int]) -> tuple[Array, Array]:
    """Return each cell's deviance summed over `origins`, shape (n,): of a model fitted on `sample`, of EWMA + ring."""
    end = origins[0] - study.horizon
    now = int(panel.cases.usable.max(initial=panel.timeline.size))
    model = fit_model(panel, end, study.horizon, study.seed, sample=sample)
    own, baseline = np.zeros(len(panel.cells)), np.zeros(len(panel.cells))
    for origin in origins:
        count = target_counts(panel, panel.whole(), range(origin, origin + 1), study.horizon, now)[0].astype(float)
        forecast = predict(model, panel, origin)
        own += poisson_deviances(count, forecast.expected)
        baseline += poisson_deviances(count, forecast.baseline_expected)
    return own, baseline


def _summary(sums: Array, cells: int, folds: int, seed: int) -> dict[str, Any]:
    """Add areas up; the interval resamples whole areas."""
    n = sums.shape[1]
    drawn = np.random.default_rng(seed).integers(0, n, (1000, n))
    low, high = np.percentile(sums[0, drawn].sum(axis=1) / sums[2, drawn].sum(axis=1), (2.5, 97.5))
    totals = sums.sum(axis=1)
    return {
        "areas": n,
        "folds": folds,
        "deviance": totals[0] / cells,
        "deviance_of_all_areas": totals[1] / cells,
        "deviance_ewma_ring": totals[2] / cells,
        "ratio": totals[0] / totals[2],
        "ci_low": float(low),
        "ci_high": float(high),
        "better": float((sums[0] < sums[2]).mean()),
    }
