"""All files of one import under each other, and what intervals they speak of."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pandas as pd

from riskmap.layers.date_columns import EARLIEST, read_intervals
from riskmap.layers.folders import COVERAGE_COLUMNS
from riskmap.layers.mapping import OVERRULED, ROW_REFERENCE, Draft, delivery_target
from riskmap.layers.place import source_crs
from riskmap.layers.point_shapes import given_points
from riskmap.layers.shapes import move_shapes
from riskmap.schema import TIME_COLUMNS
from riskmap.sources.recipe import Recipe
from riskmap.study import Study

DAY = np.timedelta64(1, "D")


@dataclass(frozen=True)
class Delivery:
    """The drafts of all files of one import, under each other.

    `rows` says where each row stood (file, sheet, row, part, sha256); `shapes` is WGS84, None where no file holds any;
    `doubts` are cells that may not say what they seem to, by position. `points` is x, y and crs of its points as
    delivered, blank in rows of files without geometry.
    """

    drafts: list[Draft]
    texts: pd.DataFrame
    rows: pd.DataFrame
    raw: pd.DataFrame
    shapes: np.ndarray | None
    doubts: pd.DataFrame
    points: pd.DataFrame | None

    @property
    def read(self) -> int:
        """Rows in the files, those that are no records among them."""
        return sum(draft.read for draft in self.drafts)

    @property
    def not_selected(self) -> int:
        """Rows that the recipe leaves out."""
        return sum(draft.not_selected for draft in self.drafts)

    @property
    def rejected(self) -> int:
        """Rows that are no records."""
        return sum(len(draft.rejected) for draft in self.drafts)

    @property
    def undecodable(self) -> int:
        """Rows in another encoding than their file's."""
        return sum(len(draft.undecodable) for draft in self.drafts)

    def own_names(self, target: str) -> list[str]:
        """Return what the files themselves call the column that is mapped to `target`."""
        found = [name for draft in self.drafts for name in draft.sources.get(target, [])]
        return list(dict.fromkeys(found)) or [target]


def gather(drafts: list[Draft], recipe: Recipe, study: Study) -> Delivery:
    """Return the drafts as one delivery; columns that only some files have are blank in the others."""
    texts = pd.concat([draft.texts for draft in drafts], ignore_index=True).fillna("").astype("str")
    stood = [draft.rows.assign(file=draft.file, sheet=draft.sheet, sha256=draft.sha256) for draft in drafts]
    raw = pd.concat([draft.raw for draft in drafts], ignore_index=True)
    shapes = points = None
    if any(draft.geometry is not None for draft in drafts):
        parts = [_shapes(draft, recipe, study) for draft in drafts]
        shapes = np.concatenate([moved for moved, _ in parts])
        points = pd.concat([given for _, given in parts], ignore_index=True)
    begins = np.cumsum([0, *(len(draft.texts) for draft in drafts)])
    doubts = pd.concat(
        [draft.doubts.assign(position=draft.doubts["position"] + at) for draft, at in zip(drafts, begins, strict=False)]
    )
    return Delivery(drafts, texts, pd.concat(stood, ignore_index=True), raw, shapes, doubts, points)


def _shapes(draft: Draft, recipe: Recipe, study: Study) -> tuple[np.ndarray, pd.DataFrame]:
    """Return a file's shapes in WGS84, and its points as delivered."""
    if draft.geometry is None:
        nothing = np.full(len(draft.texts), None)
        return nothing, given_points(nothing, "")
    crs = source_crs(recipe, draft.crs, draft.file, study, has_geometry=True)
    delivered = np.asarray(draft.geometry.array)
    return move_shapes(delivered, crs), given_points(delivered, crs)


def as_delivered(recipe: Recipe, drafts: list[Draft]) -> Recipe:
    """Return the recipe with no other names of columns than the files have, so that these can be shown."""
    present = {name for draft in drafts for names in draft.sources.values() for name in names}
    columns = {target: [name for name in names if name in present] or names for target, names in recipe.columns.items()}
    return recipe.model_copy(update={"columns": columns})


def row_references(raw: pd.DataFrame) -> pd.Series:
    """Return which row of the quarantine each row settles, "" for none."""
    if ROW_REFERENCE not in raw:
        return pd.Series("", index=raw.index, dtype="str")
    return raw[ROW_REFERENCE].fillna("").str.strip()


def overruled_rules(raw: pd.DataFrame) -> pd.Series | None:
    """Return the rule that an analyst has overruled for each row, "" for none; None where nobody has."""
    return raw[OVERRULED].fillna("").str.strip() if OVERRULED in raw else None


def row_ids(rows: pd.DataFrame) -> pd.Series:
    """Return file, sheet, row (and column of a wide table) as one text."""
    ids = rows["file"] + ":" + rows["row"].astype("str")
    if (rows["sheet"] != "").any():
        ids = ids.where(rows["sheet"] == "", rows["file"] + "#" + rows["sheet"] + ":" + rows["row"].astype("str"))
    if (rows["part"] != "").any():
        ids = ids.where(rows["part"] == "", ids + ":" + rows["part"])
    return ids.astype("str")


def covered_intervals(drafts: list[Draft], recipe: Recipe, study: Study, *, accept: bool) -> pd.DataFrame:
    """Return the distinct intervals that a delivery speaks of, over all rows read, kept or not.

    Times finer than a day are counted by day. A file's whole span, from its first interval to its last, stands there
    too, with no rows: what is empty inside it was delivered as empty.
    """
    target = delivery_target(recipe)
    counts = pd.concat(
        [draft.delivered.rename_axis("text").rename("rows").reset_index() for draft in drafts], keys=range(len(drafts))
    )
    counts = counts.droplevel(1).rename_axis("file").reset_index()
    counts = counts[counts["text"] != ""]
    if not target or recipe.layer not in TIME_COLUMNS or counts.empty:
        return no_coverage()
    texts = pd.Series(counts["text"].unique(), dtype="str")
    found = read_intervals(texts, target, recipe, study, accept=accept)
    start, end = found.start.to_numpy("datetime64[us]"), found.end.to_numpy("datetime64[us]")
    midnight = start.astype("datetime64[D]").astype("datetime64[us]")
    short = (end - start) < DAY
    read = pd.DataFrame(
        {"covered_from": np.where(short, midnight, start), "covered_to": np.where(short, midnight + DAY, end)}
    )
    frame = counts.join(read.set_index(texts), on="text")
    # A typing error must not stretch the time axis.
    now = pd.Timestamp(datetime.now(study.zone).replace(tzinfo=None))
    frame = frame[(frame["covered_from"] >= pd.Timestamp(EARLIEST)) & (frame["covered_from"] <= now)]
    spans = (
        frame.groupby("file").agg(covered_from=("covered_from", "min"), covered_to=("covered_to", "max")).assign(rows=0)
    )
    frame = pd.concat([frame[["covered_from", "covered_to", "rows"]], spans], ignore_index=True)
    frame = pd.DataFrame(frame.groupby(["covered_from", "covered_to"], as_index=False)["rows"].sum())
    frame.insert(0, "source_id", recipe.name)
    return frame.astype(COVERAGE_COLUMNS)


def no_coverage() -> pd.DataFrame:
    """Return the coverage of a delivery that speaks of no time."""
    return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in COVERAGE_COLUMNS.items()})
