"""What a fitted model's card says of where it comes from: purpose, data, rows; its own settings are the registry's."""

import hashlib
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import numpy as np

from riskmap.language import LANGUAGES, Text
from riskmap.panel.assemble import Panel
from riskmap.panel.sample import Sample
from riskmap.study import Study, study_toml

PURPOSE = Text(
    "Expected recorded cases per cell and horizon, for choosing places to look at. Not for judging persons, and not "
    "for saying that a place is safe."
)


def rows_sha256(sample: Sample) -> str:
    """Return the SHA-256 of the training rows: features, counts, weights, cells and origins, in their order."""
    digest = hashlib.sha256()
    for part in fields(sample):
        if getattr(sample, part.name) is None:
            continue
        values = np.ascontiguousarray(getattr(sample, part.name))
        digest.update(f"{part.name} {values.dtype.str} {values.shape}\0".encode())
        digest.update(values.tobytes())
    return digest.hexdigest()


def describe_effort(panel: Panel, sample: Sample) -> dict[str, Any]:
    """Return known, weighed and moved_share of a sample: how far weights for effort change the need that is learned."""
    total = float(sample.count.sum())
    moved = 0.0 if sample.need is None else float(np.abs(sample.need - sample.count).sum()) / 2
    return {
        "known": panel.effort is not None,
        "weighed": sample.need is not None,
        "moved_share": round(moved / total, 4) if total else 0.0,
    }


def weighs_effort(card: Mapping[str, Any]) -> bool:
    """Return whether a model weighed cases for effort; cards from before there was such a thing do not say."""
    return bool(card.get("effort", {}).get("weighed"))


def describe_training(study: Study, panel: Panel, sample: Sample) -> dict[str, Any]:
    """Return what a model that is fitted on `sample` was made from.

    Returns
    -------
    area, study (the text of its settings), seed, purpose by language, as_of; `data`: first and last day, periods,
    cells, cases, and the periods that nobody reported; `effort`: whether hours of police work were known, whether
    discovered cases were weighed by them for the need, and the share of cases that this moved; `rows_sha256`.
    """
    starts = panel.timeline.starts()
    reported = panel.cases.reported
    return {
        "area": study.id,
        "study": study_toml(study),
        "seed": study.seed,
        "purpose": {language: PURPOSE.in_language(language) for language in LANGUAGES},
        "as_of": f"{starts[-1]:%Y-%m-%d}",
        "data": {
            "from": f"{starts[0]:%Y-%m-%d}",
            "until": f"{starts[-1] - np.timedelta64(1, 'D'):%Y-%m-%d}",
            "periods": int(panel.timeline.size),
            "cells": len(panel.cells),
            "cases": float(panel.cases.count.sum()),
            "gaps": [f"{moment:%Y-%m-%d}" for moment in starts[:-1][~reported]],
        },
        "effort": describe_effort(panel, sample),
        "rows_sha256": rows_sha256(sample),
    }
